import { ActionError } from '../../base/errors.ts'

export function unusableId(tag: string): ActionError {
  return new ActionError({
    kind: 'malformed-reply',
    what: `Edgegap lists a deployment with the tag ${tag}, and its id cannot be used`,
    next: 'Look for this tag in the dashboard.',
  })
}

export function withoutTags(id: string): ActionError {
  return new ActionError({
    kind: 'malformed-reply',
    what: `Neither the list nor its status shows the tags of ${id}`,
    next: "Look for this run's tag in the dashboard.",
  })
}

export function tooManyUntagged(most: number): ActionError {
  return new ActionError({
    kind: 'malformed-reply',
    what: `The list has more than ${most} deployments without tags`,
    next: "Look for this run's tag in the dashboard.",
  })
}
