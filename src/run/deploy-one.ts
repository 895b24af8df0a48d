import { ActionError } from '../base/errors.ts'
import type { Pacer } from '../base/pacer.ts'
import type { Observation } from '../provider/provider.ts'
import { cancelled, deploymentFailed, timedOut } from '../state/endings.ts'
import type { DeploymentState } from '../state/state.ts'
import { fixedSchedule } from '../wait/schedule.ts'
import type { SharedPoll } from '../wait/shared-poll.ts'
import { waitForOutcome } from '../wait/wait.ts'
import type { Waker } from '../wait/waker.ts'
import type { WebhookChannel } from '../webhook/channel.ts'
import { createOnce } from './create.ts'
import type { Run } from './run.ts'
import { verify, type Watching } from './verify.ts'

/**
 * How long a slot may stay taken after its server was seen to be gone; not documented. It matters where
 * older ones were stopped first, on an account that may have room for no more than these.
 */
const SLOT_FREES_MS = 30_000

/** What all deployments of a run share while they come up. */
export interface Together {
  channel: WebhookChannel | undefined
  poll: SharedPoll<Observation>
  /** Aborts when the run is cancelled, or when one of the others has failed. */
  signal: AbortSignal
  /** Whose turn it is to send a create. */
  creates: Pacer
  /** To be called once for each deployment, as soon as nothing more is created for it. */
  answered: () => void
}

/** Creates one deployment and waits for its outcome; fills in `deployment` as it goes. */
export async function deployOne(
  run: Run,
  deployment: DeploymentState,
  together: Together,
): Promise<void> {
  const { channel, signal, creates } = together
  const { settings, provider, state } = run
  await creates.turn(signal)
  const result = await createOnce(run, deployment.target, {
    webhook: provider.traits.webhook === 'in-create' ? channel?.url : undefined,
    patienceMs: settings.timeoutMs,
    slotFreesMs: state.stoppedIds.length > 0 ? SLOT_FREES_MS : 0,
    signal,
  })
  together.answered()
  switch (result.kind) {
    case 'cancelled':
      endEarly(run, deployment)
      return
    case 'unresolved':
      end(deployment, 'failed', result.error)
      return
    case 'refused':
      if ('failedId' in result) {
        deployment.tag = result.tag
        deployment.id = result.failedId
        end(deployment, 'failed', result.error)
      } else end(deployment, 'rejected', result.error)
      return
    case 'created':
      if (run.state.deployments.some(({ id }) => id === result.id)) {
        // One of the two is unknown: a failure stops whatever carries either tag.
        deployment.tag = result.tag
        deployment.id = result.id
        end(deployment, 'failed', repeatedId(result))
        return
      }
      deployment.tag = result.tag
      deployment.id = result.id
      deployment.acceptedAtMs = result.acceptedAtMs
      deployment.acceptedWallMs = run.wallMs()
  }
  run.progress.accepted(deployment)
  run.github?.started(run.state)
  if (settings.wait === 'none') end(deployment, 'started')
  else await wait(run, deployment, together, result.webhook)
}

function repeatedId({ id, tag }: { id: string; tag: string }): ActionError {
  return new ActionError({
    kind: 'malformed-reply',
    what: `The provider gave the id ${id} to two servers, so one of them is not known`,
    next: `Look for the tag ${tag} in the provider's dashboard, then run the job again.`,
  })
}

async function wait(
  run: Run,
  deployment: DeploymentState,
  { channel, poll, signal }: Together,
  webhook: URL | undefined,
): Promise<void> {
  const { clock, settings, provider, progress, random } = run
  const { id = '', acceptedAtMs = clock.nowMs() } = deployment
  const isSubscribed = provider.traits.webhook === 'subscription'
  const waker: Waker | undefined =
    isSubscribed || webhook ? channel?.wakerFor(id, webhook) : undefined
  const result = await waitForOutcome<Observation>({
    clock,
    acceptedAtMs,
    timeoutMs: settings.timeoutMs,
    pollSchedule:
      settings.pollIntervalMs === undefined
        ? provider.pollSchedule(random)
        : fixedSchedule(settings.pollIntervalMs),
    signal,
    random,
    observe: (deadlineMs, aborted) => poll.observe(id, { deadlineMs, signal: aborted }),
    ...(poll.isShared && { align: (dueAtMs: number) => poll.align(dueAtMs) }),
    ...(waker && { waker }),
    onEvent: (event) => {
      if (event.type === 'reading') {
        deployment.observation = event.reading
        const { status } = event.reading
        if (event.changed) deployment.timeline.push({ status, atMs: event.atMs })
      }
      progress.waiting(deployment, event)
    },
  })
  deployment.elapsedMs = result.elapsedMs
  switch (result.ending) {
    case 'settled':
      deployment.source = result.source
      if (result.last.state === 'succeeded') await check(run, deployment, { poll, waker, signal })
      else end(deployment, 'failed', deploymentFailed(deployment))
      return
    case 'timed-out':
      end(deployment, 'timed-out', timedOut(deployment, settings.timeoutMs, result))
      return
    case 'credentials-refused':
      end(deployment, 'failed', result.error)
      return
    case 'cancelled':
      endEarly(run, deployment)
  }
}

/** Being ready is not enough where `settle-time` or `probe` ask for more. */
async function check(run: Run, deployment: DeploymentState, watching: Watching): Promise<void> {
  const verdict = await verify(run, deployment, watching)
  if (verdict === 'good') end(deployment, 'succeeded')
  else if (verdict === 'aborted') endEarly(run, deployment)
  else end(deployment, 'failed', verdict)
}

/** Ended from outside: by a cancel, or because another server of this step failed. */
export function endEarly({ cancellation }: Run, deployment: DeploymentState): void {
  if (cancellation.signal.aborted) end(deployment, 'cancelled', cancelled())
  else end(deployment, 'stopped')
}

function end(
  deployment: DeploymentState,
  outcome: DeploymentState['outcome'],
  error?: ActionError,
): void {
  deployment.outcome = outcome
  if (error) deployment.error = error
}
