import { describe, expect, it } from 'vitest'
import { Ledger, type LedgerEntry, readLedger } from '../../src/run/ledger.ts'
import type { Access } from '../../src/settings/access.ts'
import { RecordingRunner } from '../report/fixtures.ts'

const access: Access = { provider: 'fake', apiUrl: 'https://a.test/', own: {}, seal: 'salt.hash' }

function open(entries?: readonly LedgerEntry[]) {
  const runner = new RecordingRunner()
  const ledger = new Ledger(runner, access, entries)
  return { runner, ledger, saved: () => runner.states.at(-1)?.[1] ?? '' }
}

describe('the ledger', () => {
  it('is on disk after every line of it', () => {
    const { ledger, runner } = open()
    ledger.opened('m1')
    ledger.opened('m2')
    ledger.created('m1', 'a')
    ledger.closed('m1')
    ledger.closed('m2')
    const saved = (entries: LedgerEntry[]) => ['ledger', JSON.stringify({ access, entries })]
    expect(runner.states).toEqual([
      saved([{ tag: 'm1' }]),
      saved([{ tag: 'm1' }, { tag: 'm2' }]),
      saved([{ tag: 'm1', id: 'a' }, { tag: 'm2' }]),
      saved([{ tag: 'm2' }]),
      ['ledger', ''],
    ])
  })

  it('is empty, and not an empty list, when nothing is left to clean up: the post step then loads nothing', () => {
    const { ledger, saved } = open([{ tag: 'm1', id: 'a' }])
    ledger.closed('m1')
    expect(saved()).toBe('')
  })

  it('names what takes the place of older ones until the step has said so itself', () => {
    const { ledger, runner, saved } = open([{ tag: 'm1', id: 'a' }, { tag: 'm2' }])
    ledger.inPlace('m1')
    expect(runner.states).toHaveLength(1)
    expect(readLedger(saved())).toMatchObject({ entries: [{ tag: 'm2' }], inPlace: ['a'] })
    ledger.closed('m2')
    expect(readLedger(saved())).toMatchObject({ entries: [], inPlace: ['a'] })
    ledger.announced()
    expect(saved()).toBe('')
    ledger.announced()
    expect(runner.states).toHaveLength(3)
  })

  it('lets go of what may stay in one change, and of what it does not know in none', () => {
    const { ledger, runner, saved } = open([{ tag: 'm1', id: 'a' }, { tag: 'm2' }, { tag: 'm3' }])
    ledger.released('stranger')
    ledger.released()
    expect(runner.states).toEqual([])
    ledger.released('m1', 'stranger', 'm3')
    expect(runner.states).toHaveLength(1)
    expect(readLedger(saved()).entries).toEqual([{ tag: 'm2' }])
  })

  it.each<[string, (ledger: Ledger) => void]>([
    ['opens nothing', (ledger) => ledger.opened('m9')],
    ['lets go of nothing', (ledger) => ledger.released('m1')],
    ['has nothing take a place', (ledger) => ledger.inPlace('m1')],
  ])('%s where that cannot be written', (_, change) => {
    const entries = [{ tag: 'm1', id: 'a' }, { tag: 'm2' }]
    const { ledger, runner, saved } = open(entries)
    const save = runner.saveState
    runner.saveState = () => {
      throw new Error('the disk is full')
    }
    expect(() => change(ledger)).toThrow('the disk is full')
    expect(ledger.open).toEqual(entries)
    runner.saveState = save
    ledger.created('m3', 'c')
    expect(readLedger(saved())).toMatchObject({ inPlace: [] })
  })

  it('is none where nothing was saved, and says so', () => {
    expect(() => readLedger('null')).toThrow('the saved state is no ledger')
  })

  it('has no id where none was saved', () => {
    const saved = JSON.stringify({ access, entries: [{ tag: 'm1' }] })
    expect(readLedger(saved).entries).toStrictEqual([{ tag: 'm1' }])
  })

  it('names nothing as in place that it does not know', () => {
    const { ledger, saved } = open([{ tag: 'm1', id: 'a' }])
    ledger.inPlace('m1', 'stranger')
    expect(readLedger(saved()).inPlace).toEqual(['a'])
  })

  it('reads no names from a state that somebody else wrote', () => {
    const inPlace = ['a', 1, null, 'b\nc', 'x'.repeat(401)]
    const saved = JSON.stringify({ access, entries: [], inPlace })
    expect(readLedger(saved).inPlace).toEqual(['a'])
    expect(readLedger(JSON.stringify({ access, entries: [], inPlace: 'a' })).inPlace).toEqual([])
  })

  it('reads tags and ids of up to 400 characters', () => {
    const word = (length: number) => 'x'.repeat(length)
    const entries = [{ tag: word(400), id: word(400) }, { tag: word(401) }]
    const saved = JSON.stringify({ access, entries })
    expect(readLedger(saved)).toMatchObject({ entries: entries.slice(0, 1), unreadable: 1 })
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
    expect(readLedger(saved())).toEqual({
      access,
      entries: ledger.open,
      inPlace: [],
      unreadable: 0,
    })
    expect(ledger.open.at(-1)).toEqual({ tag: 'aid', id: 'hook', isAuxiliary: true })
  })
})

describe('a saved state', () => {
  it.each(['', '{', '{}', 'null', '1', '{"entries":[]}', '{"access":{}}'])(
    'that is %j is no ledger',
    (value) => {
      expect(() => readLedger(value)).toThrow()
    },
  )

  it.each([null, {}, 'm1', { tag: 1 }, { id: 'a' }, { tag: 'm1', id: 5 }, { tag: 'a\nb' }])(
    'with the entry %j has the others all the same',
    (entry) => {
      const saved = JSON.stringify({ access, entries: [{ tag: 'm1', id: 'a' }, entry] })
      expect(readLedger(saved)).toEqual({
        access,
        entries: [{ tag: 'm1', id: 'a' }],
        inPlace: [],
        unreadable: 1,
      })
    },
  )

  it.each(['upload-task:ultar/my_game 2026-11-25T08:00:00.000Z', 'dgs-run.1-a', 'größe', 'a b'])(
    'takes back what was written: %s',
    (word) => {
      const entries = [{ tag: word, id: word }]
      expect(readLedger(JSON.stringify({ access, entries }))).toEqual({
        access,
        entries,
        inPlace: [],
        unreadable: 0,
      })
    },
  )

  it('has only what belongs to it', () => {
    const entries = [{ tag: 'm', isAuxiliary: 'yes', x: 1 }]
    expect(readLedger(JSON.stringify({ access, entries, y: 2 }))).toEqual({
      access,
      entries: [{ tag: 'm' }],
      inPlace: [],
      unreadable: 0,
    })
  })
})
