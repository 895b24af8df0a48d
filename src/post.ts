import { describe, toActionError } from './base/errors.ts'
import type { ProviderDefinition } from './provider/definition.ts'
import type { Provider } from './provider/provider.ts'
import { REGISTRY } from './provider/registry.ts'
import { type CleanUpResult, cleanUp } from './run/clean-up.ts'
import { Ledger, type LedgerEntry, readLedger } from './run/ledger.ts'
import { createContext, providerContext } from './run/perform.ts'
import type { RunContext } from './run/run.ts'
import { asSentence } from './runner/plain-text.ts'
import type { Printer } from './runner/printer.ts'
import { type ActionProcess, type ExitDecision, runProcess } from './runner/process.ts'
import { LEDGER_STATE, LEFTOVERS_STATE } from './runner/saved-states.ts'
import { type Access, isSealedWith } from './settings/access.ts'
import { secretsOf } from './settings/secrets.ts'

/** The runner ends a cancelled job, post steps included, after five minutes. */
const POST_MS = 180_000

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
  for (const { value } of secretsOf(environment, registry)) printer.hide(value)
  await endLeftovers(environment, printer)
  const saved = environment[`STATE_${LEDGER_STATE}`]
  const isClean = saved ? await cleanUpSaved(saved, action, registry) : true
  return () => isClean
}

/** @returns whether nothing is left behind, as far as can be known */
async function cleanUpSaved(
  saved: string,
  action: ActionProcess,
  registry: readonly ProviderDefinition[],
): Promise<boolean> {
  const { printer, runner, cancellation } = action
  const { access, entries, unreadable } = readLedger(saved)
  let strange = unreadable
  let cleanedUp: CleanUpResult
  try {
    const definition = definitionFor(access, registry)
    const known = entries.filter(({ id }) => id === undefined || definition.isId(id))
    strange += entries.length - known.length
    const over = AbortSignal.any([cancellation.over, AbortSignal.timeout(POST_MS)])
    const limited = { ...action, cancellation: { ...cancellation, over } }
    const context = createContext(limited, new Ledger(runner, access, known))
    const provider = await reopen(access, definition, limited, context)
    cleanedUp = await cleanUp(provider, known, context)
  } catch (thrown) {
    cleanedUp = { stoppedIds: [], failures: entries.map((entry) => ({ entry, error: thrown })) }
  }
  if (strange > 0) {
    printer.error(
      `The saved state has ${strange} ${strange === 1 ? 'entry' : 'entries'} that this action did not write, left alone. Look in the dashboard for a server of this run and stop it.`,
      'Saved state',
    )
  }
  report(cleanedUp, printer)
  return cleanedUp.failures.length === 0 && strange === 0
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
  context: RunContext,
): Promise<Provider> {
  const token = definition.apiToken.clean(action.environment['INPUT_API-TOKEN'] ?? '')
  if (!isSealedWith(access, token)) {
    throw new Error(
      'api-token is not the one that the main step had, or the saved state was changed, so no request was sent',
    )
  }
  const saved = { apiUrl: new URL(access.apiUrl), token, own: access.own }
  return await definition.reopen(saved, providerContext(action, context))
}

function report(cleanedUp: CleanUpResult, printer: Printer): void {
  for (const id of cleanedUp.stoppedIds) printer.line(`Stopped ${id}.`)
  for (const { entry, error } of cleanedUp.failures) {
    if (entry.isAuxiliary) {
      const advice = toActionError(error).next ?? 'Remove it by hand.'
      printer.error(
        `Could not remove ${nameOf(entry)}: ${asSentence(describe(error))} ${advice}`,
        'Left behind',
      )
    } else {
      printer.error(
        `Could not stop ${nameOf(entry)}: ${asSentence(describe(error))} Stop it in the dashboard: you pay for it until then.`,
        'Server left behind',
      )
    }
  }
  for (const entry of cleanedUp.unseen ?? []) {
    if (entry.isAuxiliary)
      printer.line(`${entry.tag} was not found, so there is nothing to remove.`)
    else {
      printer.notice(
        `No deployment with the tag ${entry.tag} was found. If one appears later, stop it.`,
      )
    }
  }
}

function nameOf({ id, tag, isAuxiliary }: LedgerEntry): string {
  return id ?? (isAuxiliary ? tag : `what has the tag ${tag}`)
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
