import { Pacer } from '../base/pacer.ts'
import type { Observation } from '../provider/provider.ts'
import { isGood, isUp } from '../state/state.ts'
import { SharedPoll } from '../wait/shared-poll.ts'
import type { WebhookChannel } from '../webhook/channel.ts'
import { conclude } from './conclude.ts'
import { deployOne, endEarly, type Together } from './deploy-one.ts'
import type { Run } from './run.ts'

/** Providers limit creates per organization, such as to 40 a second, and other jobs need some too. */
const CREATE_SPACING_MS = 50

/**
 * Creates every deployment of the run side by side and waits for all of them. With `on-failure: stop`
 * the first failure ends the others at once, and they are stopped as well.
 */
export async function deployAll(run: Run, channel: WebhookChannel | undefined): Promise<void> {
  const { state, cancellation, settings } = run
  const failed = new AbortController()
  const together: Together = {
    channel,
    poll: openPoll(run),
    signal: AbortSignal.any([cancellation.signal, failed.signal]),
    creates: new Pacer(run.clock, CREATE_SPACING_MS),
  }
  const concluding: Promise<void>[] = []
  await Promise.all(
    state.deployments.map(async (deployment) => {
      await deployOne(run, deployment, together)
      if (!isGood(deployment.outcome) && settings.onFailure === 'stop') failed.abort()
      concluding.push(conclude(run, [deployment]))
    }),
  )
  if (failed.signal.aborted && !cancellation.signal.aborted) concluding.push(stopUp(run))
  await Promise.all(concluding)
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
