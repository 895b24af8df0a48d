import { describe, expect, it } from 'vitest'
import { Ledger, readLedger } from '../src/ledger.ts'
import { RecordingRunner } from './report/fixtures.ts'

function open(entries?: ConstructorParameters<typeof Ledger>[1]) {
  const runner = new RecordingRunner()
  return { runner, ledger: new Ledger(runner, entries), saved: () => runner.states.at(-1)?.[1] }
}

describe('the ledger', () => {
  it('is on disk after every line of it', () => {
    const { ledger, runner } = open()
    ledger.opened('m1')
    ledger.opened('m2')
    ledger.created('m1', 'a')
    ledger.closed('m1')
    ledger.closed('m2')
    expect(runner.states).toEqual([
      ['ledger', '[{"mark":"m1"}]'],
      ['ledger', '[{"mark":"m1"},{"mark":"m2"}]'],
      ['ledger', '[{"mark":"m1","id":"a"},{"mark":"m2"}]'],
      ['ledger', '[{"mark":"m2"}]'],
      ['ledger', ''],
    ])
  })

  it('is empty, and not an empty list, when nothing is owed: the post step then loads nothing', () => {
    const { ledger, saved } = open([{ mark: 'm1', id: 'a' }])
    ledger.closed('m1')
    expect(saved()).toBe('')
  })

  it('closes what it does not know without a word', () => {
    const { ledger, runner } = open()
    ledger.closed('m1')
    ledger.closed('')
    expect(runner.states).toEqual([])
  })

  it('is read back as it was', () => {
    const { ledger, saved } = open()
    ledger.opened('m1')
    ledger.created('m2', 'b')
    ledger.opened('aid', true)
    ledger.created('aid', 'hook')
    expect(readLedger(saved() ?? '')).toEqual(ledger.open)
    expect(ledger.open.at(-1)).toEqual({ mark: 'aid', id: 'hook', isAid: true })
  })
})

describe('a saved state', () => {
  it.each(['', '{', '{}', 'null', '1', '[null]', '[{}]', '[{"mark":1}]', '["m1"]', '[{"id":"a"}]'])(
    'that is %j is no ledger',
    (value) => {
      expect(() => readLedger(value)).toThrow()
    },
  )

  it('has only what belongs to it', () => {
    expect(readLedger('[{"mark":"m","id":5,"isAid":"yes","x":1}]')).toEqual([{ mark: 'm' }])
  })
})
