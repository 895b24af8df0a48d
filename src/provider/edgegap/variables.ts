import type { Secret } from '../../base/secret.ts'
import type { Inputs } from '../../settings/inputs.ts'
import type { Problems } from '../../settings/problems.ts'
import { type Mistake, scanVariables } from './variable-lines.ts'

/** An environment variable of the server. */
export interface Variable {
  readonly key: string
  readonly value: string
  readonly secret: boolean
}

/** Edgegap: at most 4 KB (OpenAPI v1, `AppVersionEnv`). */
const MAX_VALUE_BYTES = 4096
const SEVERAL_LINES = 'write KEY<<END, then the lines of the value, then END alone on a line'

/** Reads `env` and `secret-env`. */
export function readEnvironment(inputs: Inputs, problems: Problems): Variable[] {
  return readVariables(inputs, problems, { open: 'env', secret: 'secret-env' })
}

/**
 * Reads a pair of inputs with environment variables, lines `KEY=VALUE` or `KEY<<END` … `END`, each
 * key once in both together. Of the secret one only keys are ever shown.
 */
export function readVariables(
  inputs: Inputs,
  problems: Problems,
  names: { readonly open: string; readonly secret: string },
): Variable[] {
  const seen = new Set<string>()
  const read = (input: string, secret: boolean): Variable[] => {
    const { variables, mistakes } = scanVariables(inputs.raw(input), secret)
    const found: { line: number; text: string }[] = mistakes.map((mistake) => {
      return { line: mistake.from, text: explain(mistake, secret) }
    })
    const taken = variables.flatMap(({ key, value, line }) => {
      const text = problemWith(key, value, line, seen)
      if (text !== undefined) {
        found.push({ line, text })
        return []
      }
      seen.add(key)
      if (isQuoted(value)) problems.warn(quotesWarning(input, key))
      if (holdsVariable(value)) problems.warn(oneLineWarning(input, key))
      if (secret && value.trim() === '') problems.warn(emptyWarning(input, key))
      return [{ key, value, secret }]
    })
    found.sort((a, b) => a.line - b.line)
    for (const { text } of found) problems.add(input, undefined, text)
    return taken
  }
  return [...read(names.open, false), ...read(names.secret, true)]
}

/**
 * The values of an input with secret variables that must be hidden, however wrongly it is written:
 * a line that is no variable counts as a secret as a whole.
 */
export function secretVariables(text: string, input: string): Secret[] {
  const { variables, mistakes } = scanVariables(text, true)
  const secrets = [
    ...variables.flatMap(({ key, value }) => {
      const values = isQuoted(value) ? [value, value.trimEnd().slice(1, -1)] : [value]
      return values.map((one) => ({ input: `${input} ${key}`, value: one }))
    }),
    ...mistakes.flatMap(({ lines }) =>
      lines.flatMap((line) => [line, afterDivider(line)]).map((value) => ({ input, value })),
    ),
  ]
  return secrets.map((secret) => ({ ...secret, mayBePublic: true }))
}

function problemWith(
  key: string,
  value: string,
  line: number,
  seen: ReadonlySet<string>,
): string | undefined {
  if (seen.has(key)) return `line ${line} sets ${key} a second time: give each key once`
  if (Buffer.byteLength(value) <= MAX_VALUE_BYTES) return undefined
  return `the value of ${key} is over ${MAX_VALUE_BYTES} bytes: shorten it`
}

/** Says what is wrong and how it is written, and shows nothing of a secret. */
function explain(mistake: Mistake, secret: boolean): string {
  const { from, to, key } = mistake
  const place = to > from ? `lines ${from} to ${to}` : `line ${from}`
  switch (mistake.kind) {
    case 'several-lines': {
      const whose =
        key === undefined ? 'a value of several lines' : `the rest of the value of ${key}`
      const form = key === undefined ? SEVERAL_LINES : SEVERAL_LINES.replace('KEY', key)
      return to > from ? `${place} are ${whose}: ${form}` : `${place} is ${whose}: ${form}`
    }
    case 'no-end':
      // A secret may hold `<<` itself: then key and end word are parts of it.
      if (secret) return `${place} begins a value with << that no line ends: ${SEVERAL_LINES}`
      return `${place} begins the value of ${key}, and no line ${mistake.end} ends it: ${SEVERAL_LINES}`
    case 'no-variable':
      return explainLine(mistake.lines[0] ?? '', place, secret)
  }
}

function explainLine(line: string, place: string, secret: boolean): string {
  const shown = secret ? '' : ` ("${line.slice(0, 60)}")`
  const form = `${place}${shown} is not KEY=VALUE with a key of A-Z, a-z, 0-9, _, . and -`
  const [, key, divider, value = ''] =
    /^(?:export\s+|-\s+)?([A-Za-z_][\w.-]*)(\s*=\s?|\s*:\s+)(.*)$/.exec(line) ?? []
  const why = divider?.includes(':') ? ', with = in place of the colon' : ''
  // Of a secret not even what looks like a key: it may be the middle of the value.
  if (secret) {
    return why === ''
      ? `${form}; for a value of several lines ${SEVERAL_LINES}`
      : `${form}; did you mean KEY=VALUE${why}?`
  }
  return key === undefined ? form : `${form}; did you mean ${key}=${value.slice(0, 60)}${why}?`
}

/** YAML and shells take quotes away; here everything behind the = is the value. */
function isQuoted(value: string): boolean {
  return /^(["']).*\1$/s.test(value.trimEnd())
}

/** `A=1 B=2`, or with a comma or semicolon between: names of variables are mostly in capitals. */
function holdsVariable(value: string): boolean {
  return /[\s,;][A-Z_][A-Z0-9_]{0,254}=/.test(value) && !value.includes('\n')
}

function oneLineWarning(input: string, key: string): string {
  return `${input}: what looks like another variable is part of the value of ${key}. Write one variable per line.`
}

function emptyWarning(input: string, key: string): string {
  return `${input}: the value of ${key} is empty. A secret that does not exist, or that this run may not have, is empty in a workflow.`
}

function quotesWarning(input: string, key: string): string {
  return `${input}: the value of ${key} is sent with the quotes around it. Leave them out unless the server needs them.`
}

function afterDivider(line: string): string {
  return line.slice(line.search(/[=:]/) + 1).trim()
}
