import { abortLater, formatDuration } from '../base/clock.ts'
import { ActionError, describe, type ErrorKind, toActionError } from '../base/errors.ts'
import { asSentence } from '../base/sentence.ts'
import type { CreateResult, Target } from '../provider/provider.ts'
import { cleanUp, entryOfExtra } from './clean-up.ts'
import { findLost, notFound } from './find-lost.ts'
import type { CleanUpRun, Run } from './run.ts'

export type CreateEnding =
  /** `webhook` is what the provider was given; `acceptedAtMs` is monotonic. */
  | { kind: 'created'; id: string; acceptedAtMs: number; tag: string; webhook: URL | undefined }
  /** Nothing runs. */
  | { kind: 'refused'; error: ActionError }
  /** Nothing runs, but the refusal left a failed deployment behind. */
  | { kind: 'refused'; error: ActionError; tag: string; failedId: string }
  /** Something may run (then its tag stays in the ledger), or was begun and broke off. */
  | { kind: 'unresolved'; error: ActionError }
  | { kind: 'cancelled' }

/** What creating needs of a run. */
export type CreatingRun = CleanUpRun & Pick<Run, 'newAttemptTag'>

export interface CreateOptions {
  /** Where the provider is to report. */
  webhook: URL | undefined
  /** How long rate limits may hold up the create, milliseconds. */
  patienceMs: number
  /** For this long a refusal may mean that the slot of a server just stopped is not free yet, milliseconds. */
  slotFreesMs?: number
  /** Aborts when nothing more is to be created. */
  signal: AbortSignal
}

const MAX_ATTEMPTS = 4
/** Attempts after a limit that other jobs or servers share: more of them, within `patienceMs`. */
const MAX_TURNED_AWAY = 20
const TURNED_AWAY: ReadonlySet<ErrorKind> = new Set(['rate-limited', 'refused', 'no-capacity'])
/** At most this many lost creates: each one may have made a server that is listed only later. */
const MAX_LOST = 2
/** After a cancel: how long to wait for the reply to a create, before it is looked up by its tag. */
const CREATE_LINGER_MS = 2_500
/** How long an outage of the whole API is waited out, before a create counts as lost. */
const OUTAGE_MS = 60_000
/** The longest pause after a failure without Retry-After. */
const LONGEST_OWN_PAUSE_MS = 8_000

/**
 * Creates one deployment at `target`. Each attempt carries its own tag, which is on disk before the
 * request leaves. Whenever it is open whether an attempt created something, it is looked up by its
 * tag before anything else is created.
 */
export async function createOnce(
  run: CreatingRun,
  target: Target,
  options: CreateOptions,
): Promise<CreateEnding> {
  return await new Creation(run, target, options).untilCertain()
}

/** An attempt that ended nothing: another may follow. */
type Retry = { kind: 'retry'; error: ActionError; isLost: boolean }

class Creation {
  readonly #run: CreatingRun
  readonly #target: Target
  readonly #options: CreateOptions
  readonly #untilMs: number
  readonly #slotFreesUntilMs: number
  readonly #lostTags: string[] = []
  #webhook: URL | undefined
  #refusedWithWebhook: ActionError | undefined

  constructor(run: CreatingRun, target: Target, options: CreateOptions) {
    this.#run = run
    this.#target = target
    this.#options = options
    this.#webhook = options.webhook
    this.#untilMs = run.clock.nowMs() + options.patienceMs
    this.#slotFreesUntilMs = run.clock.nowMs() + (options.slotFreesMs ?? 0)
  }

