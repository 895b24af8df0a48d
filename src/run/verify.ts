import { formatDuration } from '../base/clock.ts'
import type { ActionError } from '../base/errors.ts'
import { countTimes } from '../base/sentence.ts'
import type { Observation } from '../provider/provider.ts'
import { failedAfterReady, notSeenReady, restarted } from '../state/endings.ts'
import type { DeploymentState } from '../state/state.ts'
import { fixedSchedule } from '../wait/schedule.ts'
import type { SharedPoll } from '../wait/shared-poll.ts'
import { type WaitEvent, type WaitResult, waitForOutcome } from '../wait/wait.ts'
import type { Waker } from '../wait/waker.ts'
import { readRestarts } from './restarts.ts'
import type { Run } from './run.ts'
import { runProbe } from './run-probe.ts'

/** How often a server is checked that is ready and has to stay so. */
const CHECK_MS = 2_000
/**
 * A last check that fails says nothing about the server: so long the status is asked for after it, and
 * where the API itself is out, for as long as `timeout` allows. A server that is healthy must not be
 * stopped because nobody could be asked for a minute.
 */
const CONFIRM_MS = 10_000
const CONFIRM_EVERY_MS = 1_000
const OUTAGE_EVERY_MS = 5_000

/** What a deployment is watched with once it is ready. */
export interface Watching {
  readonly poll: SharedPoll<Observation>
  readonly waker: Waker | undefined
  /** Aborts when the run is cancelled, or when another server has failed. */
  readonly signal: AbortSignal
}

/** `good`, `aborted` from outside, or why the server does not count as up. */
export type Verdict = 'good' | 'aborted' | ActionError

/**
 * A server that is ready counts only when it has stayed ready for `settle-time`, without a restart of
 * its process, and has answered what `probe` asks. Both take time of their own, beside `timeout`.
 */
export async function verify(
  run: Run,
  deployment: DeploymentState,
  watching: Watching,
): Promise<Verdict> {
  const { settings, progress } = run
  let verdict: Verdict = 'good'
  if (settings.settleTimeMs > 0) verdict = await settle(run, deployment, watching)
  if (verdict === 'good' && settings.probe.probes.length > 0) {
    verdict = await probe(run, deployment, watching)
  }
  progress.done(deployment)
  return verdict
}

async function settle(run: Run, deployment: DeploymentState, watching: Watching): Promise<Verdict> {
  const { settings, progress, printer } = run
  const { id = '' } = deployment
  progress.begins(deployment, `settling for ${formatDuration(settings.settleTimeMs)}`)
  const restartsBefore = readRestarts(run, id)
  const verdict = await watch(run, deployment, watching, settings.settleTimeMs)
  if (verdict !== 'good') return verdict
  const known = await restartsBefore
  const after = await readRestarts(run, id)
  // A process that never was started again did not do so now, whatever could be read at first.
  const before = known ?? (after === 0 ? 0 : undefined)
  if (before === undefined || after === undefined) {
    printer.warning(
      `Whether the process of ${id} restarted while it settled is not known: its log could not be read.`,
    )
  } else if (after > before) return restarted(deployment, after - before)
  else if (before > 0) {
    printer.warning(
      `The process of ${id} had restarted ${countTimes(before)} before it was ready, and not since.`,
    )
  }
  passed(run, deployment, 'settled')
  return 'good'
}

/** Asks the game, and goes on checking the status: a server that fails meanwhile ends it at once. */
async function probe(run: Run, deployment: DeploymentState, watching: Watching): Promise<Verdict> {
  const over = new AbortController()
  const signal = AbortSignal.any([watching.signal, over.signal])
  const { probeTimeoutMs } = run.settings.probe
  const asked = runProbe(run, deployment, signal)
  // The watch ends with the probe; until then only a failure ends it.
  const watched = watch(run, deployment, { ...watching, signal }, probeTimeoutMs + CHECK_MS)
  await Promise.race([asked, watched.then((end) => (end === 'good' ? asked : end))])
  over.abort()
  const [probed, seen] = await Promise.all([asked, watched])
  if (watching.signal.aborted) return 'aborted'
  // What the probe was ended for counts more than that it had no answer by then.
  if (typeof seen === 'object') return seen
  if (probed === 'good') passed(run, deployment, 'answered')
  return probed
}

function passed({ clock }: Run, deployment: DeploymentState, status: string): void {
  const { acceptedAtMs = clock.nowMs() } = deployment
  deployment.elapsedMs = clock.nowMs() - acceptedAtMs
  deployment.timeline.push({ status, atMs: deployment.elapsedMs })
}

