import { describe, expect, it } from 'vitest'
import { readRetryAfter } from '../../src/net/retry-after.ts'

const now = Date.parse('2026-03-01T12:00:00Z')

describe('Retry-After', () => {
  it.each([
    ['1', 1_000],
    [' 120 ', 120_000],
    ['Sun, 01 Mar 2026 12:00:30 GMT', 30_000],
    // The two obsolete forms that RFC 9110 §5.6.7 still asks recipients to accept.
    ['Sunday, 01-Mar-26 12:00:30 GMT', 30_000],
    ['Sun Mar  1 12:00:30 2026', 30_000],
  ])('%j is %d ms', (header, ms) => {
    expect(readRetryAfter(header, now)).toBe(ms)
  })

  it('that is over already is no hint: obeyed, it would make a hot loop', () => {
    for (const header of ['0', 'Sun, 01 Mar 2026 11:00:00 GMT']) {
      expect(readRetryAfter(header, now)).toBeUndefined()
    }
  })

  it('is cut to a quarter of an hour: no clock of theirs may put a run to sleep', () => {
    for (const header of ['901', '99999999999999999999', 'Sun, 01 Mar 2099 12:00:00 GMT']) {
      expect(readRetryAfter(header, now)).toBe(15 * 60_000)
    }
  })

  // `Date.parse` finds a date in almost anything: `-1` is 2001, and so would mean "at once".
  it.each([undefined, '', ' ', '-1', '1.5', '1e3', 'soon 5', 'later', '٣', '5s', '1, 2'])(
    '%j says nothing',
    (header) => {
      expect(readRetryAfter(header, now)).toBeUndefined()
    },
  )
})
