import { stopLaunch } from './clean-up.ts'
import { lingering } from './clock.ts'
import { ActionError, describe, pauseAfter, toActionError } from './errors.ts'
import { lookUp } from './look-up.ts'
import type { Launch, LaunchPlan, Provider } from './provider/provider.ts'
import type { RunContext } from './run-context.ts'

export type LaunchResult =
  /** `webhook` is what the provider was given. */
  | { kind: 'launched'; launch: Launch; mark: string; webhook: URL | undefined }
  /** Nothing runs. */
  | { kind: 'refused'; error: ActionError }
  /** Nothing runs, but the refusal left a failed launch behind. */
  | { kind: 'refused'; error: ActionError; mark: string; failedId: string }
  /** Something may run (then its mark stays in the ledger), or was begun and broke off. */
  | { kind: 'unresolved'; error: ActionError }
  | { kind: 'cancelled' }

const MAX_ATTEMPTS = 4
/** So many creates may get lost: each could have made a server that shows up only later. */
const MAX_LOST = 2
/** A create on the wire is waited for so long after a cancel, before it is looked up by its mark. */
const CREATE_LINGER_MS = 2_500

/**
 * Creates what `plan` says, once. Each attempt carries its own mark, which is on disk before the
 * request leaves. Whenever it is open whether an attempt created something, it is looked up by its
 * mark before anything else is created.
 */
export async function launchOnce(
  provider: Provider,
  plan: LaunchPlan,
  context: RunContext,
  webhook?: URL,
): Promise<LaunchResult> {
  let callback = webhook
  const { clock, cancellation, ledger, printer } = context
  let lastError: ActionError | undefined
  let refusedWithWebhook: ActionError | undefined
  const lostMarks: string[] = []
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
    if (cancellation.signal.aborted) return { kind: 'cancelled' }
    const mark = context.newMark()
    ledger.opened(mark)
    const call = {
      deadlineMs: provider.createMs,
      signal: lingering(cancellation.signal, CREATE_LINGER_MS, clock),
    }
    const result = await provider.create(plan, mark, call, callback)
    switch (result.kind) {
      case 'created':
        return launched(result.id, mark)
      case 'refused': {
        const { error, id, mayExist } = result
        if (id !== undefined) {
          ledger.created(mark, id)
          return { kind: 'refused', error, mark, failedId: id }
        }
        // What may exist stays in the ledger: it is looked for at the end, and stopped.
        if (!mayExist) ledger.closed(mark)
        if (callback && error.kind === 'refused') {
          // It may be the URL that is refused. Texts are not read to find out: without it the same
          // request tells, and nothing was created by this one.
          refusedWithWebhook = error
          callback = undefined
          attempt -= 1
          continue
        }
        return { kind: 'refused', error }
      }
      case 'broken-off':
        ledger.closed(mark)
        return { kind: 'unresolved', error: result.error }
      case 'try-again':
        ledger.closed(mark)
        if (cancellation.signal.aborted) return { kind: 'cancelled' }
        break
      case 'unknown': {
        printer.line(`It is open whether this was accepted: ${describe(result.error)}`)
        const { found, error } = await lookUp(provider, [mark], context)
        const [id, ...surplus] = found.keys()
        if (error) return { kind: 'unresolved', error: unresolved([...lostMarks, mark], error) }
        if (id !== undefined) {
          printer.line(`Found it by its tag ${mark}: ${id}.`)
          await stopSurplus(provider, mark, surplus, context)
          return launched(id, mark)
        }
        // Its mark stays in the ledger: it is looked for once more at the end. A rate limit turned it
        // away, in all likelihood.
        if (result.error.kind !== 'rate-limited') lostMarks.push(mark)
        if (result.isAccepted || lostMarks.length >= MAX_LOST) {
          return { kind: 'unresolved', error: unresolved(lostMarks, result.error) }
        }
        break
      }
    }
    lastError = result.error
    if (attempt < MAX_ATTEMPTS) {
      const pauseMs = pauseAfter(result.error, 1_000 * 2 ** (attempt - 1))
      printer.line(
        result.kind === 'unknown'
          ? 'Nothing carries its tag: trying again.'
          : `Nothing was created: ${describe(result.error)} Trying again.`,
      )
      await clock.sleep(pauseMs, cancellation.signal)
    }
  }
  if (cancellation.signal.aborted) return { kind: 'cancelled' }
  const error = lastError ?? toActionError(undefined)
  return lostMarks.length > 0
    ? { kind: 'unresolved', error: unresolved(lostMarks, error) }
    : { kind: 'refused', error }

  function launched(id: string, mark: string): LaunchResult {
    // What cannot be taken back is nothing that the post step could owe.
    if (provider.canStop) ledger.created(mark, id)
    else ledger.closed(mark)
    if (refusedWithWebhook) {
      printer.warning(
        `The webhook URL was refused, polling instead: ${describe(refusedWithWebhook)}`,
      )
    }
    return {
      kind: 'launched',
      mark,
      webhook: callback,
      launch: { id, plan, acceptedAtMs: clock.nowMs() },
    }
  }
}

/** One request can arrive twice where something on the way repeats it; one of what it made is ours. */
async function stopSurplus(
  provider: Provider,
  mark: string,
  ids: readonly string[],
  context: RunContext,
): Promise<void> {
  for (const id of ids) {
    const entry = `${mark}/${id}`
    context.ledger.created(entry, id)
    const end = await stopLaunch(provider, id, context)
    if (!(end instanceof ActionError)) context.ledger.closed(entry)
  }
}

function unresolved(marks: readonly string[], cause: ActionError): ActionError {
  return new ActionError({
    kind: 'unresolved-create',
    what: `A server may have been created, and it was not found: ${describe(cause)}`,
    next: `Look for the tag ${marks.join(' and ')} in the provider's dashboard and stop what carries it. The post step of this job looks once more.`,
    cause,
  })
}