  async untilCertain(): Promise<CreateEnding> {
    const { signal } = this.#options
    let [attempts, turnedAway] = [0, 0]
    while (!signal.aborted) {
      const ending = await this.#attempt()
      if (ending.kind !== 'retry') return ending
      if (TURNED_AWAY.has(ending.error.kind)) turnedAway += 1
      else attempts += 1
      if (signal.aborted) break
      const pauseMs = pauseBefore(attempts + turnedAway, ending.error, this.#run.random)
      const isTooLong = pauseMs > this.#untilMs - this.#run.clock.nowMs()
      if (attempts >= MAX_ATTEMPTS || turnedAway >= MAX_TURNED_AWAY || isTooLong) {
        return this.#givenUp(ending.error)
      }
      this.#announce(ending, pauseMs)
      await this.#run.clock.sleep(pauseMs, signal)
    }
    return { kind: 'cancelled' }
  }

  async #attempt(): Promise<CreateEnding | Retry> {
    const { ledger, provider, clock, cancellation, newAttemptTag } = this.#run
    const tag = newAttemptTag()
    try {
      // Of what cannot be stopped there is nothing that the post step could clean up by its tag.
      if (provider.traits.canStop) ledger.opened(tag)
    } catch (thrown) {
      // Nothing may be created that the post step could not find.
      return { kind: 'refused', error: toActionError(thrown) }
    }
    const call = {
      deadlineMs: provider.traits.createMs,
      signal: abortLater(cancellation.signal, CREATE_LINGER_MS, clock),
    }
    const result = await provider.create(this.#target, { tag, webhook: this.#webhook }, call)
    switch (result.kind) {
      case 'created':
        return this.#created(result.id, tag)
      case 'refused':
        return this.#refused(result, tag)
      case 'broken-off':
        ledger.closed(tag)
        return { kind: 'unresolved', error: result.error }
      case 'try-again':
        ledger.closed(tag)
        return { kind: 'retry', error: result.error, isLost: false }
      case 'unknown':
        return await this.#resolve(result, tag)
    }
  }

  #created(id: string, tag: string): CreateEnding {
    const { provider, ledger, printer, clock } = this.#run
    // What cannot be taken back is nothing that the post step could clean up.
    if (provider.traits.canStop) ledger.created(tag, id)
    if (this.#refusedWithWebhook) {
      const why = describe(this.#refusedWithWebhook)
      printer.warning(`The webhook URL was refused, polling instead: ${why}`)
    }
    return { kind: 'created', id, tag, webhook: this.#webhook, acceptedAtMs: clock.nowMs() }
  }

  async #refused(
    { error, id, mayExist }: CreateResult & { kind: 'refused' },
    tag: string,
  ): Promise<CreateEnding | Retry> {
    const { ledger, clock } = this.#run
    const mayPass = TURNED_AWAY.has(error.kind) && clock.nowMs() < this.#slotFreesUntilMs
    if (id !== undefined) {
      // In the ledger it is stopped at the end in any case.
      ledger.created(tag, id)
      if (mayPass) return { kind: 'retry', error, isLost: false }
      return { kind: 'refused', error, tag, failedId: id }
    }
    // What may exist stays in the ledger: it is looked for at the end, and stopped.
    if (!mayExist) ledger.closed(tag)
    if (this.#webhook && error.kind === 'refused') {
      // It may be the URL that is refused. Texts are not read to find out: without it the same
      // request tells, and nothing was created by this one.
      this.#refusedWithWebhook = error
      this.#webhook = undefined
      return await this.#attempt()
    }
    if (!mayPass || mayExist) return { kind: 'refused', error }
    this.#webhook = this.#options.webhook
    this.#refusedWithWebhook = undefined
    return { kind: 'retry', error, isLost: false }
  }

  async #resolve(
    result: CreateResult & { kind: 'unknown' },
    tag: string,
  ): Promise<CreateEnding | Retry> {
    const { printer, ledger } = this.#run
    printer.line(`No clear answer to the create: ${describe(result.error)}`)
    printer.line('Checking whether it was accepted')
    const isPage = result.error.kind === 'not-the-api'
    const isRateLimited = result.error.kind === 'rate-limited'
    const { found, error } = await findLost(this.#run, [tag], {
      endsAtPage: isPage,
      outageMs: Math.min(OUTAGE_MS, this.#untilMs - this.#run.clock.nowMs()),
      once: isRateLimited,
      endsAtRateLimit: isRateLimited,
    })
    if (isPage && error?.kind === 'not-the-api') {
      // Whatever answers there, it is not the provider: nothing was created.
      ledger.closed(tag)
      return { kind: 'refused', error: result.error }
    }
    // Turned away as well: then it is the limit that all jobs of the organization share, and the
    // create was not let in. Searching on would only keep the others out.
    const isBelieved = isRateLimited && error?.kind === 'rate-limited'
    if (error && !isBelieved)
      return { kind: 'unresolved', error: notFound([...this.#lostTags, tag], error) }
    const [id, ...more] = found.keys()
    if (id !== undefined) {
      printer.line(`Found it by its tag ${tag}: ${id}`)
      await this.#stopMore(tag, more)
      return this.#created(id, tag)
    }
    // Its tag stays in the ledger: it is looked for once more at the end. A rate limit turned it
    // away, in all likelihood.
    if (!isRateLimited) this.#lostTags.push(tag)
    if (result.isAccepted || this.#lostTags.length >= MAX_LOST) {
      return { kind: 'unresolved', error: notFound(this.#lostTags, result.error) }
    }
    return { kind: 'retry', error: result.error, isLost: true }
  }

  /** One request can arrive twice where something on the way repeats it; one of what it made is ours. */
  async #stopMore(tag: string, ids: readonly string[]): Promise<void> {
    const entries = ids.map((id) => entryOfExtra(tag, id))
    for (const { tag: own, id = '' } of entries) this.#run.ledger.created(own, id)
    if (entries.length > 0) await cleanUp(this.#run, entries)
  }

  #announce({ error, isLost }: Retry, pauseMs: number): void {
    const what = isLost ? 'No deployment with this tag was found' : describe(error)
    this.#run.printer.line(`${what}; retrying in ${formatDuration(pauseMs)}`)
  }

  #givenUp(error: ActionError): CreateEnding {
    if (this.#lostTags.length > 0) {
      return { kind: 'unresolved', error: notFound(this.#lostTags, error) }
    }
    const { retryAfterMs = 0 } = error
    const leftMs = this.#untilMs - this.#run.clock.nowMs()
    if (error.kind !== 'rate-limited' || retryAfterMs <= leftMs) return { kind: 'refused', error }
    return {
      kind: 'refused',
      error: new ActionError({
        kind: 'rate-limited',
        what: `${asSentence(error.message)} The provider asks to wait ${formatDuration(retryAfterMs)}, longer than timeout allows`,
        next: error.next ?? 'Run the job again later.',
        request: error.request,
      }),
    }
  }
}

/** Jobs that a rate limit turned away at the same moment must not come back at the same moment. */
function pauseBefore(attempt: number, error: ActionError, random: () => number): number {
  if (error.retryAfterMs !== undefined) return error.retryAfterMs
  const pauseMs = Math.min(1_000 * 2 ** (attempt - 1), LONGEST_OWN_PAUSE_MS)
  return error.kind === 'rate-limited' ? pauseMs * (1 - random() / 2) : pauseMs
}
