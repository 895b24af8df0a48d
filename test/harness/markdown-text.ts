import { chartToText } from './chart-text.ts'

const FENCE = /^\s*(`{3,}|~{3,})(\w*)$/
const ROW = /^\s*\|.*\|\s*$/
const HTML_ROW = /^<tr>.*<\/tr>$/
const ALERT = /^> \[!([A-Z]+)\]$/

/**
 * A step summary for a terminal: tables become columns, headings are underlined, charts become bars,
 * tags and emphasis go. Not a Markdown parser: it knows what summaries are made of and leaves the rest
 * as it is.
 */
export function markdownToText(markdown: string): string {
  const out: string[] = []
  let table: string[][] = []
  let fence: { mark: string; language: string; lines: string[] } | undefined
  for (const line of markdown.replace(/<!--[\s\S]*?-->/g, '').split('\n')) {
    const [, mark = '', language = ''] = FENCE.exec(line) ?? []
    if (fence) {
      if (mark === fence.mark && language === '') {
        out.push(...blockToText(fence.language, fence.lines))
        fence = undefined
      } else fence.lines.push(line)
      continue
    }
    const cells = cellsOf(line)
    if (cells) {
      table.push(cells.map((cell) => inline(cell).trim()))
      continue
    }
    // Its first and last tag, and the row of lines below a header.
    if (/^<\/?table>$/.test(line) || isRule(line)) continue
    out.push(...layOut(table))
    table = []
    if (mark !== '') fence = { mark, language, lines: [] }
    else out.push(...lineToText(line))
  }
  return [...out, ...layOut(table)]
    .join('\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim()
}

function cellsOf(line: string): string[] | undefined {
  if (HTML_ROW.test(line)) {
    return [...line.matchAll(/<t[hd][^>]*>(.*?)<\/t[hd]>/g)].map(([, cell = '']) => cell)
  }
  if (!ROW.test(line) || isRule(line)) return undefined
  return line
    .trim()
    .slice(1, -1)
    .split(/(?<!\\)\|/)
}

function isRule(line: string): boolean {
  return ROW.test(line) && /^[\s|:-]+$/.test(line)
}

function blockToText(language: string, lines: readonly string[]): string[] {
  const shown = language === 'mermaid' ? chartToText(lines) : lines
  return shown.map((line) => `    ${line}`)
}

function lineToText(line: string): string[] {
  const [, kind] = ALERT.exec(line) ?? []
  if (kind !== undefined) return [`│ ${kind}`]
  if (line.startsWith('>')) return [`│ ${inline(line.slice(1).trim())}`]
  const heading = /^(#{1,6})\s+(.*)$/.exec(line)
  if (heading === null) return [inline(line)]
  const title = inline(heading[2] ?? '').trim()
  return [title, (heading[1] === '#' ? '═' : '─').repeat(title.length)]
}

function inline(text: string): string {
  return text
    .replace(/!?\[([^\]]*)\]\(([^)\s]*)[^)]*\)/g, (_, label: string, url: string) =>
      label === url || label === '' ? url : `${label} <${url}>`,
    )
    .replace(/<summary>/gi, '▸ ')
    .replace(/<br\s*\/?>/gi, ' / ')
    .replace(/<\/?(?!https?:)[a-z][^>]*>/gi, '')
    .replace(/(\*\*|__)(.+?)\1/g, '$2')
    .replace(/`([^`]+)`/g, '$1')
    .replace(/\\([\\`*_{}[\]<>()#+.!|~-])/g, '$1')
    .replace(/&nbsp;/g, ' ')
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&quot;/g, '"')
    .replace(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)))
    .replace(/&amp;/g, '&')
}

function layOut(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = []
  for (const row of rows) {
    row.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, cell.length)
    })
  }
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('   ')
      .trimEnd(),
  )
}
