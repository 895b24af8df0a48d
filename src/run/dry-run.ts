import { toActionError } from '../base/errors.ts'
import type { Call } from '../provider/call.ts'
import type { Member } from '../provider/groups.ts'
import type { PlanCheck, PlannedChange } from '../provider/plan.ts'
import type { Settings, StopSettings } from '../settings/model.ts'
import { cancelled } from '../state/endings.ts'
import type { PlanState } from '../state/state.ts'
import { noteRefusal } from './ensure-version.ts'
import { listMembers } from './group-members.ts'
import { findOlder } from './replace.ts'
import { type Run, runCall } from './run.ts'

const PLAN_MS = 60_000

/**
 * `dry-run`: reads and checks everything that the run would, prints what it would do, and changes
 * nothing: no tunnel, no entry in the ledger, no request but reads. Fills in the state; throws nothing.
 */
export async function dryRun(run: Run<Settings>): Promise<void> {
  const { state, cancellation } = run
  try {
    const call = runCall(run, PLAN_MS)
    state.plan = await noteRefusal(run, () => plan(run, call))
    print(run, state.plan)
    state.outcome = 'planned'
  } catch (thrown) {
    state.error = cancellation.signal.aborted ? cancelled() : toActionError(thrown)
  }
  if (cancellation.signal.aborted) state.outcome = 'cancelled'
}

async function plan(run: Run<Settings>, call: Call): Promise<PlanState> {
  const { settings, provider, state, printer } = run
  if (settings.operation === 'stop') return await planStop(run, settings, call)
  const replace = settings.operation === 'deploy' ? settings.replace : undefined
  const [planned, older] = await Promise.all([provider.plan(call), findOlder(run, replace)])
  for (const warning of planned.warnings) printer.warning(warning)
  state.version = planned.version
  state.versionAction = planned.versionAction
  if (planned.image !== undefined) state.image = planned.image
  if (planned.previousImage !== undefined) state.previousImage = planned.previousImage
  const stops = stopsOf(older, `replace: ${replace?.when}`)
  const isFirst = replace?.when === 'before-deploy'
  return {
    changes: [
      ...planned.preparing,
      ...(isFirst ? stops : []),
      ...planned.deploying,
      ...(isFirst ? [] : stops),
      ...planned.finishing,
    ],
    checks: planned.checks,
  }
}

async function planStop(
  run: Run<Settings>,
  { reach }: StopSettings,
  call: Call,
): Promise<PlanState> {
  if (reach.kind !== 'deployment') {
    const { members, unclear } = await listMembers(run, reach)
    const checks = unclear.map((id): PlanCheck => {
      return { what: id, result: 'unknown', detail: 'its status does not tell whose it is' }
    })
    return { changes: stopsOf(members, ''), checks }
  }
  const { id } = reach
  const status = (await run.provider.observe([id], call)).get(id)
  if (status === undefined) throw new Error(`no status of ${id}`)
  if (!('state' in status)) {
    if (status.kind !== 'not-found') throw status
    return { changes: [], checks: [{ what: id, result: 'good', detail: 'does not exist' }] }
  }
  const isOver = status.end !== undefined
  const check: PlanCheck = { what: id, result: 'good', detail: status.status }
  return { changes: isOver ? [] : [stopOf(id, '')], checks: [check] }
}

/** What ends by itself needs no stop. */
function stopsOf(members: readonly Member[], detail: string): PlannedChange[] {
  return members.filter(({ isEnding }) => !isEnding).map(({ id }) => stopOf(id, detail))
}

function stopOf(id: string, detail: string): PlannedChange {
  return { kind: 'stop', what: `server ${id}`, detail }
}

function print({ printer }: Run<Settings>, { changes, checks }: PlanState): void {
  for (const { what, result, detail } of checks) {
    printer.line(`Checked: ${what}: ${result}${detail && `, ${detail}`}`)
  }
  if (changes.length === 0) printer.line('This run would change nothing.')
  for (const { kind, what, detail } of changes) {
    printer.line(`Would ${kind} ${what}${detail && `: ${detail}`}`)
  }
  const count = changes.length === 1 ? '1 change' : `${changes.length} changes`
  printer.notice(`Dry run: ${count} planned, and nothing was changed.`)
}