/** Checks the status for so long; good when nothing failed and the last check says ready. */
async function watch(
  run: Run,
  deployment: DeploymentState,
  watching: Watching,
  durationMs: number,
): Promise<Verdict> {
  const { clock, settings, random } = run
  const { poll, waker, signal } = watching
  const { id = '', acceptedAtMs = clock.nowMs() } = deployment
  const beganAtMs = clock.nowMs()
  let isReady = false
  const result = await waitForOutcome<Observation>({
    clock,
    acceptedAtMs: beganAtMs,
    timeoutMs: durationMs,
    pollSchedule: fixedSchedule(settings.pollIntervalMs ?? CHECK_MS),
    signal,
    random,
    // Ready is what it is already, so only a failure ends the wait.
    observe: async (deadlineMs, aborted) => {
      const reading = await poll.observe(id, { deadlineMs, signal: aborted })
      isReady = reading.state === 'succeeded'
      return isReady ? { ...reading, state: 'pending' } : endedIs(reading)
    },
    ...(poll.isShared && { align: (dueAtMs: number) => poll.align(dueAtMs) }),
    ...(waker && { waker }),
    onEvent: (event) => note(run, deployment, event, beganAtMs - acceptedAtMs),
  })
  deployment.elapsedMs = clock.nowMs() - acceptedAtMs
  if (result.ending === 'cancelled') return 'aborted'
  if (result.ending === 'credentials-refused') return result.error
  if (result.ending === 'timed-out' && result.failures > 0) {
    return await confirm(run, deployment, watching, durationMs)
  }
  // It may have failed, or have gone back to a step before ready.
  return isReady ? 'good' : failedAfterReady(deployment)
}

/** The check at the end failed, by a rate limit, a hung reply or an outage: the next answer decides. */
async function confirm(
  run: Run,
  deployment: DeploymentState,
  watching: Watching,
  watchedMs: number,
): Promise<Verdict> {
  const { clock, settings } = run
  const { acceptedAtMs = clock.nowMs() } = deployment
  const beganAtMs = clock.nowMs()
  let result = await askAgain(run, deployment, watching, CONFIRM_MS, CONFIRM_EVERY_MS)
  const leftMs = settings.timeoutMs - CONFIRM_MS
  if (leftMs > 0 && isOutage(result)) {
    result = await askAgain(run, deployment, watching, leftMs, OUTAGE_EVERY_MS)
  }
  deployment.elapsedMs = clock.nowMs() - acceptedAtMs
  if (result.ending === 'cancelled') return 'aborted'
  if (result.ending === 'credentials-refused') return result.error
  if (result.last?.state === 'succeeded') return 'good'
  if (result.last) {
    deployment.observation = { ...deployment.observation, ...result.last }
    return failedAfterReady(deployment)
  }
  const lastError = result.ending === 'timed-out' ? result.lastError : undefined
  return notSeenReady(deployment, watchedMs + clock.nowMs() - beganAtMs, lastError)
}

async function askAgain(
  { clock, random, progress }: Run,
  deployment: DeploymentState,
  { poll, signal }: Watching,
  timeoutMs: number,
  everyMs: number,
): Promise<WaitResult<Observation>> {
  const { id = '', acceptedAtMs = clock.nowMs() } = deployment
  const beganAtMs = clock.nowMs()
  return await waitForOutcome<Observation>({
    clock,
    acceptedAtMs: beganAtMs,
    timeoutMs,
    pollSchedule: { ...fixedSchedule(everyMs), firstMs: everyMs },
    signal,
    random,
    observe: async (deadlineMs, aborted) =>
      endedIs(await poll.observe(id, { deadlineMs, signal: aborted })),
    ...(poll.isShared && { align: (dueAtMs: number) => poll.align(dueAtMs) }),
    onEvent: (event) => {
      const atMs = event.atMs + beganAtMs - acceptedAtMs
      if (event.type !== 'reading') progress.waiting(deployment, { ...event, atMs })
    },
  })
}

/** Nothing was read, and that is the API's fault: an id that it does not know is an answer. */
function isOutage(result: WaitResult<Observation>): boolean {
  return result.ending === 'timed-out' && !result.last && result.lastError?.kind !== 'not-found'
}

/** Being stopped by somebody is a failure here, however it is spelled. */
function endedIs(reading: Observation): Observation {
  return reading.end === undefined ? reading : { ...reading, state: 'failed' }
}

/** Writes down what changed since it was ready. */
function note(
  { progress }: Run,
  deployment: DeploymentState,
  event: WaitEvent<Observation>,
  readyAfterMs: number,
): void {
  const atMs = event.atMs + readyAfterMs
  if (event.type !== 'reading') {
    progress.waiting(deployment, { ...event, atMs })
    return
  }
  const { reading } = event
  const { observation: before = reading } = deployment
  if (reading.status === before.status && reading.state !== 'failed') {
    noteAddress(progress, deployment, reading.facts)
    return
  }
  progress.waiting(deployment, { ...event, atMs })
  deployment.timeline.push({ status: reading.status, atMs })
  // The address that players had stays in the outputs.
  deployment.observation = { ...reading, facts: { ...before.facts, ...reading.facts } }
}

/** Players need the address that it has now. One that is missing for a moment is no other one. */
function noteAddress(
  progress: Run['progress'],
  deployment: DeploymentState,
  facts: Observation['facts'],
): void {
  const { observation } = deployment
  const address = facts.ports?.[0]?.address
  if (!observation || address === undefined) return
  const before = observation.facts.ports?.[0]?.address
  deployment.observation = { ...observation, facts: { ...observation.facts, ...facts } }
  if (address !== before) progress.says(deployment, `its address is ${address} now`)
}
