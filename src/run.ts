import { sweep } from './clean-up.ts'
import { formatDuration } from './clock.ts'
import type { Doorbell } from './doorbell/doorbell.ts'
import { cancelled, noTunnel } from './endings.ts'
import { describe, toActionError } from './errors.ts'
import { launchAndWait } from './launch-and-wait.ts'
import { ONE_LOOK } from './look-up.ts'
import type { Preparation, Provider } from './provider/provider.ts'
import { Progress } from './report/progress.ts'
import {
  isGood,
  type LaunchReport,
  type Outcome,
  type RunReport,
  worstOf,
} from './report/report.ts'
import { cleanUpCall, type RunContext, runCall } from './run-context.ts'
import type { DeploySettings } from './settings/settings.ts'
import { settle } from './settle.ts'

const PREPARE_MS = 30_000
const SUBSCRIBE_MS = 15_000
const FINISH_MS = 5_000
/** A tunnel that is not up by then is given up; until then it comes up beside the deploy. */
const TUNNEL_OPENS_MS = 60_000

/**
 * The story of a deploy: prepare, with the doorbell opening beside it, then launch, wait and settle.
 * Fills in `report` as it goes, so that whatever ends the run early still has something to tell;
 * throws nothing.
 */
export async function deploy(
  settings: DeploySettings,
  provider: Provider,
  context: RunContext,
  report: RunReport,
): Promise<void> {
  const progress = new Progress(context.printer, context.clock, provider.plans.length > 1)
  const settleOne = (launch: LaunchReport) => settle(settings, provider, context, launch, report)
  let doorbell: Doorbell | undefined
  try {
    doorbell = await openDoorbell(settings, provider, context, report)
    const preparation = await provider.prepare(runCall(context, PREPARE_MS))
    report.version = preparation.version
    report.versionAction = preparation.versionAction
    report.launches = provider.plans.map((plan) => {
      return { plan, outcome: 'failed', timeline: [], elapsedMs: 0 }
    })
    await holdForTunnel(settings, provider, context, doorbell, preparation)
    await progress.whileRunning(async () => {
      await Promise.all(
        report.launches.map(async (launch) => {
          await launchAndWait(settings, provider, context, doorbell, launch, progress)
          if (!isGood(launch.outcome)) await settleOne(launch)
        }),
      )
      await sweepStrays(provider, context, report)
    })
  } catch (thrown) {
    report.error = context.cancellation.signal.aborted ? cancelled() : toActionError(thrown)
  } finally {
    await Promise.all([closeDoorbell(doorbell, context, report), finish(provider, context)])
  }
  if (context.cancellation.signal.aborted) {
    // It came up in the meantime, and has to be stopped all the same.
    await Promise.all(report.launches.filter(({ outcome }) => isGood(outcome)).map(settleOne))
  }
  report.outcome = outcomeOf(report, context)
}

/** A cancelled run is cancelled, whatever became of its launches before. */
function outcomeOf({ error, launches }: RunReport, { cancellation }: RunContext): Outcome {
  if (cancellation.signal.aborted) return 'cancelled'
  if (error?.kind === 'no-tunnel') return 'rejected'
  return error ? 'failed' : worstOf(launches.map(({ outcome }) => outcome))
}

async function openDoorbell(
  { tunnel, tunnelTimeoutMs, wait }: DeploySettings,
  provider: Provider,
  context: RunContext,
  report: RunReport,
): Promise<Doorbell | undefined> {
  if (tunnel.transport === 'none') {
    report.tunnelError = tunnel.why
    return undefined
  }
  const opensWithinMs = wait === 'webhook' ? tunnelTimeoutMs : TUNNEL_OPENS_MS
  const readRing: Provider['readRing'] = (delivery) => provider.readRing(delivery)
  return await context.openDoorbell({ settings: tunnel, opensWithinMs, readRing })
}

/**
 * Waits for the tunnel as long as it may hold up the launch. A provider that takes the URL in the
 * create is worth waiting for; one that takes it by a subscription gets it beside the launch, unless
 * the webhook is the only way to the news.
 */
async function holdForTunnel(
  settings: DeploySettings,
  provider: Provider,
  context: RunContext,
  doorbell: Doorbell | undefined,
  { webhookRequired }: Preparation,
): Promise<void> {
  const { signal } = context.cancellation
  const isRequired = settings.wait === 'webhook' || webhookRequired !== undefined
  if (isRequired) {
    const limitMs = settings.wait === 'webhook' ? settings.tunnelTimeoutMs : TUNNEL_OPENS_MS
    await doorbell?.whenSettled(limitMs, signal)
    if (!doorbell?.isVerified) {
      throw (
        webhookRequired ??
        noTunnel(doorbell?.error || `not verified within ${formatDuration(limitMs)}`)
      )
    }
    if (doorbell.url) await provider.subscribe?.(doorbell.url, runCall(context, SUBSCRIBE_MS))
  } else if (doorbell && provider.subscribe) void subscribeBeside(provider, context, doorbell)
  else if (doorbell) {
    await doorbell.whenSettled(settings.tunnelTimeoutMs, signal)
    if (doorbell.isOpening) {
      const heldUp = formatDuration(settings.tunnelTimeoutMs)
      context.printer.line(`Webhook: not verified after ${heldUp}; deploying all the same.`)
    }
  }
}

/** Subscribes as soon as the tunnel is up. Without a subscription polling goes on. */
async function subscribeBeside(
  provider: Provider,
  context: RunContext,
  doorbell: Doorbell,
): Promise<void> {
  await doorbell.whenSettled(TUNNEL_OPENS_MS, context.cancellation.signal)
  if (!doorbell.url || context.cancellation.signal.aborted) return
  try {
    await provider.subscribe?.(doorbell.url, runCall(context, SUBSCRIBE_MS))
  } catch (thrown) {
    doorbell.distrust(`${provider.title} took no subscription: ${describe(thrown)}`)
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
async function closeDoorbell(
  doorbell: Doorbell | undefined,
  context: RunContext,
  report: RunReport,
): Promise<void> {
  if (!doorbell) return
  report.tunnel = doorbell.tunnel
  report.tunnelError = doorbell.error || (doorbell.isOpening ? 'not verified before the end' : '')
  try {
    await doorbell.close()
  } catch (thrown) {
    context.printer.warning(`The tunnel could not be closed cleanly: ${describe(thrown)}`)
  }
}

/** Attempts that were given up as lost may have arrived after all; what they made is surplus. */
async function sweepStrays(
  provider: Provider,
  context: RunContext,
  report: RunReport,
): Promise<void> {
  const kept = new Set(report.launches.map(({ mark }) => mark))
  const strays = context.ledger.open.filter(({ mark, isAid }) => !isAid && !kept.has(mark))
  if (strays.length === 0) return
  const held = report.launches.flatMap(({ id }) => id ?? [])
  const swept = await sweep(provider, strays, context, {
    pausesMs: ONE_LOOK,
    spared: new Set(held),
  })
  report.stoppedIds.push(...swept.stoppedIds)
  for (const { entry, error } of swept.failures) {
    context.printer.warning(`Could not look for a surplus ${entry.mark}: ${describe(error)}`)
  }
}
