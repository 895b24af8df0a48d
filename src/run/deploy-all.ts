import type { ActionError } from '../base/errors.ts'
import { Pacer } from '../base/pacer.ts'
import type { Observation } from '../provider/provider.ts'
import { isGood, isUp } from '../state/state.ts'
import { SharedPoll } from '../wait/shared-poll.ts'
import type { WebhookChannel } from '../webhook/channel.ts'
import { conclude } from './conclude.ts'
import { deployOne, endEarly, type Together } from './deploy-one.ts'
import type { Run } from './run.ts'
import { failEnded } from './still-up.ts'
import { UnmovedVersion } from './unmoved-version.ts'

/** Providers limit creates per organization, such as to 40 a second, and other jobs need some too. */
const CREATE_SPACING_MS = 50

/**
 * Creates every deployment of the run side by side and waits for all of them. With `on-failure: stop`
 * the first failure ends the others at once, and they are stopped as well.
 */
export async function deployAll(run: Run, channel: WebhookChannel | undefined): Promise<void> {
  const { state, cancellation, settings } = run
  const failed = new AbortController()
  const version = new UnmovedVersion(run, () => {
    if (settings.onFailure === 'stop') failed.abort()
  })
  const together: Together = {
    channel,
    poll: openPoll(run),
    signal: AbortSignal.any([cancellation.signal, failed.signal]),
    creates: new Pacer(run.clock, CREATE_SPACING_MS),
    answered: () => version.createAnswered(),
  }
  const concluding: Promise<void>[] = []
  await Promise.all(
    state.deployments.map(async (deployment) => {
      await deployOne(run, deployment, together)
      if (!isGood(deployment.outcome) && settings.onFailure === 'stop') failed.abort()
      concluding.push(conclude(run, [deployment]))
    }),
  )
  const moved = await version.checked()
  if (!cancellation.signal.aborted) {
    if (moved) concluding.push(failUp(run, moved))
    else if (failed.signal.aborted) concluding.push(stopUp(run))
  }
  await Promise.all(concluding)
  await endFailed(run)
}

/** One may have crashed while the others came up. Nothing is to do where none is up any more. */
async function endFailed(run: Run): Promise<void> {
  const ended = await failEnded(run)
  if (ended.length === 0) return
  const others = run.settings.onFailure === 'stop' ? stopUp(run) : undefined
  await Promise.all([conclude(run, ended), others])
}

/** What is up with an image that nobody asked for is no success; it is stopped, or kept as a failure. */
async function failUp(run: Run, error: ActionError): Promise<void> {
  run.state.error = error
  const up = run.state.deployments.filter(({ outcome }) => isUp(outcome))
  for (const deployment of up) Object.assign(deployment, { outcome: 'failed', error })
  await conclude(run, up)
}

/** Stops the servers that are up when another one failed: only all of them are a success. */
async function stopUp(run: Run): Promise<void> {
  const up = run.state.deployments.filter(({ outcome }) => isUp(outcome))
  for (const deployment of up) endEarly(run, deployment)
  await conclude(run, up)
}

function openPoll({ clock, provider, cancellation, state }: Run): SharedPoll<Observation> {
  return new SharedPoll<Observation>(clock, provider.observe.bind(provider), {
    isShared: state.deployments.length > 1,
    signal: cancellation.signal,
  })
}
