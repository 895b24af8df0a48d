import { systemClock } from './base/clock.ts'
import { ActionError, describe, toActionError } from './base/errors.ts'
import type { PostEnd } from './github/run-view.ts'
import type { ProviderDefinition } from './provider/definition.ts'
import type { Provider } from './provider/provider.ts'
import { REGISTRY } from './provider/registry.ts'
import { type CleanUpResult, cleanUp } from './run/clean-up.ts'
import { Ledger, type LedgerEntry, readLedger, type SavedLedger } from './run/ledger.ts'
import { createTools, providerContext } from './run/perform.ts'
import type { RunTools } from './run/run.ts'
import { showLogs } from './run/server-log.ts'
import { endMainStep } from './runner/main-step.ts'
import type { Printer } from './runner/printer.ts'
import { type ActionProcess, type ExitDecision, runProcess } from './runner/process.ts'
import { GITHUB_STATE, LEDGER_STATE, LEFTOVERS_STATE, MAIN_STATE } from './runner/saved-states.ts'
import { type Access, findToken } from './settings/access.ts'
import { readGitHub } from './settings/github.ts'
import { Inputs } from './settings/inputs.ts'
import { type LogSettings, readLogSettings } from './settings/logs.ts'
import { Problems } from './settings/problems.ts'
import { secretsOf } from './settings/secrets.ts'

/** The runner ends a cancelled job, post steps included, after five minutes. */
const POST_MS = 200_000
/** A create that got lost may still be carried out: it is searched for as long as one may take. */
const LONGEST_SEARCH_MS = 45_000
/** A stop before a server is ready takes effect only then, so the post step has patience. */
const STOP_MS = 60_000

/**
 * The post entry, reached only when the main step left something: it was killed, could not stop what
 * it created, or was asked to stop it after the job.
 */
export async function post(): Promise<void> {
  await runProcess('goes on', (action) => runPost(action, REGISTRY))
}

/** Whatever the inputs are by now, they are not validated: the servers must be stopped. */
export async function runPost(
  action: ActionProcess,
  registry: readonly ProviderDefinition[],
): Promise<ExitDecision> {
  const { printer, environment } = action
  for (const { value, ...origin } of secretsOf(environment, registry)) printer.hide(value, origin)
  const mainStep = environment[`STATE_${MAIN_STATE}`] ?? ''
  await endMainStep(mainStep, systemClock, (line) => printer.line(line))
  await endLeftovers(environment, printer)
  const saved = environment[`STATE_${LEDGER_STATE}`]
  const { isClean, ...end } = saved ? await cleanUpSaved(saved, action, registry) : NOTHING_TO_STOP
  await tellGitHub(action, end)
  return () => isClean
}

/** What the post step came to. */
interface CleanUpEnd extends PostEnd {
  /** Nothing is left behind, as far as is known. */
  isClean: boolean
}

const NOTHING_TO_STOP: CleanUpEnd = { isClean: true, endedIds: [], leftIds: [] }

/** A secondary failure that only warns. */
async function tellGitHub(action: ActionProcess, end: PostEnd): Promise<void> {
  const { environment, printer } = action
  const saved = environment[`STATE_${GITHUB_STATE}`]
  if (!saved) return
  try {
    const { finishOnGitHub } = await import('./run/show-on-github.ts')
    // What is wrong with an input by now is no reason to say nothing.
    const problems = new Problems()
    const settings = readGitHub(new Inputs(environment, problems), problems)
    await finishOnGitHub(settings, action, { clock: systemClock }, { saved, ...end })
  } catch (thrown) {
    printer.warning(`What became of the job could not be shown on GitHub: ${describe(thrown)}`)
  }
}

async function cleanUpSaved(
  saved: string,
  action: ActionProcess,
  registry: readonly ProviderDefinition[],
): Promise<CleanUpEnd> {
  const { printer } = action
  const ledger = readLedger(saved)
  const { entries, inPlace, unreadable } = ledger
  for (const id of inPlace) {
    printer.notice(
      `${id} stays up: it had taken the place of an older server when the main step was killed.`,
    )
  }
  if (entries.length === 0 && unreadable === 0) return NOTHING_TO_STOP
  const { result, foreign } = await stopSaved(ledger, action, registry)
  if (foreign > 0) reportForeign(foreign, printer)
  report(result, printer)
  const { stoppedIds, goneIds, failures } = result
  return {
    isClean: failures.length === 0 && foreign === 0,
    endedIds: [...stoppedIds, ...goneIds],
    leftIds: failures.flatMap(({ entry: { id, isAuxiliary } }) => (isAuxiliary ? [] : (id ?? []))),
  }
}

