import { describe } from './base/errors.ts'
import type { ProviderDefinition } from './provider/definition.ts'
import { REGISTRY } from './provider/registry.ts'
import { forgetMainStep, noteMainStep } from './runner/main-step.ts'
import { type ActionProcess, type ExitDecision, runProcess } from './runner/process.ts'
import { canHide } from './runner/redactor.ts'
import { BadInputs } from './settings/problems.ts'
import { secretsOf } from './settings/secrets.ts'
import { readSettings } from './settings/settings.ts'

/** The main entry. */
export async function main(): Promise<void> {
  await runProcess('is cancelled', (action) => runMain(action, REGISTRY))
}

/** Inputs first, and nothing heavy is loaded before they are known to be right. */
export async function runMain(
  action: ActionProcess,
  registry: readonly ProviderDefinition[],
): Promise<ExitDecision> {
  const { printer, environment, runner } = action
  // Before anything is read: an error about an input must not show a secret either.
  const secrets = secretsOf(environment, registry)
  for (const { value, ...origin } of secrets) printer.hide(value, origin)
  try {
    const { settings, definition, warnings } = await readSettings(environment, registry)
    for (const warning of warnings) printer.warning(warning)
    const shown = secrets.filter(({ value }) => value !== '' && !canHide(value))
    for (const input of new Set(shown.map((secret) => secret.input))) {
      printer.warning(
        `A value in ${input} is not masked in the log: it has fewer than four characters, or is a common word such as true.`,
      )
    }
    const { perform } = await import('./run/perform.ts')
    const providerOutputs = registry.flatMap(({ outputs }) => outputs)
    noteMainStep(runner)
    const exitDecision = await perform({ settings, definition, providerOutputs }, action)
    return () => {
      const isGood = exitDecision()
      forgetMainStep(runner)
      return isGood
    }
  } catch (thrown) {
    if (!(thrown instanceof BadInputs)) throw thrown
    for (const warning of thrown.warnings) printer.warning(warning)
    for (const problem of thrown.problems) printer.error(problem, 'Input')
    await summarize(thrown.problems, action)
    return () => false
  }
}

/** The problems in the job summary too; a secondary failure that only warns. */
async function summarize(problems: readonly string[], action: ActionProcess): Promise<void> {
  const { printer, runner, environment } = action
  // What else this input may be is one of the problems.
  if (/^\s*false\s*$/i.test(environment.INPUT_SUMMARY ?? '')) return
  try {
    const { buildProblemsSummary } = await import('./report/problems-summary.ts')
    await runner.appendSummary(buildProblemsSummary(problems, (text) => printer.clean(text)))
  } catch (thrown) {
    printer.warning(`The job summary could not be written: ${describe(thrown)}`)
  }
}
