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

  it('is empty, and not an empty list, when nothing has to be cleaned up: the post step then loads nothing', () => {
    const { ledger, saved } = open([{ tag: 'm1', id: 'a' }])
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
    ledger.opened('hook-tag', true)
    ledger.created('hook-tag', 'hook')
    expect(readLedger(saved())).toEqual({ access, entries: ledger.open, unreadable: 0 })
    expect(ledger.open.at(-1)).toEqual({ tag: 'hook-tag', id: 'hook', isAuxiliary: true })
  })

  it.each([
    // GITHUB_RUN_ID need not be a number on other runners.
    ['dgs-run.1-00ff00ff00ff', 'a'],
    ['dgs_upload_x', 'ultar/my_game 2026-11-25T08:00:00.000Z'],
    ['upload-task:ünï "quoted" \\ 100%', '$HOME; ::set-output::'],
    ['t'.repeat(300), 'i'.repeat(300)],
  ])('gives back tag %j and id %j as they were', (tag, id) => {
    const { ledger, saved } = open()
    ledger.opened(tag)
    ledger.created(tag, id)
    expect(saved()).not.toMatch(/[\r\n]/)
    expect(readLedger(saved())).toEqual({ access, entries: [{ tag, id }], unreadable: 0 })
  })

  it.each(['i'.repeat(301), 'a\nb', '\ud800'])(
    'leaves out the id %j, which could not be read back: the tag finds it',
    (id) => {
      const { ledger, saved } = open()
      ledger.created('m1', id)
      expect(readLedger(saved()).entries).toEqual([{ tag: 'm1' }])
    },
  )
})

describe('a saved state', () => {
  it.each(['', '{', '{}', 'null', '1', '[null]', '[{}]', '{"entries":[]}', '{"access":{}}'])(
    'that is %j is no ledger',
    (value) => {
      expect(() => readLedger(value)).toThrow()
    },
  )

  it.each([
    null,
    {},
    'm1',
    5,
    ['m1'],
    { tag: 1 },
    { tag: '' },
    { id: 'a' },
    { tag: 'm1', id: 5 },
    { tag: 'm1', id: '' },
    { tag: 'm1', id: 'a\nb' },
    { tag: 'm1', id: 'a\u2028b' },
    { tag: 'm1', id: '\ud800' },
    { tag: 'm\u0000' },
    { tag: 't'.repeat(301) },
  ])('with the entry %j keeps the others: each is checked by itself', (entry) => {
    const others = [{ tag: 'm1', id: 'a' }, { tag: 'm2' }]
    const [first, second] = others
    const saved = JSON.stringify({ access, entries: [first, entry, second] })
    expect(readLedger(saved)).toEqual({ access, entries: others, unreadable: 1 })
  })

  it('has only what belongs to it', () => {
    const entries = [{ tag: 'm', isAuxiliary: 'yes', x: 1 }]
    expect(readLedger(JSON.stringify({ access, entries, y: 2 }))).toEqual({
      access,
      entries: [{ tag: 'm' }],
      unreadable: 0,
    })
  })
})
