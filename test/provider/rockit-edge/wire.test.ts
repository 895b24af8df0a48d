import { describe, expect, it } from 'vitest'
import { shapeOf } from '../../../src/provider/rockit-edge/wire/json.ts'
import { NAMES } from '../../../src/provider/rockit-edge/wire/names.ts'
import {
  readApp,
  readImport,
  readProblem,
  readRows,
  readSecret,
  readTask,
} from '../../../src/provider/rockit-edge/wire/replies.ts'
import { readNews } from '../../../src/provider/rockit-edge/wire/webhook.ts'

const junk = [undefined, null, 0, '', 'text', [], [[]], {}, { data: null }, { data: [] }, true]

describe('whatever comes', () => {
  it.each(junk.map((value) => [value]))('is read without a fault: %j', (value) => {
    expect(readApp(value)).toMatchObject({
      currentBuild: undefined,
      error: undefined,
      isLocked: false,
    })
    expect(readTask(value)).toBeUndefined()
    expect(readImport(value, true).uploadUrl).toBeUndefined()
    expect(readSecret(value)).toBeUndefined()
    expect(() => [readRows(value, 'tasks'), readProblem('', value), shapeOf(value)]).not.toThrow()
    expect(readNews(JSON.stringify(value) ?? '', 'a', 'b').kind).toMatch(/unreadable|foreign/)
  })

  it('and bears names of objects’ own parts is not taken for them', () => {
    const task = JSON.parse(
      '{"name": "constructor", "status": "__proto__", "__proto__": {"type": "deploy"}}',
    )
    expect(readTask(task)).toMatchObject({ name: 'constructor', type: '', stage: undefined })
  })
})

describe('an app', () => {
  it.each([
    [{ error: 'broken' }, 'broken'],
    [{ error: { message: 'broken' } }, 'broken'],
    [{ error: true, message: 'broken' }, 'broken'],
    [{ status: 'ERROR', message: 'broken' }, 'broken'],
    [{ error: { code: 7 } }, 'no reason is told'],
    [{ error: '' }, undefined],
    [{ error: false, message: 'all is well' }, undefined],
    [{ error: {} }, undefined],
    [{ error: { code: 0, message: '' } }, undefined],
    [{ error: 'false' }, undefined],
    [{ status: 'success' }, undefined],
  ])('with %j has the error %j', (app, error) => {
    expect(readApp({ name: 'x', ...app }).error).toBe(error)
  })
})

describe('the shape for the debug log', () => {
  it('names fields and types and holds no value', () => {
    const value = {
      tasks: [{ name: 'secret', size: 7, nested: { list: [], none: null } }],
      ok: true,
    }
    expect(shapeOf(value)).toBe(
      '{tasks: [{name: string, size: number, nested: {list: [], none: null}}] × 1, ok: boolean}',
    )
  })

  it('holds no field that is itself a value, and has an end', () => {
    const deep = JSON.parse(`${'{"a":'.repeat(50)}1${'}'.repeat(50)}`)
    expect(shapeOf({ 'https://x.example/key': 1 })).toBe('{?: number}')
    expect(shapeOf(deep).length).toBeLessThan(100)
    const wide = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`f${index}`, 1]))
    expect(shapeOf(wide).length).toBeLessThan(1000)
  })
})

it('every name has its grade, and the documented ones come first', () => {
  for (const names of Object.values(NAMES).flatMap((group) => Object.values(group))) {
    expect(names.grade).toMatch(/^(documented|inferred)$/)
    expect(names.names.length).toBeGreaterThan(0)
  }
})
