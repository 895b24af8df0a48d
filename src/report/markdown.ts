import { toLine } from '../runner/plain-text.ts'

/**
 * Text as Markdown that shows exactly that text: nothing in it becomes markup, an HTML element, a
 * link, an image, a mention or an issue reference.
 */
export function escapeMarkdown(text: string): string {
  return (
    toLine(text, 500)
      // Blanks at the start would make a block of code.
      .trim()
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
      .replaceAll('"', '&quot;')
      .replace(/[\\`*_{}[\]()#+!|~$:-]/g, (mark) => `&#${mark.charCodeAt(0)};`)
      // A line of them would make a heading of the line before.
      .replace(/^=/, '&#61;')
      // A number at the start would make a list.
      .replace(/^(\d+)\./, '$1&#46;')
      // `@team` notifies people, `#12` and `www.` link by themselves, escaped or not.
      .replace(/@|&#35;(?=\d)|\bGH&#45;(?=\d)|\b(?=www\.)/gi, '$&\u200b')
  )
}

/** Text in a code span that nothing in it can end; nothing where there is nothing to show. */
export function codeSpan(text: string): string {
  const escaped = escapeMarkdown(text)
  return escaped === '' ? '' : `<code>${escaped}</code>`
}

/**
 * Lines as a block of code, behind a fence longer than any run of backticks in them.
 *
 * @param language how the block is coloured: `diff` paints lines that begin with `-` red
 */
export function codeBlock(lines: readonly string[], language: 'text' | 'diff' = 'text'): string {
  let fence = '```'
  for (const line of lines) {
    for (const [run] of line.matchAll(/`+/g)) if (run.length >= fence.length) fence = `${run}\``
  }
  return `${fence}${language}\n${lines.join('\n')}\n${fence}`
}

/** A table; cells are Markdown already. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [row(header), row(header.map(() => ':--')), ...rows.map(row)].join('\n')
}

/**
 * Labels with their values, without a header row, which Markdown's own tables cannot do. Values are
 * Markdown of one line without its markup, such as `codeSpan` and `escapeMarkdown` make.
 */
export function factTable(rows: readonly (readonly [label: string, value: string])[]): string {
  const lines = rows.map(
    ([label, value]) =>
      `<tr><th align="left">${label.replaceAll(' ', '&nbsp;')}</th><td>${value}</td></tr>`,
  )
  return ['<table>', ...lines, '</table>'].join('\n')
}

/** Folded away under a title; both are Markdown already. */
export function folded(title: string, content: string): string {
  return `<details><summary>${title}</summary>\n\n${content}\n\n</details>`
}

/** Paragraphs in a coloured box, as GitHub shows them; other places show a quote. */
export function alertBox(
  kind: 'NOTE' | 'WARNING' | 'CAUTION',
  paragraphs: readonly string[],
): string {
  return [`> [!${kind}]`, paragraphs.map((text) => `> ${text}`).join('\n>\n')].join('\n')
}

/** Whole lines from the beginning, as many as fit into `maxBytes`. */
export function limitBytes(markdown: string, maxBytes: number): string {
  if (Buffer.byteLength(markdown) <= maxBytes) return markdown
  const head = Buffer.from(markdown).subarray(0, maxBytes)
  const lineEnd = Math.max(0, head.lastIndexOf(0x0a))
  return `${head.subarray(0, lineEnd).toString('utf8')}\n\n…\n`
}
