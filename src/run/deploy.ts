import { formatDuration } from '../base/clock.ts'
import { describe, toActionError } from '../base/errors.ts'
import type { Preparation, Provider } from '../provider/provider.ts'
import { Progress } from '../report/progress.ts'
import type { DeploySettings } from '../settings/settings.ts'
import { cancelled, noTunnel } from '../state/endings.ts'
import {
  type DeploymentState,
  isGood,
  type Outcome,
  type RunState,
  worstOf,
} from '../state/state.ts'
import type { WebhookChannel } from '../webhook/channel.ts'
import { cleanUp } from './clean-up.ts'
import { settle } from './conclude.ts'
import { deployOne } from './deploy-one.ts'
import { ONE_CHECK } from './find-lost.ts'
import { cleanUpCall, type RunContext, runCall } from './run.ts'

const PREPARE_MS = 30_000
const SUBSCRIBE_MS = 15_000
const FINISH_MS = 5_000
/** A tunnel that is not up by then is given up; until then it comes up beside the deploy. */
const TUNNEL_OPENS_MS = 60_000

/**
 * The story of a deploy: prepare, with the channel opening beside it, then deployment, wait and settle.
 * Fills in `report` as it goes, so that whatever ends the run early still has something to tell;
 * throws nothing.
 */
export async function deploy(
  settings: DeploySettings,
  provider: Provider,
  context: RunContext,
  report: RunState,
): Promise<void> {
  const progress = new Progress(context.printer, context.clock, provider.targets.length > 1)
  const settleOne = (deployment: DeploymentState) =>
    settle(settings, provider, context, deployment, report)
  let channel: WebhookChannel | undefined
  try {
    channel = await openChannel(settings, provider, context, report)
    const preparation = await provider.prepare(runCall(context, PREPARE_MS))
    report.version = preparation.version
    report.versionAction = preparation.versionAction
    report.deployments = provider.targets.map((target) => {
      return { target, outcome: 'failed', timeline: [], elapsedMs: 0 }
    })
    await holdForTunnel(settings, provider, context, channel, preparation)
    await progress.whileRunning(async () => {
      await Promise.all(
        report.deployments.map(async (deployment) => {
          await deployOne(settings, provider, context, channel, deployment, progress)
          if (!isGood(deployment.outcome)) await settleOne(deployment)
        }),
      )
      await cleanUpLost(provider, context, report)
    })
  } catch (thrown) {
    report.error = context.cancellation.signal.aborted ? cancelled() : toActionError(thrown)
  } finally {
    await Promise.all([closeChannel(channel, context, report), finish(provider, context)])
  }
  if (context.cancellation.signal.aborted) {
    // It came up in the meantime, and has to be stopped all the same.
    await Promise.all(report.deployments.filter(({ outcome }) => isGood(outcome)).map(settleOne))
  }
  report.outcome = outcomeOf(report, context)
}

/** A cancelled run is cancelled, whatever became of its deployments before. */
function outcomeOf({ error, deployments }: RunState, { cancellation }: RunContext): Outcome {
  if (cancellation.signal.aborted) return 'cancelled'
  if (error?.kind === 'no-tunnel') return 'rejected'
  return error ? 'failed' : worstOf(deployments.map(({ outcome }) => outcome))
}

async function openChannel(
  { tunnel, tunnelTimeoutMs, wait }: DeploySettings,
  provider: Provider,
  context: RunContext,
  report: RunState,
): Promise<WebhookChannel | undefined> {
  if (tunnel.transport === 'none') {
    report.tunnelError = tunnel.why
    return undefined
  }
  const opensWithinMs = wait === 'webhook' ? tunnelTimeoutMs : TUNNEL_OPENS_MS
  const readNotification: Provider['readNotification'] = (delivery) =>
    provider.readNotification(delivery)
  return await context.openChannel({ settings: tunnel, opensWithinMs, readNotification })
}

/**
 * Waits for the tunnel as long as it may hold up the deployment. A provider that takes the URL in the
 * create is worth waiting for; one that takes it by a subscription gets it beside the deployment, unless
 * the webhook is the only way to the news.
 */
async function holdForTunnel(
  settings: DeploySettings,
  provider: Provider,
  context: RunContext,
  channel: WebhookChannel | undefined,
  { webhookRequired }: Preparation,
): Promise<void> {
  const { signal } = context.cancellation
  const isRequired = settings.wait === 'webhook' || webhookRequired !== undefined
  if (isRequired) {
    const limitMs = settings.wait === 'webhook' ? settings.tunnelTimeoutMs : TUNNEL_OPENS_MS
    await channel?.whenSettled(limitMs, signal)
    if (!channel?.isVerified) {
      throw (
        webhookRequired ??
        noTunnel(channel?.error || `not verified within ${formatDuration(limitMs)}`)
      )
    }
    if (channel.url) await provider.subscribe?.(channel.url, runCall(context, SUBSCRIBE_MS))
  } else if (channel && provider.subscribe) void subscribeBeside(provider, context, channel)
  else if (channel) {
    await channel.whenSettled(settings.tunnelTimeoutMs, signal)
    if (channel.isOpening) {
      const heldUp = formatDuration(settings.tunnelTimeoutMs)
      context.printer.line(`Webhook: not verified after ${heldUp}; deploying all the same.`)
    }
  }
}

/** Subscribes as soon as the tunnel is up. Without a subscription polling goes on. */
async function subscribeBeside(
  provider: Provider,
  context: RunContext,
  channel: WebhookChannel,
): Promise<void> {
  await channel.whenSettled(TUNNEL_OPENS_MS, context.cancellation.signal)
  if (!channel.url || context.cancellation.signal.aborted) return
  try {
    await provider.subscribe?.(channel.url, runCall(context, SUBSCRIBE_MS))
  } catch (thrown) {
    channel.distrust(`${provider.title} took no subscription: ${describe(thrown)}`)
  }
}

async function finish(provider: Provider, context: RunContext): Promise<void> {
  try {
    await provider.finish?.(cleanUpCall(context, FINISH_MS))
  } catch (thrown) {
    context.printer.warning(`${describe(thrown)} The post step of this job tries again.`)
  }
}

/** What is told of the tunnel is what it was while it was needed. */
async function closeChannel(
  channel: WebhookChannel | undefined,
  context: RunContext,
  report: RunState,
): Promise<void> {
  if (!channel) return
  report.tunnel = channel.tunnel
  report.tunnelError = channel.error || (channel.isOpening ? 'not verified before the end' : '')
  try {
    await channel.close()
  } catch (thrown) {
    context.printer.warning(`The tunnel could not be closed cleanly: ${describe(thrown)}`)
  }
}

/** Attempts that were given up as lost may have arrived after all; what they made is extra. */
async function cleanUpLost(
  provider: Provider,
  context: RunContext,
  report: RunState,
): Promise<void> {
  const kept = new Set(report.deployments.map(({ tag }) => tag))
  const lost = context.ledger.open.filter(({ tag, isAuxiliary }) => !isAuxiliary && !kept.has(tag))
  if (lost.length === 0) return
  const held = report.deployments.flatMap(({ id }) => id ?? [])
  const cleanedUp = await cleanUp(provider, lost, context, {
    pausesMs: ONE_CHECK,
    spared: new Set(held),
  })
  report.stoppedIds.push(...cleanedUp.stoppedIds)
  for (const { entry, error } of cleanedUp.failures) {
    context.printer.warning(`Could not look for a extra ${entry.tag}: ${describe(error)}`)
  }
}
