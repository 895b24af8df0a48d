import type { ActionError } from '../base/errors.ts'
import { asSentence } from '../base/sentence.ts'

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
  if (kinds.includes('untrusted-certificate')) {
    return 'Set NODE_EXTRA_CA_CERTS to the file of the certificate authority, for the whole job or in the environment of the runner.'
  }
  if (kinds.includes('unauthorized')) {
    return `github-token was not accepted: use the job's own token, with the permissions ${permissions}.`
  }
  if (kinds.includes('forbidden') || kinds.includes('not-found')) {
    return `Add under the job's permissions: ${permissions}. In pull requests from forks and by Dependabot the token can only read, whatever the job says.`
  }
  if (kinds.includes('rate-limited')) {
    return `The rate limit of this token is used up, which ends by itself. Under the job's permissions is needed: ${permissions}.`
  }
  return `Under the job's permissions is needed: ${permissions}.`
}
