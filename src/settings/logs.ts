import { DEFAULTS } from './defaults.ts'
import type { Inputs } from './inputs.ts'
import type { CoreSettings } from './model.ts'
import { readPath } from './paths.ts'

/** What is wanted of the logs of servers. */
export type LogSettings = Pick<CoreSettings, 'logLines' | 'logDir'>

const LINES = { min: 0, max: 1000 }

/**
 * Reads `log-lines` and `log-dir`; what is wrong with them is reported to the inputs' problems.
 *
 * @param environment for the folders that the path may start from
 * @param isUsed whether an input has an effect with this provider
 */
export function readLogSettings(
  inputs: Inputs,
  environment: NodeJS.ProcessEnv,
  isUsed: (input: string) => boolean,
): LogSettings {
  const folder = isUsed('log-dir') ? inputs.text('log-dir') : ''
  return {
    logLines: isUsed('log-lines')
      ? inputs.wholeNumber('log-lines', LINES, Number(DEFAULTS['log-lines']))
      : 0,
    logDir: folder === '' ? undefined : readPath(folder, environment),
  }
}
