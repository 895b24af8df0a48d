import { ActionError, describe, toActionError } from '../base/errors.ts'
import type { Member } from '../provider/groups.ts'
import type { Replacement } from '../settings/model.ts'
import { conclude } from './conclude.ts'
import { describeReach, type ListingRun, listMembers } from './group-members.ts'
import type { Run } from './run.ts'
import { showLogs } from './server-log.ts'
import { failEnded } from './still-up.ts'
import { type StopManyOptions, stopMany } from './stop-many.ts'

/** How long the stops of older ones may take once the new ones are ready, milliseconds. */
const AFTER_READY_MS = 60_000

/**
 * What `replace` is to stop: all of its reach that stands now. To be called before the first create of
 * the step, which makes it older than anything that the step creates. Of two runs at the same time
 * only the one that lists after the other's create can name the other's server, and it creates its
 * own after that: so a server is stopped for a newer one only, and the newest one by nobody.
 *
 * @throws ActionError where it could not be listed
 */
export async function findOlder(
  run: ListingRun,
  replace: Replacement | undefined,
): Promise<readonly Member[]> {
  if (!replace) return []
  const { members, unclear } = await list(run, replace)
  for (const id of unclear) {
    run.printer.warning(
      `${id} is listed, but its status does not tell whose it is. It was left alone.`,
    )
  }
  const names = members.map(({ id, isEnding }) => (isEnding ? `${id} (is ending)` : id))
  run.printer.line(`Older ${describeReach(replace.reach)}: ${names.join(', ') || 'none'}`)
  return members
}

async function list(run: ListingRun, { reach }: Replacement) {
  try {
    return await listMembers(run, reach)
  } catch (thrown) {
    const error = toActionError(thrown)
    throw new ActionError({
      kind: error.kind,
      what: `The older servers could not be listed, so no server was created: ${error.message}`,
      ...(error.next !== undefined && { next: error.next }),
      request: error.request,
      cause: error,
    })
  }
}

/** With `before-deploy`: stops the older ones and waits until they are gone, before the first create. */
export async function replaceBefore(run: Run, older: readonly Member[]): Promise<void> {
  const { replace, timeoutMs } = run.settings
  if (replace?.when !== 'before-deploy') return
  await stopOlder(run, older, { until: 'ended', limitMs: timeoutMs })
}

/**
 * With `after-ready`: stops the older ones once every new one is good. If one of them is not, the
 * older ones stay.
 */
export async function replaceAfter(run: Run, older: readonly Member[]): Promise<void> {
  const { settings, state } = run
  if (settings.replace?.when !== 'after-ready') return
  if (!state.deployments.every(({ outcome }) => outcome === 'succeeded')) return
  // What somebody else stops needs nobody to wait for it here; and an id may come back only by mistake.
  const own = new Set(state.deployments.map(({ id }) => id))
  const running = older.filter(({ id, isEnding }) => !isEnding && !own.has(id))
  await stopOlder(run, running, { until: 'ending', limitMs: AFTER_READY_MS }, () => takePlace(run))
  // Stopping many takes a while: what has ended by then is in nobody's place.
  const ended = await failEnded(run)
  for (const one of ended) delete one.isInPlace
  await conclude(run, ended)
}

/**
 * From the first stop of an older one on, the new ones stay, even if the run is cancelled or killed
 * right then: else neither would be left. Those that are to end with the job stay in the ledger.
 */
function takePlace({ settings, state, ledger, github }: Run): void {
  if (settings.stopAfterJob) return
  ledger.inPlace(...state.deployments.flatMap(({ tag }) => tag ?? []))
  for (const deployment of state.deployments) deployment.isInPlace = true
  github?.tookPlace(state)
}

async function stopOlder(
  run: Run,
  older: readonly Member[],
  options: StopManyOptions,
  beforeFirstStop?: () => void,
): Promise<void> {
  const { cancellation, state, printer } = run
  if (older.length === 0 || cancellation.signal.aborted) return
  const running = new Set(older.flatMap(({ id, isEnding }) => (isEnding ? [] : id)))
  const logs = await showLogs(run, [...running])
  // Nothing may come between this and the first stop.
  if (!cancellation.signal.aborted) {
    beforeFirstStop?.()
    const toStop = older.map(({ id, tags }) => ({ id, tag: tagOf(run, tags) }))
    const { stoppedIds, failures } = await stopMany(run, toStop, options)
    const replaced = stoppedIds.filter((id) => running.has(id))
    state.stoppedIds.push(...replaced)
    state.replacedIds = replaced
    for (const { id, error } of failures) {
      printer.warning(
        `${id}, which was to be replaced, may still run: ${describe(error)}. Stop it in the dashboard: you pay for it until then.`,
      )
    }
  }
  await logs.written
}

/** By it the list is asked whether it still has an older one. */
function tagOf({ settings }: Run, tags: readonly string[]): string | undefined {
  const { replace } = settings
  return replace?.reach.kind === 'group' ? replace.reach.group : tags[0]
}
