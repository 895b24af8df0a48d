import type { Inputs } from './inputs.ts'
import type { ProviderInputs } from './provider-inputs.ts'
import { secretReaders } from './secrets.ts'
import { knownInputs } from './unknown-inputs.ts'

/**
 * What comes along unseen with a copied text: soft hyphen, blanks of no width, marks of direction. Those that
 * join letters, as in Persian words and some emoji, are meant.
 */
const INVISIBLE = /[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]/

/**
 * A warning for each input with a character that nobody sees: the names of two applications, or of two
 * groups, may look the same and be different. Secrets are left out, of which nothing is told.
 */
export function findInvisible(
  inputs: Inputs,
  environment: NodeJS.ProcessEnv,
  registry: readonly ProviderInputs[],
): string[] {
  const secret = secretReaders(environment, registry)
  return knownInputs(registry).flatMap((name) => {
    const found = secret.has(name) ? undefined : INVISIBLE.exec(inputs.text(name))?.[0]
    if (found === undefined) return []
    const code = found.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')
    return [`${name} holds an invisible character (U+${code}), perhaps from copying.`]
  })
}
