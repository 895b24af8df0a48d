import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, test } from 'vitest'
import { REPOSITORY } from '../../scripts/action-metadata.ts'
import { asListed, readSurvivors } from './survivors.ts'

const survivors = readSurvivors()

function linesOf(file: string): string[] {
  const path = join(REPOSITORY, file)
  if (!existsSync(path)) return []
  const text = readFileSync(path, 'utf8')
  return text.split('\n').map((line) => line.trim())
}

describe('the list of mutants that survive for a reason', () => {
  it.each(survivors)('$file: $line → $change is of a line that exists', ({ file, line }) => {
    expect(linesOf(file)).toContain(line)
  })

  it.each(survivors)('$file: $line → $change has a reason', ({ change, why }) => {
    expect(why.length).toBeGreaterThan(20)
    expect(change).toBe(asListed(change))
  })
})

test('no mutant is explained twice', () => {
  const names = survivors.map(({ file, line, change }) => [file, line, change].join('\n'))
  expect(new Set(names).size).toBe(names.length)
})
