import { type ActionError, areCredentialsRefused } from '../base/errors.ts'

/**
 * A single 401 or 403 may be a gateway's, or a passing fault: the token has just created something.
 * Credentials count as refused after so many in a row over so long.
 */
const REFUSED_CHECKS = 4
const REFUSED_MS = 8_000

/** Status checks in a row whose credentials were refused. */
export class Refusals {
  #count = 0
  #sinceMs = 0

  reset(): void {
    this.#count = 0
  }

  /** Counts a failed check; true when the credentials are refused for good. */
  areFinal(error: ActionError, nowMs: number): boolean {
    if (!areCredentialsRefused(error)) {
      this.reset()
      return false
    }
    if (this.#count === 0) this.#sinceMs = nowMs
    this.#count += 1
    return this.#count >= REFUSED_CHECKS && nowMs - this.#sinceMs >= REFUSED_MS
  }
}
