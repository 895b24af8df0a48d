import { CORE_INPUTS } from './core-inputs.ts'
import { nearestName } from './nearest.ts'
import type { ProviderInputs } from './provider-inputs.ts'

type Known = Pick<ProviderInputs, 'inputs'>

/** As the runner spells a name that somebody wrote under `with:`; anything else is not meant for us. */
const PLAUSIBLE = /^INPUT_([A-Z][A-Z0-9_-]{0,59})$/

/** An input that was given and is none. */
export interface UnknownInput {
  /** In lower case. */
  readonly name: string
  /** The input that was probably meant. */
  readonly nearest: string | undefined
  /** Its value. */
  readonly text: string
}

/** Every input that action.yml declares. */
export function knownInputs(registry: readonly Known[]): string[] {
  const own = registry.flatMap(({ inputs }) => Object.keys(inputs))
  return [...new Set([...Object.keys(CORE_INPUTS), ...own])]
}

/** Inputs that action.yml does not know: the runner hands them over all the same. */
export function listUnknownInputs(
  environment: NodeJS.ProcessEnv,
  registry: readonly Known[],
): UnknownInput[] {
  const known = knownInputs(registry)
  return Object.entries(environment).flatMap(([variable, text]) => {
    const name = PLAUSIBLE.exec(variable)?.[1]?.toLowerCase()
    if (name === undefined || !text || known.includes(name)) return []
    const nearest = nearestName(name, known)
    // Names with an underscore that resemble none of ours are other programs' variables: INPUT_METHOD_X.
    return nearest === undefined && (name.includes('_') || name === 'method')
      ? []
      : [{ name, nearest, text }]
  })
}

/** A warning for each of them: what it says is not done. */
export function findUnknownInputs(
  environment: NodeJS.ProcessEnv,
  registry: readonly Known[],
): string[] {
  return listUnknownInputs(environment, registry).map(({ name, nearest }) => {
    const question = nearest === undefined ? '' : ` Did you mean ${nearest}?`
    return `${name} is not an input of this action and has no effect.${question}`
  })
}
