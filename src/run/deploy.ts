import { formatDuration } from '../base/clock.ts'
import { describe, toActionError } from '../base/errors.ts'
import type { Preparation } from '../provider/provider.ts'
import { cancelled, noTunnel } from '../state/endings.ts'
import { whoTriesAgain } from '../state/leftovers.ts'
import { isUp, type Outcome, worstOf } from '../state/state.ts'
import type { WebhookChannel } from '../webhook/channel.ts'
import { cleanUp } from './clean-up.ts'
import { conclude } from './conclude.ts'
import { deployAll } from './deploy-all.ts'
import { ensureVersion, noteRefusal, prepare } from './ensure-version.ts'
import { promoteDeployed } from './promote.ts'
import { findOlder, replaceAfter, replaceBefore } from './replace.ts'
import { cleanUpCall, type Run, runCall } from './run.ts'

const SUBSCRIBE_MS = 15_000
const FINISH_MS = 5_000
/** A tunnel that is not up by then is given up; until then it comes up beside the deploy. */
const TUNNEL_OPENS_MS = 60_000

/**
 * A whole deploy: prepare, with the webhook channel opening meanwhile, then create, wait and
 * conclude. Fills in the run's state as it goes, so that whatever ends the run early still has
 * something to report; throws nothing.
 */
export async function deploy(run: Run): Promise<void> {
  const { state, provider, cancellation } = run
  let channel: WebhookChannel | undefined
  try {
    channel = await openChannel(run)
    const preparation = await prepare(run)
    // With wait: webhook nothing may be created before the tunnel is there; else it comes up meanwhile.
    const isTunnelFirst = run.settings.wait === 'webhook'
    if (!isTunnelFirst) await ensureVersion(run)
    state.deployments = provider.targets.map((target) => {
      return { target, outcome: 'failed', timeline: [], elapsedMs: 0 }
    })
    const [older] = await noteRefusal(run, () => {
      const { replace } = run.settings
      return Promise.all([findOlder(run, replace), holdForTunnel(run, channel, preparation)])
    })
    if (isTunnelFirst) await ensureVersion(run)
    await run.progress.whileRunning(async () => {
      await replaceBefore(run, older)
      await deployAll(run, channel)
      setLifetime(run)
      await cleanUpLost(run)
      await replaceAfter(run, older)
      await promoteDeployed(run)
    })
  } catch (thrown) {
    state.error = cancellation.signal.aborted ? cancelled() : toActionError(thrown)
  } finally {
    await Promise.all([closeChannel(run, channel), finish(run)])
  }
  // What came up in the meantime has to be stopped all the same.
  if (cancellation.signal.aborted) {
    await conclude(
      run,
      state.deployments.filter(({ outcome }) => isUp(outcome)),
    )
  }
  state.outcome = outcomeOf(run)
  noteUntried(run)
}

/** Servers that were never asked for were refused with the run, and did not fail by themselves. */
function noteUntried({ state: { outcome, deployments } }: Run): void {
  if (outcome !== 'rejected') return
  for (const one of deployments) {
    if (one.tag === undefined && one.outcome === 'failed') one.outcome = 'rejected'
  }
}

/** How long what comes up lives, and who ends it. */
function setLifetime({ settings, provider, state }: Run): void {
  if (!provider.traits.canStop) return
  const { stopAfterJob, replace, group } = settings
  const [maxMinutes] = state.deployments.flatMap(({ observation }) => {
    return observation?.facts.maxMinutes ?? []
  })
  state.lifetime = {
    endsWithJob: stopAfterJob,
    ...(maxMinutes !== undefined && { maxMinutes }),
    ...(replace && group !== undefined && { replacedInGroup: group }),
  }
}

/** A cancelled run is cancelled, whatever became of its deployments before. */
function outcomeOf({ state: { error, deployments, outcome }, cancellation }: Run): Outcome {
  if (cancellation.signal.aborted) return 'cancelled'
  if (error?.kind === 'no-tunnel' || (error && outcome === 'rejected')) return 'rejected'
  return error ? 'failed' : worstOf(deployments.map(({ outcome }) => outcome))
}

