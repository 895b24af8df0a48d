import { REGISTRY } from '../../src/provider/registry.ts'
import { Inputs } from '../../src/settings/inputs.ts'
import type { DeploySettings } from '../../src/settings/model.ts'
import { BadInputs, Problems } from '../../src/settings/problems.ts'
import { readSettings } from '../../src/settings/settings.ts'
import { inputEnvironment } from '../harness/action.ts'

export type Given = Readonly<Record<string, string>>

/** What one reader makes of these inputs, and the problems that it finds. */
export function readWith<T>(
  given: Given,
  read: (inputs: Inputs, problems: Problems) => T,
): { value: T; problems: string[] } {
  const problems = new Problems()
  const value = read(new Inputs(inputEnvironment(given), problems), problems)
  return { value, problems: problems.list }
}

const ENOUGH: Given = { 'api-token': 'abc-123', application: 'my-game', version: 'v1' }

/** Reads all inputs: these, and the least that every deploy needs. */
export async function readAll(given: Given, environment: NodeJS.ProcessEnv = {}) {
  return await readSettings(
    { ...environment, ...inputEnvironment({ ...ENOUGH, ...given }) },
    REGISTRY,
  )
}

/** @throws Error when the inputs ask for something else than a deploy */
export async function readDeploy(
  given: Given,
  environment: NodeJS.ProcessEnv = {},
): Promise<DeploySettings> {
  const { settings } = await readAll(given, environment)
  if (settings.operation !== 'deploy') throw new Error('not a deploy')
  return settings
}

/** What is wrong with these inputs; nothing where they can be read. */
export async function problemsOf(
  given: Given,
  environment: NodeJS.ProcessEnv = {},
): Promise<readonly string[]> {
  try {
    await readAll(given, environment)
  } catch (thrown) {
    if (thrown instanceof BadInputs) return thrown.problems
    throw thrown
  }
  return []
}
