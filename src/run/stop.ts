import { formatDuration } from '../base/clock.ts'
import { ActionError, describe, toActionError } from '../base/errors.ts'
import type { Member } from '../provider/groups.ts'
import type { GroupReach } from '../settings/model.ts'
import type { StopSettings } from '../settings/settings.ts'
import { cancelled } from '../state/endings.ts'
import { describeReach, listMembers } from './group-members.ts'
import { type Run, runCall } from './run.ts'
import { showLogs } from './server-log.ts'
import { type FailedStop, type StopManyResult, stopMany, type ToStop } from './stop-many.ts'

type StopRun = Run<StopSettings>

/** A list of several pages shifts while servers end, and new ones may come up: it is read again. */
const MAX_LISTS = 5
const APPLICATION_MS = 5_000

/**
 * `operation: stop`: asks for the stops and, unless `wait` is none, waits until the deployments are
 * gone. Fills in the run's state; throws nothing.
 */
export async function stop(run: StopRun): Promise<void> {
  const { settings, state, cancellation, clock } = run
  const untilMs = clock.nowMs() + settings.timeoutMs
  try {
    if (settings.reach.kind === 'deployment') await stopById(run, settings.reach.id, untilMs)
    else await stopGroup(run, settings.reach, untilMs)
  } catch (thrown) {
    state.error = toActionError(thrown)
  }
  if (cancellation.signal.aborted && state.outcome !== 'stopped') {
    state.outcome = 'cancelled'
    state.error = cancelled()
    // What had been accepted was not waited for any more.
    if (state.stop) state.stop.onlyAccepted = true
  }
}

async function stopById(run: StopRun, id: string, untilMs: number): Promise<void> {
  const { state, printer, settings } = run
  const { goneIds, failures } = await stopAll(run, [{ id }], untilMs)
  const [failure] = failures
  if (failure) {
    state.error = errorOf(failure, settings.timeoutMs)
    if (isLate(failure)) state.outcome = 'timed-out'
    return
  }
  if (goneIds.length > 0) {
    printer.notice(`${id} had ended already, or never existed: nothing was stopped.`)
  }
  state.outcome = 'stopped'
}

async function stopGroup(run: StopRun, reach: GroupReach, untilMs: number): Promise<void> {
  const { state, settings, cancellation } = run
  const seen = new Set<string>()
  const failures: FailedStop[] = []
  for (let count = 1; count <= MAX_LISTS && !cancellation.signal.aborted; count += 1) {
    const { members, unclear } = await list(run, reach, seen)
    const fresh = members.filter(({ id }) => !seen.has(id))
    const unread = unclear.filter((id) => !seen.has(id))
    for (const id of [...unread, ...fresh.map((member) => member.id)]) seen.add(id)
    failures.push(...unread.map(unreadable))
    if (fresh.length === 0) break
    failures.push(...(await stopMembers(run, reach, fresh, untilMs)))
  }
  if (failures.length > 0) {
    state.error = errorOfMany(failures, seen.size, settings.timeoutMs)
    if (failures.every(isLate)) state.outcome = 'timed-out'
    return
  }
  if (cancellation.signal.aborted) return
  if (seen.size === 0) await sayNothingThere(run, reach)
  state.outcome = 'stopped'
}

/** A misspelt application has no deployments either, and its servers would run on behind a green step. */
async function sayNothingThere(run: StopRun, reach: GroupReach): Promise<void> {
  const { provider, printer } = run
  printer.notice(`Nothing to stop: there are no ${describeReach(reach)}.`)
  const { application } = reach
  const call = runCall(run, APPLICATION_MS)
  const isThere = await provider.groups?.isApplication?.(application, call).catch(() => true)
  if (isThere !== false) return
  printer.warning(
    `${provider.title} knows no application ${application}: check the input application.`,
  )
}

async function list(run: StopRun, reach: GroupReach, seen: ReadonlySet<string>) {
  try {
    return await listMembers(run, reach, seen)
  } catch (thrown) {
    if (seen.size === 0) throw thrown
    // All that was listed at first has been stopped.
    if (!run.cancellation.signal.aborted) {
      run.printer.warning(
        `Whether further ${describeReach(reach)} came up meanwhile could not be listed: ${describe(thrown)}`,
      )
    }
    return { members: [], unclear: [] }
  }
}

async function stopMembers(
  run: StopRun,
  reach: GroupReach,
  members: readonly Member[],
  untilMs: number,
): Promise<readonly FailedStop[]> {
  const { state, printer } = run
  printer.line(`Stopping ${describeReach(reach)}: ${members.map(({ id }) => id).join(', ')}`)
  const tagOf = ({ tags }: Member) => (reach.kind === 'group' ? reach.group : tags[0])
  const toStop = members.map((member) => ({ id: member.id, tag: tagOf(member) }))
  const { failures } = await stopAll(run, toStop, untilMs)
  // What was ending already is only waited for.
  const ending = new Set(members.flatMap(({ id, isEnding }) => (isEnding ? id : [])))
  state.stoppedIds = state.stoppedIds.filter((id) => !ending.has(id))
  for (const { id, error } of failures) printer.line(`${id} may still run: ${describe(error)}`)
  return failures
}

/** Logs first, while there are any. */
async function stopAll(
  run: StopRun,
  deployments: readonly ToStop[],
  untilMs: number,
): Promise<StopManyResult> {
  const { settings, state, clock } = run
  const logs = await showLogs(
    run,
    deployments.map(({ id }) => id),
  )
  const result = await stopMany(run, deployments, {
    until: settings.wait === 'none' ? 'accepted' : 'ended',
    limitMs: Math.max(0, untilMs - clock.nowMs()),
  })
  state.stoppedIds.push(...result.stoppedIds)
  await logs.written
  return result
}

function unreadable(id: string): FailedStop {
  return {
    id,
    isAccepted: false,
    error: new ActionError({
      kind: 'not-found',
      what: `${id} is listed, but its status does not tell whose it is`,
      next: 'Run the job again, or stop it by deployment-id if it is yours.',
    }),
  }
}

function isLate({ error }: FailedStop): boolean {
  return error.kind === 'stop-unconfirmed'
}

function errorOf(failure: FailedStop, timeoutMs: number): ActionError {
  if (!isLate(failure) || !failure.isAccepted) return failure.error
  return new ActionError({
    kind: 'timed-out',
    what: `The stop of ${failure.id} was accepted, but it was not gone within ${formatDuration(timeoutMs)}`,
    next: 'A server may take up to its termination grace period to end: raise timeout, or set wait: none.',
  })
}

/** The ids come first: what is cut off a long text is the reason. */
function errorOfMany(failures: readonly FailedStop[], all: number, timeoutMs: number): ActionError {
  const [first] = failures
  if (!first) throw new Error('nothing failed')
  const error = errorOf(failures.find((one) => !isLate(one)) ?? first, timeoutMs)
  const ids = failures.map(({ id }) => id).join(', ')
  return new ActionError({
    kind: error.kind,
    what: `${failures.length} of ${all} deployments may still run: ${ids}. ${error.message}`,
    ...(error.next !== undefined && { next: error.next }),
    request: error.request,
    cause: error,
  })
}