async function openChannel(run: Run): Promise<WebhookChannel | undefined> {
  const { settings, provider, state } = run
  const { tunnel, tunnelTimeoutMs, wait } = settings
  const { webhooks, traits } = provider
  if (tunnel.transport === 'none' || !webhooks || traits.webhook === 'none') {
    const why = tunnel.transport === 'none' ? tunnel.why : `${provider.title} sends no webhook`
    state.tunnelError = why
    if (wait === 'webhook') throw noTunnel(why)
    return undefined
  }
  return await run.openChannel({
    settings: tunnel,
    opensWithinMs: wait === 'webhook' ? tunnelTimeoutMs : TUNNEL_OPENS_MS,
    isRequired: wait === 'webhook',
    readNotification: (delivery) => webhooks.read(delivery),
  })
}

/**
 * Waits for the tunnel as long as it may hold up the create. A provider that takes the URL in the
 * create is worth waiting for; one that takes it by a subscription gets it beside the create, unless
 * the webhook is the only way to the news.
 */
async function holdForTunnel(
  run: Run,
  channel: WebhookChannel | undefined,
  { webhookRequired }: Preparation,
): Promise<void> {
  const { settings, provider, cancellation, printer } = run
  const isSubscription = provider.traits.webhook === 'subscription'
  if (settings.wait === 'webhook' || webhookRequired !== undefined) {
    const limitMs = settings.wait === 'webhook' ? settings.tunnelTimeoutMs : TUNNEL_OPENS_MS
    await channel?.whenSettled(limitMs, cancellation.signal)
    if (!channel?.isVerified) {
      const why = channel?.error || `not verified within ${formatDuration(limitMs)}`
      throw webhookRequired ?? noTunnel(why)
    }
    await subscribe(run, channel)
  } else if (channel && isSubscription) void subscribeBeside(run, channel)
  else if (channel) {
    await channel.whenUrlKnown(settings.tunnelTimeoutMs, cancellation.signal)
    if (channel.isOpening && channel.url === undefined) {
      printer.line('Webhook: no URL yet; deploying without it')
    }
  }
}

/** Subscribes as soon as the tunnel is up. Without a subscription polling goes on. */
async function subscribeBeside(run: Run, channel: WebhookChannel): Promise<void> {
  const { provider, cancellation } = run
  await channel.whenSettled(TUNNEL_OPENS_MS, cancellation.signal)
  if (cancellation.signal.aborted) return
  try {
    await subscribe(run, channel)
  } catch (thrown) {
    if (cancellation.signal.aborted) return
    channel.distrust(`${provider.title} did not accept the subscription: ${describe(thrown)}`)
  }
}

async function subscribe(run: Run, { url }: WebhookChannel): Promise<void> {
  if (url) await run.provider.webhooks?.subscribe?.(url, runCall(run, SUBSCRIBE_MS))
}

async function finish(run: Run): Promise<void> {
  try {
    await run.provider.finish?.(cleanUpCall(run, FINISH_MS))
  } catch (thrown) {
    const next = whoTriesAgain(run.state, 'Remove it by hand.')
    run.printer.warning(`${describe(thrown)}. ${next}`)
  }
}

/** What is reported of the tunnel is what it was while it was needed. */
async function closeChannel(run: Run, channel: WebhookChannel | undefined): Promise<void> {
  if (!channel) return
  const { state, printer } = run
  state.tunnel = channel.tunnel
  state.tunnelError = channel.error || (channel.isOpening ? 'not verified before the end' : '')
  try {
    await channel.close()
  } catch (thrown) {
    printer.warning(`The tunnel could not be closed cleanly: ${describe(thrown)}`)
  }
}

/** Attempts that were given up as lost may have arrived after all; nobody uses what they made. */
async function cleanUpLost(run: Run): Promise<void> {
  const { state, ledger, printer } = run
  const kept = new Set(state.deployments.map(({ tag }) => tag))
  const lost = ledger.open.filter(({ tag, isAuxiliary }) => !isAuxiliary && !kept.has(tag))
  const spared = new Set(state.deployments.flatMap(({ id }) => id ?? []))
  const result = await cleanUp(run, lost, { once: true, spared })
  state.stoppedIds.push(...result.stoppedIds)
  for (const { entry, error } of result.failures) {
    printer.warning(`Could not look for a lost deployment ${entry.tag}: ${describe(error)}`)
  }
}
