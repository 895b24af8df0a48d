import { abortLater } from '../base/clock.ts'
import { ActionError, describe, pauseAfter, toActionError } from '../base/errors.ts'
import type { Deployment, Provider, Target } from '../provider/provider.ts'
import { stopDeployment } from './clean-up.ts'
import { findLost } from './find-lost.ts'
import type { RunContext } from './run.ts'

export type CreateEnding =
  /** `webhook` is what the provider was given. */
  | { kind: 'created'; deployment: Deployment; tag: string; webhook: URL | undefined }
  /** Nothing runs. */
  | { kind: 'refused'; error: ActionError }
  /** Nothing runs, but the refusal left a failed deployment behind. */
  | { kind: 'refused'; error: ActionError; tag: string; failedId: string }
  /** Something may run (then its tag stays in the ledger), or was begun and broke off. */
  | { kind: 'unresolved'; error: ActionError }
  | { kind: 'cancelled' }

const MAX_ATTEMPTS = 4
/** So many creates may get lost: each could have made a server that shows up only later. */
const MAX_LOST = 2
/** A create on the wire is waited for so long after a cancel, before it is looked up by its tag. */
const CREATE_LINGER_MS = 2_500

/**
 * Creates what `target` says, once. Each attempt carries its own tag, which is on disk before the
 * request leaves. Whenever it is open whether an attempt created something, it is looked up by its
 * tag before anything else is created.
 */
export async function createOnce(
  provider: Provider,
  target: Target,
  context: RunContext,
  webhook?: URL,
): Promise<CreateEnding> {
  let callback = webhook
  const { clock, cancellation, ledger, printer } = context
  let lastError: ActionError | undefined
  let refusedWithWebhook: ActionError | undefined
  const lostTags: string[] = []
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
    if (cancellation.signal.aborted) return { kind: 'cancelled' }
    const tag = context.newAttemptTag()
    ledger.opened(tag)
    const call = {
      deadlineMs: provider.createMs,
      signal: abortLater(cancellation.signal, CREATE_LINGER_MS, clock),
    }
    const result = await provider.create(target, tag, call, callback)
    switch (result.kind) {
      case 'created':
        return created(result.id, tag)
      case 'refused': {
        const { error, id, mayExist } = result
        if (id !== undefined) {
          ledger.created(tag, id)
          return { kind: 'refused', error, tag, failedId: id }
        }
        // What may exist stays in the ledger: it is looked for at the end, and stopped.
        if (!mayExist) ledger.closed(tag)
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
        ledger.closed(tag)
        return { kind: 'unresolved', error: result.error }
      case 'try-again':
        ledger.closed(tag)
        if (cancellation.signal.aborted) return { kind: 'cancelled' }
        break
      case 'unknown': {
        printer.line(`It is open whether this was accepted: ${describe(result.error)}`)
        const { found, error } = await findLost(provider, [tag], context)
        const [id, ...extra] = found.keys()
        if (error) return { kind: 'unresolved', error: unresolved([...lostTags, tag], error) }
        if (id !== undefined) {
          printer.line(`Found it by its tag ${tag}: ${id}.`)
          await stopExtra(provider, tag, extra, context)
          return created(id, tag)
        }
        // Its tag stays in the ledger: it is looked for once more at the end. A rate limit turned it
        // away, in all likelihood.
        if (result.error.kind !== 'rate-limited') lostTags.push(tag)
        if (result.isAccepted || lostTags.length >= MAX_LOST) {
          return { kind: 'unresolved', error: unresolved(lostTags, result.error) }
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
  return lostTags.length > 0
    ? { kind: 'unresolved', error: unresolved(lostTags, error) }
    : { kind: 'refused', error }

  function created(id: string, tag: string): CreateEnding {
    // What cannot be taken back is nothing that the post step could owe.
    if (provider.canStop) ledger.created(tag, id)
    else ledger.closed(tag)
    if (refusedWithWebhook) {
      printer.warning(
        `The webhook URL was refused, polling instead: ${describe(refusedWithWebhook)}`,
      )
    }
    return {
      kind: 'created',
      tag,
      webhook: callback,
      deployment: { id, target, acceptedAtMs: clock.nowMs() },
    }
  }
}

/** One request can arrive twice where something on the way repeats it; one of what it made is ours. */
async function stopExtra(
  provider: Provider,
  tag: string,
  ids: readonly string[],
  context: RunContext,
): Promise<void> {
  for (const id of ids) {
    const entry = `${tag}/${id}`
    context.ledger.created(entry, id)
    const end = await stopDeployment(provider, id, context)
    if (!(end instanceof ActionError)) context.ledger.closed(entry)
  }
}

function unresolved(tags: readonly string[], cause: ActionError): ActionError {
  return new ActionError({
    kind: 'unresolved-create',
    what: `A server may have been created, and it was not found: ${describe(cause)}`,
    next: `Look for the tag ${tags.join(' and ')} in the provider's dashboard and stop what carries it. The post step of this job looks once more.`,
    cause,
  })
}
