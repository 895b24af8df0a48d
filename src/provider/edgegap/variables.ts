import type { Inputs } from '../../settings/inputs.ts'
import type { Problems } from '../../settings/problems.ts'

/** An environment variable of the server. */
export interface Variable {
  key: string
  value: string
  secret: boolean
}

const KEY = /^[A-Za-z_][A-Za-z0-9_]{0,254}$/
/** Edgegap: at most 4 KB (OpenAPI v1, `AppVersionEnv`). */
const MAX_VALUE_BYTES = 4096

/**
 * Reads `env` and `secret-env`, or the inputs of another such pair: lines `KEY=VALUE`, each key once
 * in both together.
 */
export function readEnvironment(
  inputs: Inputs,
  problems: Problems,
  [plain, secret]: readonly [string, string] = ['env', 'secret-env'],
): Variable[] {
  const seen = new Set<string>()
  return [
    ...readVariables(plain, false, inputs, problems, seen),
    ...readVariables(secret, true, inputs, problems, seen),
  ]
}

function readVariables(
  input: string,
  secret: boolean,
  inputs: Inputs,
  problems: Problems,
  seen: Set<string>,
): Variable[] {
  const variables: Variable[] = []
  for (const { line, number } of inputs.numberedLines(input)) {
    const [, key = '', value = ''] = /^([^=]*)=(.*)$/s.exec(line) ?? []
    // A line that is not KEY=VALUE may be the rest of a secret with line breaks: it is not shown.
    const place = `line ${number}`
    if (!KEY.test(key)) {
      const shown = secret ? '' : ` ("${line.slice(0, 60)}")`
      problems.add(
        input,
        undefined,
        `${place}${shown} is not KEY=VALUE with a key of A-Z, a-z, 0-9 and _`,
      )
    } else if (seen.has(key)) {
      problems.add(input, undefined, `${place} sets ${key} a second time: give each key once`)
    } else if (Buffer.byteLength(value) > MAX_VALUE_BYTES) {
      problems.add(
        input,
        undefined,
        `the value of ${key} is over ${MAX_VALUE_BYTES} bytes: shorten it`,
      )
    } else {
      seen.add(key)
      variables.push({ key, value, secret })
    }
  }
  return variables
}
