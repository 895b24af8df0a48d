import { trim } from './whitespace.ts'

/**
 * The secrets of a job, hidden as actions/runner hides them: every occurrence of a value or of one of
 * its derived forms becomes `***`, overlapping and touching ones together become one.
 */
export class Masks {
  readonly #values = new Set<string>()
  readonly #forms = new Set<string>()

  constructor(values: Iterable<string> = []) {
    for (const value of values) this.addSecret(value)
  }

  /** The values as registered, without derived forms. */
  get values(): string[] {
    return [...this.#values]
  }

  /** Registers one value and its derived forms. There is no minimum length. */
  add(value: string): void {
    if (value === '' || this.#values.has(value)) return
    this.#values.add(value)
    for (const form of [value, ...derivedForms(value)]) if (form !== '') this.#forms.add(form)
  }

  /** Registers a value as `add-mask` does: the whole, and each trimmed line that is not empty. */
  addSecret(value: string): void {
    this.add(value)
    for (const line of value.split(/[\r\n]/)) this.add(trim(line))
  }

  contains(text: string): boolean {
    for (const form of this.#forms) if (text.includes(form)) return true
    return false
  }

  mask(text: string): string {
    const ranges: { start: number; end: number }[] = []
    for (const form of this.#forms) {
      for (let at = text.indexOf(form); at >= 0; at = text.indexOf(form, at + 1)) {
        ranges.push({ start: at, end: at + form.length })
      }
    }
    ranges.sort((a, b) => a.start - b.start)
    let masked = ''
    let doneTo = 0
    let hiddenTo = -1
    for (const { start, end } of ranges) {
      if (start > hiddenTo) {
        masked += `${text.slice(doneTo, start)}***`
        hiddenTo = end
      } else {
        hiddenTo = Math.max(hiddenTo, end)
      }
      doneTo = hiddenTo
    }
    return masked + text.slice(doneTo)
  }
}

/**
 * The forms that actions/runner hides beside the value itself. Hex, base64url, hashes and split
 * values are not among them: an action has to register those itself.
 */
export function derivedForms(value: string): string[] {
  const bytes = Buffer.from(value)
  const json = JSON.stringify(value).slice(1, -1)
  return [
    // A secret inside a longer base64 text may start at any of three alignments.
    ...[0, 1, 2].map((skip) => bytes.subarray(bytes.length > skip ? skip : 0).toString('base64')),
    value.replaceAll('"', '\\"'),
    value.replaceAll("'", "''"),
    json,
    uriEscape(value),
    xmlEscape(value),
    value.length > 8 && value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : '',
    ...powerShellSplits(value),
  ]
}

/** .NET escapes all but RFC 3986's unreserved characters, so five more than JavaScript does. */
function uriEscape(value: string): string {
  return encodeURIComponent(value.toWellFormed()).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

const XML: Readonly<Record<string, string>> = {
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
  '&': '&amp;',
}

function xmlEscape(value: string): string {
  return value.replace(/[<>"'&]/g, (char) => XML[char] ?? char)
}

/** PowerShell colours the character after `&` in its errors, which cuts a secret in two. */
function powerShellSplits(value: string): string[] {
  if (!value.includes('&')) return []
  const plus = value.indexOf('&+')
  const cut = plus >= 0 ? plus + 2 : value.lastIndexOf('&') + 1
  return [value.slice(0, cut), value.slice(cut + 1)].filter((part) => part.length >= 6)
}
