import { sweep } from './clean-up.ts'
import { formatDuration } from './clock.ts'
import { ActionError, cancelled, toActionError } from './errors.ts'
import { launchOnce } from './launch.ts'
import type { LaunchPlan, Provider } from './provider/provider.ts'
import { Progress } from './report/progress.ts'
import {
  isGood,
  type LaunchReport,
  type Outcome,
  type RunReport,
  worstOf,
} from './report/report.ts'
import { type RunContext, runCall } from './run-context.ts'
import type { EdgegapDeploySettings } from './settings/settings.ts'
import { settle } from './settle.ts'
import { fixedCadence } from './wait/cadence.ts'
import { waitForOutcome } from './wait/wait.ts'

const PREPARE_MS = 30_000

/**
 * The story of a deploy: prepare, launch, wait, settle. Fills in `report` as it goes, so that
 * whatever ends the run early still has something to tell; throws nothing.
 */
export async function deploy(
  settings: EdgegapDeploySettings,
  provider: Provider,
  context: RunContext,
  report: RunReport,
): Promise<void> {
  const progress = new Progress(context.printer, context.clock, provider.plans.length > 1)
  try {
    const preparation = await provider.prepare(runCall(context, PREPARE_MS))
    report.version = preparation.version
    report.versionAction = preparation.versionAction
    report.launches = provider.plans.map(newLaunchReport)
    const settleOne = (launch: LaunchReport) => settle(settings, provider, context, launch, report)
    await progress.whileRunning(async () => {
      await Promise.all(
        report.launches.map(async (launch) => {
          await launchAndWait(settings, provider, context, launch, progress)
          if (!isGood(launch.outcome)) await settleOne(launch)
        }),
      )
      await sweepStrays(provider, context, report)
    })
    // Last of all: until here a cancel still has to stop what came up.
    await Promise.all(report.launches.filter(({ outcome }) => isGood(outcome)).map(settleOne))
  } catch (thrown) {
    report.error = context.cancellation.signal.aborted ? cancelled() : toActionError(thrown)
  }
  report.outcome = outcomeOf(report, context)
}

/** A cancelled run is cancelled, whatever became of its launches before. */
function outcomeOf(report: RunReport, { cancellation }: RunContext): Outcome {
  if (cancellation.signal.aborted) return 'cancelled'
  return report.error ? 'failed' : worstOf(report.launches.map(({ outcome }) => outcome))
}

function newLaunchReport(plan: LaunchPlan): LaunchReport {
  return { plan, outcome: 'failed', timeline: [], elapsedMs: 0 }
}

async function launchAndWait(
  settings: EdgegapDeploySettings,
  provider: Provider,
  context: RunContext,
  report: LaunchReport,
  progress: Progress,
): Promise<void> {
  const { clock, cancellation } = context
  const result = await launchOnce(provider, report.plan, context)
  switch (result.kind) {
    case 'cancelled':
      end(report, 'cancelled', cancelled())
      return
    case 'unresolved':
      end(report, 'failed', result.error)
      return
    case 'refused':
      if (!('failedId' in result)) {
        end(report, 'rejected', result.error)
        return
      }
      report.mark = result.mark
      report.id = result.failedId
      end(report, 'failed', result.error)
      return
  }
  const { id, acceptedAtMs } = result.launch
  report.mark = result.mark
  report.id = id
  progress.accepted(report)
  if (settings.wait === 'none') {
    end(report, 'started')
    return
  }
  const wait = await waitForOutcome({
    clock,
    acceptedAtMs,
    timeoutMs: settings.timeoutMs,
    cadence:
      settings.pollIntervalMs === undefined
        ? provider.cadence(context.random)
        : fixedCadence(settings.pollIntervalMs),
    signal: cancellation.signal,
    observe: (deadlineMs, signal) => provider.observe(id, { deadlineMs, signal }),
    onEvent: (event) => {
      if (event.type === 'reading') {
        report.observation = event.reading
        if (event.changed) report.timeline.push({ status: event.reading.status, atMs: event.atMs })
      }
      progress.waiting(report, event)
    },
  })
  report.elapsedMs = wait.elapsedMs
  switch (wait.ending) {
    case 'settled':
      report.source = wait.source
      if (wait.last.state === 'succeeded') end(report, 'succeeded')
      else end(report, 'failed', launchFailed(report))
      return
    case 'timed-out':
      end(report, 'timed-out', timedOut(report, settings.timeoutMs, wait.lastError))
      return
    case 'shut-out':
      end(report, 'failed', wait.error)
      return
    case 'cancelled':
      end(report, 'cancelled', cancelled())
  }
}

function end(report: LaunchReport, outcome: LaunchReport['outcome'], error?: ActionError): void {
  report.outcome = outcome
  if (error) report.error = error
}

/** Attempts that were given up as lost may have arrived after all; what they made is surplus. */
async function sweepStrays(
  provider: Provider,
  context: RunContext,
  report: RunReport,
): Promise<void> {
  const kept = new Set(report.launches.map(({ mark }) => mark))
  const strays = context.ledger.open.filter(({ mark }) => !kept.has(mark))
  if (strays.length === 0) return
  const swept = await sweep(provider, strays, context)
  report.stoppedIds.push(...swept.stoppedIds)
  for (const { entry, error } of swept.failures) {
    context.printer.warning(`Could not look for a surplus ${entry.mark}: ${error.message}`)
  }
}

function launchFailed({ observation, elapsedMs, id }: LaunchReport): ActionError {
  const status = observation?.status || 'no status'
  const reason = observation?.reason ? `: ${observation.reason}` : ''
  return new ActionError({
    kind: 'launch-failed',
    what: `${id} failed after ${formatDuration(elapsedMs)} with ${status}${reason}.`,
    next: 'What its log and crash data say is in the log of this step and in the summary.',
  })
}

function timedOut(
  { observation, id }: LaunchReport,
  timeoutMs: number,
  lastError: ActionError | undefined,
): ActionError {
  const seen = observation
    ? `its last status was ${observation.status || 'empty'}`
    : `its status was never read${lastError ? ` (${lastError.message})` : ''}`
  return new ActionError({
    kind: 'timed-out',
    what: `${id} was not ready within ${formatDuration(timeoutMs)}; ${seen}.`,
    next: 'Raise timeout when it only needs longer: the first start of a new image takes the time of its download.',
  })
}
