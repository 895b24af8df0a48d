import type { ActionError } from '../base/errors.ts'
import type { Deployment, Provider } from '../provider/provider.ts'
import type { Progress } from '../report/progress.ts'
import type { DeploySettings } from '../settings/settings.ts'
import { cancelled, deploymentFailed, timedOut } from '../state/endings.ts'
import type { DeploymentState } from '../state/state.ts'
import { fixedSchedule } from '../wait/schedule.ts'
import { type Waker, waitForOutcome } from '../wait/wait.ts'
import type { WebhookChannel } from '../webhook/channel.ts'
import { createOnce } from './create.ts'
import type { RunContext } from './run.ts'

/** Creates one deployment and waits for its outcome; fills in `report` as it goes. */
export async function deployOne(
  settings: DeploySettings,
  provider: Provider,
  context: RunContext,
  channel: WebhookChannel | undefined,
  report: DeploymentState,
  progress: Progress,
): Promise<void> {
  // A provider that reports to subscriptions takes no URL in the create, so none can be refused.
  const webhook = provider.subscribe ? undefined : channel?.url
  const result = await createOnce(provider, report.target, context, webhook)
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
      report.tag = result.tag
      report.id = result.failedId
      end(report, 'failed', result.error)
      return
  }
  report.tag = result.tag
  report.id = result.deployment.id
  progress.accepted(report)
  if (settings.wait === 'none') end(report, 'started')
  else {
    const waker =
      provider.subscribe || result.webhook
        ? channel?.channelFor(report.id, result.webhook)
        : undefined
    await wait(settings, provider, context, waker, result.deployment, report, progress)
  }
}

async function wait(
  settings: DeploySettings,
  provider: Provider,
  context: RunContext,
  waker: Waker | undefined,
  { id, acceptedAtMs }: Deployment,
  report: DeploymentState,
  progress: Progress,
): Promise<void> {
  const { pollIntervalMs, timeoutMs } = settings
  const result = await waitForOutcome({
    clock: context.clock,
    acceptedAtMs,
    timeoutMs,
    pollSchedule:
      pollIntervalMs === undefined
        ? provider.pollSchedule(context.random)
        : fixedSchedule(pollIntervalMs),
    signal: context.cancellation.signal,
    observe: (deadlineMs, signal) => provider.observe(id, { deadlineMs, signal }),
    ...(waker && { waker }),
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
      else end(report, 'failed', deploymentFailed(report))
      return
    case 'timed-out':
      end(report, 'timed-out', timedOut(report, timeoutMs, result.lastError))
      return
    case 'credentials-refused':
      end(report, 'failed', result.error)
      return
    case 'cancelled':
      end(report, 'cancelled', cancelled())
  }
}

function end(
  report: DeploymentState,
  outcome: DeploymentState['outcome'],
  error?: ActionError,
): void {
  report.outcome = outcome
  if (error) report.error = error
}
