import type { Secret } from '../base/secret.ts'
import { CORE_SECRETS } from './core-inputs.ts'
import { DEFAULTS } from './defaults.ts'
import { type ProviderInputs, type SecretReader, wholeInput } from './provider-inputs.ts'
import { listUnknownInputs } from './unknown-inputs.ts'

type Secretive = Pick<ProviderInputs, 'name' | 'inputs' | 'secretInputs' | 'apiToken'>

/**
 * The values that must be hidden wherever they would appear, taken from the inputs as they are:
 * nothing has been validated yet, and an error about them must not show them either. The secret
 * inputs of every provider count, and a misspelt input counts as the one that was probably meant.
 */
export function secretsOf(
  environment: NodeJS.ProcessEnv,
  registry: readonly Secretive[],
): Secret[] {
  const readers = secretReaders(environment, registry)
  const misspelt = new Map(
    listUnknownInputs(environment, registry).map(({ name, nearest }) => [name, nearest]),
  )
  const secrets = [...readers].flatMap(([input, read]) => {
    const text = environment[`INPUT_${input.toUpperCase()}`] ?? ''
    return text === '' ? [] : read(text, input)
  })
  const more = [...misspelt].flatMap(([input, nearest]) => {
    const text = environment[`INPUT_${input.toUpperCase()}`] ?? ''
    return readers.get(nearest ?? '')?.(text, input) ?? []
  })
  return [...secrets, ...more]
}

/** By the name of each secret input, what reads the values of it. */
export function secretReaders(
  environment: NodeJS.ProcessEnv,
  registry: readonly Secretive[],
): Map<string, SecretReader> {
  const readers = new Map<string, SecretReader>()
  const provider = (environment.INPUT_PROVIDER ?? '').trim().toLowerCase() || DEFAULTS.provider
  const named = registry.filter(({ name }) => name === provider)
  // Where its name is misspelt, any may be meant.
  const cleaners = named.length > 0 ? named : registry
  readers.set('api-token', (text, input) => {
    const values = new Set(cleaners.map((one) => one.apiToken.clean(text)))
    return [...values].map((value) => ({ input, value }))
  })
  for (const { secretInputs } of registry) {
    for (const [input, read] of Object.entries(secretInputs)) readers.set(input, read)
  }
  for (const input of CORE_SECRETS) readers.set(input, wholeInput)
  return readers
}
