import type { Masks } from './masks.ts'

/** Over this size actions/runner uploads no summary at all. */
export const SUMMARY_LIMIT_BYTES = 1024 * 1024

export interface ParsedPairs {
  /** In file order. The runner applies pairs one by one, so those before an error still count. */
  readonly pairs: readonly (readonly [name: string, value: string])[]
  /** Set when the file breaks a rule; the step fails. */
  readonly error?: string
}

/** Reads GITHUB_OUTPUT, GITHUB_STATE or GITHUB_ENV as actions/runner does on Linux. */
export function parsePairs(file: string): ParsedPairs {
  const pairs: [string, string][] = []
  const lines = new FileLines(file.replace(/^\ufeff/, ''))
  for (let line = lines.next(); line !== undefined; line = lines.next()) {
    if (line.text === '') continue
    const equals = line.text.indexOf('=')
    const heredoc = line.text.indexOf('<<')
    if (equals >= 0 && (heredoc < 0 || equals < heredoc)) {
      const name = line.text.slice(0, equals)
      if (name === '') return { pairs, error: `Invalid format '${line.text}'. Name is empty` }
      pairs.push([name, line.text.slice(equals + 1)])
      continue
    }
    if (heredoc < 0) return { pairs, error: `Invalid format '${line.text}'` }
    const name = line.text.slice(0, heredoc)
    const delimiter = line.text.slice(heredoc + 2)
    if (name === '' || delimiter === '') {
      return { pairs, error: `Invalid format '${line.text}'. Name or delimiter is empty` }
    }
    const value = readHeredoc(lines, delimiter)
    if (typeof value !== 'string') return { pairs, error: value.error }
    pairs.push([name, value])
  }
  return { pairs }
}

function readHeredoc(lines: FileLines, delimiter: string): string | { error: string } {
  const value: string[] = []
  for (;;) {
    const line = lines.next()
    if (line === undefined) {
      return { error: `Invalid value. Matching delimiter not found '${delimiter}'` }
    }
    // Exactly equal: a trailing CR or space makes it an ordinary line.
    if (line.text === delimiter) return value.join('\n')
    if (!line.ended) return { error: 'Invalid value. EOF marker missing new line.' }
    value.push(line.text)
  }
}

class FileLines {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  next(): { text: string; ended: boolean } | undefined {
    if (this.#at >= this.#text.length) return undefined
    const start = this.#at
    const feed = this.#text.indexOf('\n', start)
    this.#at = feed < 0 ? this.#text.length : feed + 1
    return { text: this.#text.slice(start, feed < 0 ? undefined : feed), ended: feed >= 0 }
  }
}

/** Reads GITHUB_PATH: one folder per line; a folder named again moves to the front of PATH. */
export function parsePath(file: string): string[] {
  const folders: string[] = []
  for (const line of fileLines(file)) {
    if (line === '') continue
    const known = folders.indexOf(line)
    if (known >= 0) folders.splice(known, 1)
    folders.push(line)
  }
  // The last folder added is searched first.
  return folders.reverse()
}

export interface Summary {
  /** As uploaded: masked line by line, empty when nothing is uploaded. */
  readonly text: string
  readonly sizeBytes: number
  /** Set when the file is too big; the step's result stays as it is. */
  readonly error?: string
}

export function readSummary(file: Buffer, masks: Masks): Summary {
  const sizeBytes = file.byteLength
  if (sizeBytes > SUMMARY_LIMIT_BYTES) {
    const error =
      `$GITHUB_STEP_SUMMARY upload aborted, supports content up to a size of ` +
      `${SUMMARY_LIMIT_BYTES / 1024}k, got ${Math.floor(sizeBytes / 1024)}k.`
    return { text: '', sizeBytes, error }
  }
  const lines = fileLines(file.toString('utf8'))
  return { text: lines.map((line) => `${masks.mask(line)}\n`).join(''), sizeBytes }
}

/** The lines as .NET's line reader gives them: no empty last one for a final line end. */
function fileLines(text: string): string[] {
  const lines = text.replace(/^\ufeff/, '').split(/\r\n|\r|\n/)
  if (lines.at(-1) === '') lines.pop()
  return lines
}
