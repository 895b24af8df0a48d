import type { Inputs } from '../../settings/inputs.ts'
import type { Problems } from '../../settings/problems.ts'

/** An environment variable of the server. */
export interface Variable {
  key: string
  value: string
  secret: boolean
}

/** .NET separates the parts of a setting by dots or colons; dashes are in use as well. */
const KEY = /^[A-Za-z_][A-Za-z0-9_.-]{0,254}$/
/** Edgegap: at most 4 KB (OpenAPI v1, `AppVersionEnv`). */
const MAX_VALUE_BYTES = 4096
const HEREDOC = /^([^=<]*)<<\s*([A-Za-z_][A-Za-z0-9_]*)\s*$/
const FORM =
  'write KEY=VALUE, or for several lines KEY<<END, the lines, and END on a line of its own'

/** Where variables come from: an input, and whether its values are secret. */
interface Source {
  input: string
  secret: boolean
}

/** Reads `env` and `secret-env`, or another such pair of inputs: each key once in both together. */
export function readEnvironment(
  inputs: Inputs,
  problems: Problems,
  [plain, secret]: readonly [string, string] = ['env', 'secret-env'],
): Variable[] {
  return readVariables(inputs, problems, [
    { input: plain, secret: false },
    { input: secret, secret: true },
  ])
}

/** Reads inputs of lines `KEY=VALUE` and blocks `KEY<<END` … `END`; each key once in all of them. */
function readVariables(inputs: Inputs, problems: Problems, sources: readonly Source[]): Variable[] {
  const seen = new Set<string>()
  return sources.flatMap((source) => {
    const variables: Variable[] = []
    for (const entry of readEntries(inputs.raw(source.input))) {
      const problem = check(entry, source, seen)
      if (problem !== undefined) problems.add(source.input, undefined, problem)
      // One problem of this kind is enough: what follows is the rest of a value of several lines.
      if (problem?.endsWith(FORM)) break
      if (problem !== undefined || entry.key === undefined) continue
      seen.add(entry.key)
      variables.push({ key: entry.key, value: entry.value, secret: source.secret })
    }
    return variables
  })
}

/** Quotes around a value are a part of it, which is seldom meant. */
export function findQuoted(variables: readonly Variable[]): string[] {
  return variables
    .filter(({ value }) => /^(["']).*\1$/s.test(value) && value.length > 1)
    .map(({ key }) => `The value of ${key} is sent with the quotes around it.`)
}

/** Values of secret variables, whatever else is wrong with the lines: for masking only. */
export function secretValues(text: string): string[] {
  return readEntries(text).flatMap(({ value, line }) => [value, line])
}

interface Entry {
  /** Undefined where the line is neither form. */
  key: string | undefined
  value: string
  /** The line itself. */
  line: string
  number: number
  /** The end word that never came. */
  missing?: string
}

function readEntries(text: string): Entry[] {
  const lines = text.split(/\r\n|\n|\r/)
  const entries: Entry[] = []
  for (let index = 0; index < lines.length; index++) {
    const line = (lines[index] ?? '').trimStart()
    if (line.trim() === '' || line.startsWith('#')) continue
    const number = index + 1
    const [, heredocKey, endWord] = HEREDOC.exec(line) ?? []
    if (heredocKey === undefined || endWord === undefined) {
      const [, key, value = ''] = /^([^=]*)=(.*)$/s.exec(line) ?? []
      entries.push({ key, value, line, number })
      continue
    }
    const end = lines.findIndex((one, at) => at > index && one.trim() === endWord)
    const value = lines.slice(number, end < 0 ? lines.length : end).join('\n')
    const missing = end < 0 ? { missing: endWord } : {}
    entries.push({ key: heredocKey.trim(), value, line, number, ...missing })
    index = end < 0 ? lines.length : end
  }
  return entries
}

/** What is wrong with an entry. Lines of a secret are never shown. */
function check(entry: Entry, { secret }: Source, seen: ReadonlySet<string>): string | undefined {
  const { key, value, line, number, missing } = entry
  const place = `line ${number}`
  const shown = secret ? '' : ` ("${line.slice(0, 60)}")`
  if (missing !== undefined) {
    // A secret may hold `<<` itself: then what seems to be the end word is a part of it.
    return secret
      ? `${place} has a << whose end word stands on no line of its own: ${FORM}`
      : `${place} begins a value with <<${missing} that has no line ${missing}`
  }
  if (key === undefined || !KEY.test(key)) {
    const [, yamlKey] = /^([A-Za-z_][\w.-]*):\s/.exec(line) ?? []
    if (yamlKey !== undefined && !secret) {
      return `${place}${shown} is not KEY=VALUE: write ${yamlKey}=${line
        .slice(yamlKey.length + 1)
        .trim()
        .slice(0, 60)}`
    }
    const form = 'is not KEY=VALUE with a key of A-Z, a-z, 0-9, _, . and -'
    return `${place}${shown} ${form}: ${FORM}`
  }
  if (isRestOfValue(key, value, secret))
    return `${place}${shown} looks like a part of a longer value: ${FORM}`
  if (seen.has(key)) return `${place} sets ${key} a second time: give each key once`
  if (Buffer.byteLength(value) > MAX_VALUE_BYTES) {
    return `the value of ${key} is over ${MAX_VALUE_BYTES} bytes: shorten it`
  }
  return undefined
}

/**
 * The last line of base64 text ends in `=` and would pass as a key without value. A secret without a
 * value may come from a pull request of a fork, but then its key looks like one.
 */
function isRestOfValue(key: string, value: string, secret: boolean): boolean {
  if (!/^=?$/.test(value)) return false
  return secret ? !/^[A-Z][A-Z0-9_.]*$/.test(key) || value === '=' : /^[A-Za-z0-9]{40,}$/.test(key)
}
