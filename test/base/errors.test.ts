import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, describe as suite } from 'vitest'
import { ActionError, describe, toActionError } from '../../src/base/errors.ts'

/** What a call throws. */
function thrownBy(work: () => unknown): unknown {
  try {
    work()
  } catch (thrown) {
    return thrown
  }
  return expect.fail('it threw nothing')
}

suite('a description', () => {
  const error = (what: string, request?: string) =>
    new ActionError({ kind: 'internal', what, ...(request && { request }) })

  it('ends without a full stop, so that whoever uses it can go on', () => {
    expect(describe(error('It failed.'))).toBe('It failed')
    expect(describe(error('It failed'))).toBe('It failed')
    expect(describe(error('It failed.', 'POST /x → 500'))).toBe('It failed (POST /x → 500)')
    expect(describe(error('What is 3.5?'))).toBe('What is 3.5?')
  })
})

suite('a fault of the machine', () => {
  it('is no fault of this action when the disk is full', () => {
    const error = toActionError(thrownBy(() => writeFileSync('/dev/full', 'x')))
    expect(error.kind).toBe('unusable-runner')
    expect(error.message).toContain('ENOSPC')
    expect(error.next).toContain('disk of this runner is full')
  })

  it('names the file that is not there', () => {
    const folder = mkdtempSync(join(tmpdir(), 'errors-'))
    const file = join(folder, 'gone')
    const error = toActionError(thrownBy(() => readFileSync(file)))
    rmSync(folder, { recursive: true })
    expect(error.kind).toBe('unusable-runner')
    expect(error.message).toBe(`${file} could not be used (open: ENOENT)`)
    expect(error.next).not.toContain('fault of this action')
  })

  it('is not what a broken program throws', () => {
    for (const thrown of [new TypeError('x is undefined'), 'text', undefined]) {
      expect(toActionError(thrown)).toMatchObject({
        kind: 'internal',
        next: expect.stringContaining('fault of this action'),
      })
    }
  })
})