/** @returns what became of the entries, and how many are left alone: this action did not write them */
async function stopSaved(
  { access, entries, unreadable }: SavedLedger,
  action: ActionProcess,
  registry: readonly ProviderDefinition[],
): Promise<{ result: CleanUpResult; foreign: number }> {
  let foreign = unreadable
  try {
    const definition = definitionFor(access, registry)
    // Ids from the state file become parts of requests.
    const known = entries.filter(({ id }) => id === undefined || definition.isId(id))
    foreign += entries.length - known.length
    return { result: await stopKnown(access, known, definition, action), foreign }
  } catch (thrown) {
    const failures = entries.map((entry) => ({ entry, error: thrown }))
    return { result: { stoppedIds: [], goneIds: [], notFound: [], failures }, foreign }
  }
}

async function stopKnown(
  access: Access,
  entries: readonly LedgerEntry[],
  definition: ProviderDefinition,
  action: ActionProcess,
): Promise<CleanUpResult> {
  const { runner, cancellation } = action
  const over = AbortSignal.any([cancellation.over, AbortSignal.timeout(POST_MS)])
  const limited = { ...action, cancellation: { ...cancellation, over } }
  const tools = createTools(limited, new Ledger(runner, access, entries))
  const provider = await reopen(access, definition, limited, tools)
  // An upload that was asked for may begin as late as a server.
  const maySearch = entries.some(({ id }) => id === undefined)
  const searchMs = Math.min(provider.traits.createMs, LONGEST_SEARCH_MS)
  const written: Promise<void>[] = []
  const result = await cleanUp({ ...tools, provider }, entries, {
    forMs: maySearch ? searchMs : 0,
    stopMs: STOP_MS,
    beforeStop: async (ids) => {
      const logRun = { ...tools, provider, settings: readLogInputs(action), state: {} }
      written.push((await showLogs(logRun, ids)).written)
    },
  })
  await Promise.all(written)
  return result
}

function reportForeign(count: number, printer: Printer): void {
  const what = count === 1 ? 'entry' : 'entries'
  printer.error(
    `The saved state has ${count} ${what} that this action did not write, left alone. Look in the dashboard for a server of this run and stop it.`,
    'Server left behind',
  )
}

/** What is wrong with an input by now is no reason to show no log. */
function readLogInputs({ environment }: ActionProcess): LogSettings {
  return readLogSettings(new Inputs(environment, new Problems()), environment, () => true)
}

function definitionFor(
  access: Access,
  registry: readonly ProviderDefinition[],
): ProviderDefinition {
  const definition = registry.find(({ name }) => name === access.provider)
  if (!definition) throw new Error('the saved state names a provider that does not exist')
  return definition
}

/** The token goes nowhere but to the URL that it was sealed with. */
async function reopen(
  access: Access,
  definition: ProviderDefinition,
  action: ActionProcess,
  tools: RunTools,
): Promise<Provider> {
  const { environment, printer } = action
  const token = findToken(access, environment, (text) => definition.apiToken.clean(text))
  if (token === undefined) throw noToken(environment)
  printer.hide(token)
  const saved = { apiUrl: new URL(access.apiUrl), token, own: access.own }
  return await definition.reopen(saved, providerContext(action, tools))
}

function noToken(environment: NodeJS.ProcessEnv): ActionError {
  const why = environment['INPUT_API-TOKEN']?.trim()
    ? 'api-token is not the one that the main step had, or the saved state was changed'
    : 'api-token is empty in the post step, as in nested composite actions (set the token in env of the job too)'
  return new ActionError({ kind: 'unauthorized', what: `${why}, so no request was sent` })
}

function report(result: CleanUpResult, printer: Printer): void {
  for (const id of result.stoppedIds) printer.line(`Stopped ${id}.`)
  for (const id of result.goneIds) printer.line(`${id} had ended before.`)
  for (const { entry, error } of result.failures) {
    const advice = entry.isAuxiliary
      ? (toActionError(error).next ?? 'Remove it by hand.')
      : 'Stop it in the dashboard: you pay for it until then.'
    const title = entry.isAuxiliary ? 'Left behind' : 'Server left behind'
    printer.error(`${nameOf(entry)} may still run: ${describe(error)}. ${advice}`, title)
  }
  for (const { tag, isAuxiliary } of result.notFound) {
    printer.notice(
      isAuxiliary
        ? `What this run asked for last (${tag}) was not found. If it appears later, remove it by hand.`
        : `No deployment with the tag ${tag} was found. If one appears later, stop it.`,
    )
  }
}

function nameOf({ id, tag }: LedgerEntry): string {
  return id ?? `A server with the tag ${tag}`
}

/** Ends the tunnel of a main step that was killed; a secondary failure that only warns. */
async function endLeftovers(environment: NodeJS.ProcessEnv, printer: Printer): Promise<void> {
  const saved = environment[`STATE_${LEFTOVERS_STATE}`]
  if (!saved) return
  try {
    const { removeLeftovers } = await import('./webhook/leftovers.ts')
    for (const line of removeLeftovers(saved, environment)) printer.line(line)
  } catch (thrown) {
    printer.warning(`The tunnel of the main step could not be ended: ${describe(thrown)}`)
  }
}
