import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'

export interface ActionInput {
  readonly name: string
  readonly default: string | undefined
  readonly deprecationMessage: string | undefined
}

/** What the harness needs to know of an action.yml. */
export interface ActionFile {
  readonly name: string
  readonly folder: string
  readonly using: string
  readonly inputs: readonly ActionInput[]
  readonly outputs: readonly string[]
  readonly entries: { readonly main: string; readonly post: string | undefined }
  readonly postIf: string
}

export const REPOSITORY_ACTION_FILE = fileURLToPath(new URL('../../action.yml', import.meta.url))

type Yaml = Record<string, unknown>

/** @throws Error when the file is no JavaScript action */
export function readAction(actionFile: string = REPOSITORY_ACTION_FILE): ActionFile {
  const root = asRecord(parse(readFileSync(actionFile, 'utf8')))
  const runs = asRecord(root.runs)
  const main = asText(runs.main)
  if (main === undefined) throw new Error(`${actionFile}: runs.main is missing`)
  const folder = dirname(actionFile)
  const post = asText(runs.post)
  return {
    name: asText(root.name) ?? folder,
    folder,
    using: asText(runs.using) ?? '',
    inputs: Object.entries(asRecord(root.inputs)).map(([name, input]) => ({
      name,
      default: asText(asRecord(input).default),
      deprecationMessage: asText(asRecord(input).deprecationMessage),
    })),
    outputs: Object.keys(asRecord(root.outputs)),
    entries: {
      main: join(folder, main),
      post: post === undefined ? undefined : join(folder, post),
    },
    postIf: asText(runs['post-if']) ?? 'always()',
  }
}

const asRecord = (value: unknown): Yaml =>
  typeof value === 'object' && value !== null ? (value as Yaml) : {}

const asText = (value: unknown): string | undefined =>
  value === undefined || value === null ? undefined : String(value)

/** What a workflow gives under `with:`. Undefined means the input is not named there at all. */
export type StepInputs = Readonly<Record<string, string | undefined>>

export interface ResolvedInputs {
  /** Every input with its value, in the order of action.yml, then the unknown ones. */
  readonly values: Readonly<Record<string, string>>
  /** `INPUT_*`. */
  readonly env: Readonly<Record<string, string>>
  /** Warnings that the runner gives before main starts. */
  readonly warnings: readonly string[]
}

/**
 * Merges `with:` and defaults as actions/runner does. An input given as an empty string does not get
 * its default, `required` is not enforced, and unknown inputs are passed on with a warning.
 *
 * @param context values for default expressions, by expression: `{ 'github.token': '…' }`;
 *   an expression that is not in it gives an empty string
 */
export function resolveInputs(
  action: ActionFile,
  inputs: StepInputs,
  context: Readonly<Record<string, string>> = {},
): ResolvedInputs {
  const given = new Map<string, string>()
  for (const [name, value] of Object.entries(inputs)) {
    // The runner compares input names without case.
    if (value !== undefined) given.set(name.toLowerCase(), value)
  }
  const values: Record<string, string> = {}
  const warnings: string[] = []
  for (const input of action.inputs) {
    const own = given.get(input.name.toLowerCase())
    given.delete(input.name.toLowerCase())
    if (own !== undefined && input.deprecationMessage !== undefined) {
      warnings.push(
        `Input '${input.name}' has been deprecated with message: ${input.deprecationMessage}`,
      )
    }
    // An input without a default still exists, as an empty string.
    values[input.name] = own ?? evaluate(input.default ?? '', context)
  }
  if (given.size > 0) {
    const unknown = [...given.keys()].map((name) => `'${name}'`).join(', ')
    const valid = action.inputs.map(({ name }) => `'${name}'`).join(', ')
    warnings.push(`Unexpected input(s) ${unknown}, valid inputs are [${valid}]`)
    for (const [name, value] of given) values[name] = value
  }
  return { values, env: inputEnvironment(values), warnings }
}

/** Inputs as a workflow writes them, in the environment as the runner hands them over. */
export function inputEnvironment(inputs: Readonly<Record<string, string>>): Record<string, string> {
  const variables = Object.entries(inputs).map(([name, value]) => [inputVariable(name), value])
  return { GITHUB_ACTIONS: 'true', ...Object.fromEntries(variables) }
}

/** Spaces become underscores, hyphens stay. */
const inputVariable = (name: string): string => `INPUT_${name.replaceAll(' ', '_').toUpperCase()}`

function evaluate(text: string, context: Readonly<Record<string, string>>): string {
  return text.replace(
    /\$\{\{\s*(.*?)\s*\}\}/g,
    (_, expression: string) => context[expression] ?? '',
  )
}
