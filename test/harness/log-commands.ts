import { trim, trimStart } from './whitespace.ts'

/** One log command (`::error::…` or the old `##[error]…`), unescaped. */
export interface LogCommand {
  /** Lower case: actions/runner compares names without case. */
  readonly name: string
  readonly properties: Readonly<Record<string, string>>
  readonly data: string
  readonly form: 'colons' | 'brackets'
  /** The line it came from, as the process wrote it, unmasked. */
  readonly line: string
}

/** The names that actions/runner registers; anything else is plain text. */
export const REGISTERED_COMMANDS: readonly string[] = [
  'add-mask',
  'add-matcher',
  'add-path',
  'debug',
  'echo',
  'endgroup',
  'error',
  'group',
  'notice',
  'remove-matcher',
  'save-state',
  'set-env',
  'set-output',
  'stop-commands',
  'warning',
]

type Escapes = readonly (readonly [escaped: string, plain: string])[]

// `%25` comes last in each table, as in actions/runner: `%250A` is the text `%0A`, not a newline.
const DATA: Escapes = [
  ['%0D', '\r'],
  ['%0A', '\n'],
  ['%25', '%'],
]
const PROPERTY: Escapes = [
  ['%0D', '\r'],
  ['%0A', '\n'],
  ['%3A', ':'],
  ['%2C', ','],
  ['%25', '%'],
]
const BRACKETS: Escapes = [
  ['%3B', ';'],
  ['%0D', '\r'],
  ['%0A', '\n'],
  ['%5D', ']'],
  ['%25', '%'],
]

const unescapeText = (text: string, escapes: Escapes): string =>
  escapes.reduce((partial, [escaped, plain]) => partial.replaceAll(escaped, plain), text)

/**
 * Reads one line as actions/runner does: first as `::name k=v,k=v::data` at the start of the line,
 * then as `##[name k=v;k=v]data` anywhere in it. Gives undefined for plain text.
 *
 * @param registered names in lower case that count as commands at this moment
 */
export function parseCommand(
  line: string,
  registered: ReadonlySet<string>,
): LogCommand | undefined {
  return parseColons(line, registered) ?? parseBrackets(line, registered)
}

function parseColons(line: string, registered: ReadonlySet<string>): LogCommand | undefined {
  const text = trimStart(line)
  if (!text.startsWith('::')) return undefined
  const end = text.indexOf('::', 2)
  if (end < 0) return undefined
  const head = splitHead(text.slice(2, end), registered)
  if (head === undefined) return undefined
  return {
    name: head.name,
    properties: readProperties(trim(head.rest), ',', PROPERTY),
    data: unescapeText(text.slice(end + 2), DATA),
    form: 'colons',
    line,
  }
}

function parseBrackets(line: string, registered: ReadonlySet<string>): LogCommand | undefined {
  const start = line.indexOf('##[')
  if (start < 0) return undefined
  const end = line.indexOf(']', start)
  if (end < 0) return undefined
  const head = splitHead(line.slice(start + 3, end), registered)
  if (head === undefined) return undefined
  return {
    name: head.name,
    properties: readProperties(head.rest, ';', BRACKETS),
    data: unescapeText(line.slice(end + 1), BRACKETS),
    form: 'brackets',
    line,
  }
}

function splitHead(
  head: string,
  registered: ReadonlySet<string>,
): { name: string; rest: string } | undefined {
  const space = head.indexOf(' ')
  const name = (space < 0 ? head : head.slice(0, space)).toLowerCase()
  if (!registered.has(name)) return undefined
  return { name, rest: space < 0 ? '' : head.slice(space + 1) }
}

/** Property names are kept in lower case, because the runner looks them up without case. */
function readProperties(text: string, separator: string, escapes: Escapes): Record<string, string> {
  const properties: Record<string, string> = {}
  for (const part of text.split(separator)) {
    const equals = part.indexOf('=')
    // `k=` and `=v` are dropped: the runner splits with "remove empty entries".
    if (equals <= 0 || equals === part.length - 1) continue
    properties[part.slice(0, equals).toLowerCase()] = unescapeText(part.slice(equals + 1), escapes)
  }
  return properties
}
