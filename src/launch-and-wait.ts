import type { Doorbell } from './doorbell/doorbell.ts'
import { cancelled, launchFailed, timedOut } from './endings.ts'
import type { ActionError } from './errors.ts'
import { launchOnce } from './launch.ts'
import type { Launch, Provider } from './provider/provider.ts'
import type { Progress } from './report/progress.ts'
import type { LaunchReport } from './report/report.ts'
import type { RunContext } from './run-context.ts'
import type { DeploySettings } from './settings/settings.ts'
import { fixedCadence } from './wait/cadence.ts'
import { type Bell, waitForOutcome } from './wait/wait.ts'

/** Creates one launch and waits for its outcome; fills in `report` as it goes. */
export async function launchAndWait(
  settings: DeploySettings,
  provider: Provider,
  context: RunContext,
  doorbell: Doorbell | undefined,
  report: LaunchReport,
  progress: Progress,
): Promise<void> {
  // A provider that reports to subscriptions takes no URL in the create, so none can be refused.
  const webhook = provider.subscribe ? undefined : doorbell?.url
  const result = await launchOnce(provider, report.plan, context, webhook)
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
  report.mark = result.mark
  report.id = result.launch.id
  progress.accepted(report)
  if (settings.wait === 'none') end(report, 'started')
  else {
    const bell =
      provider.subscribe || result.webhook
        ? doorbell?.bellFor(report.id, result.webhook)
        : undefined
    await wait(settings, provider, context, bell, result.launch, report, progress)
  }
}

async function wait(
  settings: DeploySettings,
  provider: Provider,
  context: RunContext,
  bell: Bell | undefined,
  { id, acceptedAtMs }: Launch,
  report: LaunchReport,
  progress: Progress,
): Promise<void> {
  const { pollIntervalMs, timeoutMs } = settings
  const result = await waitForOutcome({
    clock: context.clock,
    acceptedAtMs,
    timeoutMs,
    cadence:
      pollIntervalMs === undefined
        ? provider.cadence(context.random)
        : fixedCadence(pollIntervalMs),
    signal: context.cancellation.signal,
    observe: (deadlineMs, signal) => provider.observe(id, { deadlineMs, signal }),
    ...(bell && { bell }),
    onEvent: (event) => {
      if (event.type === 'reading') {
        report.observation = event.reading
        if (event.changed) report.timeline.push({ status: event.reading.status, atMs: event.atMs })
      }
      progress.waiting(report, event)
    },
  })
  report.elapsedMs = result.elapsedMs
  switch (result.ending) {
    case 'settled':
      report.source = result.source
      if (result.last.state === 'succeeded') end(report, 'succeeded')
      else end(report, 'failed', launchFailed(report))
      return
    case 'timed-out':
      end(report, 'timed-out', timedOut(report, timeoutMs, result.lastError))
      return
    case 'shut-out':
      end(report, 'failed', result.error)
      return
    case 'cancelled':
      end(report, 'cancelled', cancelled())
  }
}

function end(report: LaunchReport, outcome: LaunchReport['outcome'], error?: ActionError): void {
  report.outcome = outcome
  if (error) report.error = error
}
