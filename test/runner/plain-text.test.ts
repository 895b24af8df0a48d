import { describe, expect, it } from 'vitest'
import { cut, defuse, toLine } from '../../src/runner/plain-text.ts'
import { parseCommand, REGISTERED_COMMANDS } from '../harness/log-commands.ts'
import { hostileTexts, mixtures } from '../report/hostile-texts.ts'
import { cpuMsOf } from './cpu-time.ts'

const texts = [...hostileTexts, ...mixtures(500)]
const registered = new Set(REGISTERED_COMMANDS)

describe('a line', () => {
  it('has nothing in it that breaks, moves, colours or reorders', () => {
    for (const text of texts) {
      const line = toLine(text)
      expect(line).not.toMatch(
        /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/,
      )
      expect(line.isWellFormed()).toBe(true)
      expect(line.length).toBeLessThan(2_100)
    }
  })

  it('keeps what is harmless as it is', () => {
    for (const text of [
      'Größe: 3 µs',
      '日本語',
      '🎮👨‍👩‍👧',
      'a  b',
      ' indented',
      '::x::',
      '<b>&amp;',
    ]) {
      expect(toLine(text)).toBe(text)
    }
  })

  it('joins lines with a blank and shows tabs as two', () => {
    expect(toLine('a  \r\n\n   b\rc\u2028d\te')).toBe('a b c d  e')
    expect(toLine('a\n \n b\n')).toMatch(/^a +b $/)
  })

  it('is made in no time of the worst text: nothing but blanks, breaks or both', () => {
    const length = 1 << 18
    for (const text of [
      ' '.repeat(length),
      `${' '.repeat(length)}x`,
      '\n'.repeat(length),
      ' \n'.repeat(length / 2),
      `${' '.repeat(length / 2)}\n${' '.repeat(length / 2)}`,
      '\ud800'.repeat(length),
      '::'.repeat(length / 2),
      '##['.repeat(length / 3),
    ]) {
      expect(cpuMsOf(() => void defuse(toLine(text)))).toBeLessThan(1_000)
    }
  })
})

describe('a cut', () => {
  it('keeps head and tail and says how long the text was', () => {
    expect(cut('abcdefgh', 4)).toBe('abc… (8 characters) …h')
    expect(cut('abcd', 4)).toBe('abcd')
  })

  it('never divides a character', () => {
    expect(cut('ab🎮cdefgh', 4)).toBe('ab… (10 characters) …h')
    expect(cut('abcdefgh🎮', 8)).toBe('abcdef… (10 characters) …🎮')
    expect(cut('abcdefghi🎮z', 8)).toBe('abcdef… (12 characters) …z')
  })
})

describe('a line of millions of characters', () => {
  it('keeps its head and its tail and is cut before it is cleaned', () => {
    const text = `head ${'\t'.repeat(15_000_000)} tail`
    const before = process.memoryUsage().heapUsed
    const line = toLine(text)
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(20_000_000)
    expect(line).toMatch(/^head +… \(15000010 characters\) … +tail$/)
  })
})

describe('a defused line', () => {
  it('is no command to the runner, in either of its two ways to write one', () => {
    for (const text of texts) {
      const line = defuse(toLine(text))
      expect(parseCommand(line, registered), JSON.stringify(text)).toBeUndefined()
      expect(line.trimStart().startsWith('::')).toBe(false)
      expect(line).not.toContain('##[')
    }
  })

  it('that was harmless is as it was', () => {
    for (const line of ['std::vector', 'a ::error::', '# [x]', '']) expect(defuse(line)).toBe(line)
  })
})
