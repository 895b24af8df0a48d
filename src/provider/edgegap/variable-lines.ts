export interface VariableLine {
  readonly key: string
  readonly value: string
  /** Where it begins, as users count. */
  readonly line: number
}

/** Lines that are no variable. */
export interface Mistake {
  readonly kind:
    | 'no-variable'
    /** Parts of a value with line breaks, such as a private key. */
    | 'several-lines'
    /** `KEY<<END` without a line `END`. */
    | 'no-end'
  readonly from: number
  readonly to: number
  readonly lines: readonly string[]
  /** The variable that the lines belong to, where that is known. */
  readonly key?: string
  readonly end?: string
}

const KEY = /^[A-Za-z_][A-Za-z0-9_.-]{0,254}$/
const HEREDOC = /^([A-Za-z_][A-Za-z0-9_.-]{0,254})<<([\w.-]{1,64})\s*$/
const PEM_BEGIN = /-----BEGIN [A-Z0-9 ]{1,60}-----/
const PEM_END = /-----END [A-Z0-9 ]{1,60}-----/

/**
 * Reads lines `KEY=VALUE`, `KEY<<END` … `END`, comments and blank lines. Throws nothing: what is no
 * variable is among the mistakes.
 *
 * @param isSecret a key that may be a part of a secret is taken for one
 */
export function scanVariables(
  text: string,
  isSecret: boolean,
): { variables: VariableLine[]; mistakes: Mistake[] } {
  const lines = text.split(/\r\n|\n|\r/)
  const variables: VariableLine[] = []
  const mistakes: Mistake[] = []
  const mistake = (kind: Mistake['kind'], from: number, to: number, more: Partial<Mistake> = {}) =>
    mistakes.push({ kind, from: from + 1, to: to + 1, lines: lines.slice(from, to + 1), ...more })
  for (let at = 0; at < lines.length; at++) {
    const line = (lines[at] ?? '').trimStart()
    if (line === '' || line.startsWith('#')) continue
    const [, heredocKey, end = ''] = HEREDOC.exec(line) ?? []
    if (heredocKey !== undefined) {
      const endsAt = lines.findIndex((one, index) => index > at && one.trim() === end)
      if (endsAt < 0) {
        mistake('no-end', at, at, { key: heredocKey, end, lines: lines.slice(at) })
        break
      }
      const value = lines.slice(at + 1, endsAt).join('\n')
      variables.push({ key: heredocKey, value, line: at + 1 })
      at = endsAt
      continue
    }
    const [, key = '', value = ''] = /([^=]*)=(.*)/s.exec(line) ?? []
    const endsAt = findPemEnd(lines, at) ?? (KEY.test(key) ? findValueEnd(lines, at, value) : -1)
    const previous = mistakes.at(-1)
    if (endsAt > at) {
      mistake('several-lines', at, endsAt, KEY.test(key) ? { key } : {})
      at = endsAt
    } else if (isBase64Rest(line, previous?.to === at) || (isSecret && isBase64UrlRest(line))) {
      joinRest(at)
    } else if (KEY.test(key)) variables.push({ key, value, line: at + 1 })
    else mistake('no-variable', at, at, { lines: [line] })
  }
  return { variables, mistakes }

  /** What follows such a line, or a variable, belongs to it. */
  function joinRest(at: number): void {
    const previous = mistakes.at(-1)
    if (previous?.to === at && previous.kind === 'several-lines') {
      mistakes.pop()
      mistake('several-lines', previous.from - 1, at, previous.key ? { key: previous.key } : {})
      return
    }
    const last = variables.at(-1)
    mistake('several-lines', at, at, last?.line === at ? { key: last.key } : {})
  }
}

/** The last line of a key or certificate that begins in a line; undefined where none does. */
function findPemEnd(lines: readonly string[], from: number): number | undefined {
  const line = lines[from] ?? ''
  if (!PEM_BEGIN.test(line) || PEM_END.test(line)) return undefined
  const endsAt = lines.findIndex((one, index) => index > from && PEM_END.test(one))
  return endsAt < 0 ? undefined : endsAt
}

/**
 * The last line of JSON, or of a text in quotes, that goes on behind its first line; -1 where the value
 * is on one line, as it is whenever the next line is a variable again.
 */
function findValueEnd(lines: readonly string[], from: number, value: string): number {
  const begin = value.trim()
  const close = { '{': '}', '[': ']', '"': '"', "'": "'" }[begin[0] ?? '']
  if (close === undefined || (begin.length > 1 && begin.endsWith(close))) return -1
  if (KEY.test(/\s*([^=]*)=/.exec(lines[from + 1] ?? '')?.[1] ?? '')) return -1
  return lines.findIndex((one, index) => index > from && one.trimEnd().endsWith(close))
}

/**
 * A further line of a text in base64. Its last one ends in `=` and would otherwise pass as a key
 * without a value.
 */
function isBase64Rest(line: string, followsMistake: boolean): boolean {
  const text = line.trimEnd()
  if (/^[A-Za-z0-9+/]+==$/.test(text)) return true
  if (/^[A-Za-z0-9+/]{40,}$/.test(text)) return true
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]{3,}=$/.test(text)) return false
  return followsMistake || text.length >= 40
}

/** The same in the alphabet for URLs, where only a name with a dash and no value could be meant. */
function isBase64UrlRest(line: string): boolean {
  return /^[A-Za-z0-9_]*-[A-Za-z0-9_-]*=$/.test(line.trimEnd())
}
