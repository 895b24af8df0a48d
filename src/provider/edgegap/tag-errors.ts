import { ActionError } from '../../base/errors.ts'

// Reasons for which a list does not tell whether a deployment with a certain tag is there.

export function unusableId(tag: string): ActionError {
  return unsearchable(
    `Edgegap lists a deployment with the tag ${tag}, and its id cannot be used`,
    'Look for this tag in the dashboard.',
  )
}

/** @param what the tag or the application that was listed */
export function unnamedRow(what: string): ActionError {
  return unsearchable(
    `Edgegap lists a deployment that may be of ${what}, and its id is missing or cannot be used`,
    'Look for it in the dashboard.',
  )
}

export function withoutTags(id: string): ActionError {
  return unsearchable(`Neither the list nor its status shows the tags of ${id}`)
}

/** @param most so many without tags can be asked for theirs one by one */
export function tooManyUntagged(most: number): ActionError {
  return unsearchable(`The list has more than ${most} deployments without tags`)
}

function unsearchable(
  what: string,
  next = "Look for this run's tag in the dashboard.",
): ActionError {
  return new ActionError({ kind: 'malformed-reply', what, next })
}
