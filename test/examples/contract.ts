import { readActionFile, readActionMetadata } from '../../scripts/action-metadata.ts'
import type { OwnStep, Workflow } from './documents.ts'
import { jobsOf } from './documents.ts'

/**
 * Inputs and outputs that the pages describe, whether or not action.yml has them already: an example
 * that uses one which it lacks is checked against this list, and executed as soon as it is there.
 */
const INPUTS = [
  'image',
  'version-from',
  'version-policy',
  'registry-username',
  'registry-password',
  'cpu',
  'memory',
  'ports',
  'max-duration',
  'version-env',
  'version-secret-env',
  'version-config',
  'keep-versions',
  'promote',
  'group',
  'replace',
  'scope',
  'settle-time',
  'probe',
  'probe-timeout',
  'log-dir',
  'dry-run',
  'github-token',
  'environment',
  'environment-url',
  'comment',
]
const OUTPUTS = ['image', 'previous-image', 'promoted', 'log-files']

const action = readActionMetadata(readActionFile())
const namesOf = (list: readonly { name: string }[]) => list.map(({ name }) => name)
const [inputs, outputs] = [namesOf(action.inputs), namesOf(action.outputs)]

/** action.yml with every input and output of the list. */
export function wholeActionFile(): string {
  const declare = (names: readonly string[], known: readonly string[]) =>
    names
      .filter((name) => !known.includes(name))
      .map((name) => `  ${name}:\n    description: To come.\n`)
      .join('')
  return readActionFile()
    .replace(/^inputs:\n/m, (line) => line + declare(INPUTS, inputs))
    .replace(/^outputs:\n/m, (line) => line + declare(OUTPUTS, outputs))
}

/** What a workflow uses and action.yml does not have yet. */
export function missingFor(workflow: Workflow): string[] {
  const steps = jobsOf(workflow).flatMap((job) => job.steps)
  const used = steps.flatMap(missingInputs)
  const read = [...workflow.text.matchAll(/\bsteps\.[\w-]+\.outputs\.([\w-]+)/g)]
    .map(([, name = '']) => name)
    .filter((name) => OUTPUTS.includes(name) && !outputs.includes(name))
  return [...new Set([...used, ...read])]
}

/** The same of a script that gives inputs as variables of the environment. */
export function missingInputsIn(script: string): string[] {
  const names = [...script.matchAll(/\bINPUT_([A-Z-]+)=/g)].map(([, name = '']) => name)
  return [...new Set(names.map((name) => name.toLowerCase()))].filter(
    (name) => !inputs.includes(name),
  )
}

function missingInputs({ inputs: given }: OwnStep): string[] {
  const names = Object.keys(given).filter((name) => !inputs.includes(name))
  const operation = action.inputs.find(({ name }) => name === 'operation')?.description ?? ''
  const isOperationMissing =
    given.operation !== undefined && !operation.includes(`\`${given.operation}\``)
  return isOperationMissing ? [...names, `operation: ${given.operation}`] : names
}
