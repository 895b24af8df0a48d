import type { ActionError } from '../base/errors.ts'
import { asSentence } from '../base/sentence.ts'
import { certificateAdvice } from '../net/http-failure.ts'

/** A part of GitHub that could not be brought up to date. */
export interface FailedPart {
  /** Begins a sentence, such as `The comment`. */
  name: string
  /** Such as `pull-requests: write`. */
  permission: string
  error: ActionError
}

/** The one warning for all that failed: what happened, and what to do about it. */
export function warningFor(failed: readonly FailedPart[]): string {
  const permissions = failed.map(({ permission }) => permission).join(', ')
  const happened = failed.map(({ name, error }) => {
    const request = error.request ? ` (${error.request})` : ''
    return asSentence(`${name} on GitHub is not up to date: ${error.message}${request}`)
  })
  const sentences = [...happened, advice(failed, permissions), 'The deploy itself is not affected.']
  return sentences.join(' ')
}

function advice(failed: readonly FailedPart[], permissions: string): string {
  const kinds = failed.map(({ error }) => error.kind)
  const untrusted = failed.find(({ error }) => error.kind === 'untrusted-certificate')
  if (untrusted) return certificateAdvice(untrusted.error.message)
  if (kinds.every((kind) => kind === 'unreachable')) {
    return "Check that this runner reaches GitHub's API; a proxy is set by https_proxy."
  }
  if (kinds.includes('unauthorized')) {
    return `github-token was not accepted: use the job's own token, with the permissions ${permissions}.`
  }
  const other = failed.map(({ error }) => adviceOnRefusal(error)).find((one) => one !== undefined)
  if (other !== undefined) return other
  if (kinds.includes('forbidden') || kinds.includes('not-found')) {
    return `Add under the job's permissions: ${permissions}. In pull requests from forks and by Dependabot the token can only read, whatever the job says.`
  }
  if (kinds.includes('rate-limited')) {
    return `The rate limit of this token is used up, which ends by itself. The job needs the permissions: ${permissions}.`
  }
  return `The job needs the permissions: ${permissions}.`
}

/** Refusals (403) that no permission of the job changes, by what GitHub says; it only chooses the advice. */
const REFUSALS: readonly [words: RegExp, advice: string][] = [
  [
    /\bis locked\b/i,
    'The conversation of the pull request is locked: unlock it, or set comment: false.',
  ],
  [/\barchived\b/i, 'The repository is archived, so nothing in it can be changed.'],
  [
    /\bSAML\b/,
    "Authorize this token for the organization's single sign-on, or use the job's own token.",
  ],
  [
    /\bIP allow list\b/i,
    'The organization lets in only the addresses on its list: add that of this runner, or take a runner that is on it.',
  ],
]

function adviceOnRefusal({ kind, message }: ActionError): string | undefined {
  if (kind !== 'forbidden') return undefined
  return REFUSALS.find(([words]) => words.test(message))?.[1]
}
