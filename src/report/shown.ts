import { asSentence } from '../base/sentence.ts'
import { codeSpan, escapeMarkdown } from './markdown.ts'

/** How outside texts get into the summary: cleaned of secrets, and inert. */
export interface Shown {
  /** Redacts and cleans one line. */
  clean(text: string): string
  /** As words. */
  words(text: string): string
  /** As words that end with a full stop. */
  sentence(text: string): string
  /** As code; empty where there is nothing to show. */
  code(text: string): string
}

/** @param clean redacts and cleans one line */
export function shownBy(clean: (text: string) => string): Shown {
  return {
    clean,
    words: (text) => escapeMarkdown(clean(text)),
    sentence: (text) => escapeMarkdown(asSentence(clean(text).trim())),
    code: (text) => codeSpan(clean(text)),
  }
}

/** `1 server`, `3 servers`. */
export function countOf(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

/** `is` of one, `are` of more. */
export function isOrAre(count: number): string {
  return count === 1 ? 'is' : 'are'
}

/** `a`, `a and b`, `a, b and c`. */
export function enumerate(items: readonly string[]): string {
  const last = items.at(-1) ?? ''
  return items.length < 2 ? last : `${items.slice(0, -1).join(', ')} and ${last}`
}
