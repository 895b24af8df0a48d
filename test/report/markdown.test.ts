import { describe, expect, it } from 'vitest'
import {
  codeBlock,
  codeSpan,
  escapeMarkdown,
  factTable,
  limitBytes,
  table,
} from '../../src/report/markdown.ts'
import { toLine } from '../../src/runner/plain-text.ts'
import { hostileTexts, mixtures } from './hostile-texts.ts'

const texts = [...hostileTexts, ...mixtures(500)]

/** What a reader of HTML sees. */
function decode(html: string): string {
  const named: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"' }
  return html
    .replace(/&(?:#(\d+)|(\w+));/g, (whole, code?: string, name?: string) =>
      code ? String.fromCharCode(Number(code)) : (named[name ?? ''] ?? whole),
    )
    .replaceAll('\u200b', '')
}

describe('escaped text', () => {
  it('shows exactly the text', () => {
    for (const text of texts) {
      const shown = toLine(text, 500).trim().replaceAll('\u200b', '')
      expect(decode(escapeMarkdown(text))).toBe(shown)
    }
  })

  it('has no character left that begins markup', () => {
    for (const text of texts) {
      const escaped = escapeMarkdown(text)
      const bare = escaped.replace(/&(?:#\d+|amp|lt|gt|quot);/g, '')
      expect(bare).not.toMatch(/[&<>"`|\\*_[\](){}#!~$:+-]/)
      expect(escaped).not.toMatch(/[\r\n]/)
      expect(escaped).not.toMatch(/^\s|\s$/)
      expect(escaped).not.toMatch(/^\d+[.)]/)
    }
  })

  it('mentions nobody and links to nothing, not even once its entities are decoded', () => {
    for (const text of texts) {
      const shown = escapeMarkdown(text)
        .replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)))
        .replace(/&amp;|&lt;|&gt;|&quot;/g, ' ')
      expect(shown).not.toMatch(/@[a-z0-9]/i)
      expect(shown).not.toMatch(/#\d/)
      expect(shown).not.toMatch(/\bGH-\d/i)
      expect(shown).not.toMatch(/(^|[^\u200b])\bwww\./i)
    }
  })

  it('of equals signs makes no heading of the line before it', () => {
    expect(escapeMarkdown('=== a = b')).toBe('&#61;== a = b')
  })

  it('is short', () => {
    expect(decode(escapeMarkdown('<'.repeat(10_000))).length).toBeLessThan(530)
  })
})

describe('a code span', () => {
  it('is one element whose content is escaped', () => {
    for (const text of texts) {
      const span = codeSpan(text)
      if (span === '') expect(toLine(text).trim()).toBe('')
      else {
        expect(span).toMatch(/^<code>[^<>]+<\/code>$/)
        expect(span).not.toMatch(/[`|\n]/)
      }
    }
  })
})

describe('a code block', () => {
  it('cannot be ended by its lines', () => {
    for (const lines of [
      ['a', '```', '# out'],
      ['`````` six', '~~~'],
      ['```text'],
      ['   ````````'],
      [],
      ...texts.map((text) => [toLine(text)]),
    ]) {
      const block = codeBlock(lines).split('\n')
      const fence = /^(`{3,})text$/.exec(block[0] ?? '')?.[1] ?? ''
      expect(fence).not.toBe('')
      expect(block.at(-1)).toBe(fence)
      for (const line of block.slice(1, -1)) expect(line).not.toContain(fence)
    }
  })

  it('takes the longest log, even one of nothing but backticks', () => {
    const lines = Array.from({ length: 1_000 }, () => '` '.repeat(1_000))
    expect(codeBlock(lines).startsWith('```text\n')).toBe(true)
    const one = codeBlock(['`'.repeat(2_000)])
    expect(one.startsWith(`${'`'.repeat(2_001)}text`)).toBe(true)
  })
})

describe('a table', () => {
  it('has as many cells in every row, whatever is in them', () => {
    const rows = texts.map((text) => [codeSpan(text), escapeMarkdown(text), ''])
    const lines = table(['A', 'B', 'C'], rows).split('\n')
    expect(lines).toHaveLength(texts.length + 2)
    for (const line of lines) expect(line.match(/\|/g)).toHaveLength(4)
    expect(lines[1]).toBe('| :-- | :-- | :-- |')
  })
})

describe('a table of facts', () => {
  it('has one row for each, whatever is in them, and no blank line that would end it', () => {
    const rows = texts.map((text) => [escapeMarkdown(text), codeSpan(text)] as const)
    const [first, ...lines] = factTable(rows).split('\n')
    expect([first, lines.pop()]).toEqual(['<table>', '</table>'])
    expect(lines).toHaveLength(rows.length)
    for (const line of lines) {
      expect(line).toMatch(
        /^<tr><th align="left">[^<>]*<\/th><td>(<code>[^<>]+<\/code>)?<\/td><\/tr>$/,
      )
    }
  })
})

describe('a limit of bytes', () => {
  it('keeps whole lines, and short texts as they are', () => {
    expect(limitBytes('a\nb\n', 4)).toBe('a\nb\n')
    expect(limitBytes('aaa\nbbb\nccc\n', 9)).toBe('aaa\nbbb\n\n…\n')
  })

  it('counts bytes and divides no character', () => {
    const limited = limitBytes('üüüü\n'.repeat(100), 500)
    expect(Buffer.byteLength(limited)).toBeLessThanOrEqual(500 + 10)
    expect(limited).not.toContain('\ufffd')
  })

  it('holds also where there are no lines', () => {
    expect(Buffer.byteLength(limitBytes('🎮'.repeat(1_000), 101))).toBeLessThanOrEqual(111)
    expect(limitBytes('🎮'.repeat(1_000), 102)).toBe('\n\n…\n')
  })
})
