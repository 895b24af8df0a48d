/**
 * A step summary for a terminal: tables become columns, headings are underlined, tags and emphasis
 * go. Not a Markdown parser: it knows what summaries are made of and leaves the rest as it is.
 */
export function markdownToText(markdown: string): string {
  const out: string[] = []
  let table: string[][] = []
  let inFence = false
  const flush = (): void => {
    out.push(...layOut(table))
    table = []
  }
  for (const line of markdown.replace(/<!--[\s\S]*?-->/g, '').split('\n')) {
    if (/^\s*(```|~~~)/.test(line)) {
      flush()
      inFence = !inFence
      continue
    }
    if (inFence) {
      out.push(`    ${line}`)
      continue
    }
    if (/^\s*\|.*\|\s*$/.test(line)) {
      const cells = line
        .trim()
        .slice(1, -1)
        .split(/(?<!\\)\|/)
      if (!cells.every((cell) => /^\s*:?-+:?\s*$/.test(cell)))
        table.push(cells.map((cell) => inline(cell).trim()))
      continue
    }
    flush()
    const heading = /^(#{1,6})\s+(.*)$/.exec(line)
    if (heading === null) {
      out.push(inline(line))
      continue
    }
    const title = inline(heading[2] ?? '').trim()
    out.push(title, (heading[1] === '#' ? '═' : '─').repeat(title.length))
  }
  flush()
  return out
    .join('\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim()
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
