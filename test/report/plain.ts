import { shownBy } from '../../src/report/shown.ts'
import { toLine } from '../../src/runner/plain-text.ts'
import { markdownToText } from '../harness/markdown-text.ts'

/** Texts as a run without secrets shows them. */
export const shown = shownBy((text) => toLine(text))

/** Markdown as a person reads it. */
export function asRead(markdown: string | readonly string[]): string {
  return markdownToText(typeof markdown === 'string' ? markdown : markdown.join('\n\n'))
}
