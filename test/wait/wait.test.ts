import { describe, expect, it } from 'vitest'
import { adaptiveSchedule, fixedSchedule } from '../../src/wait/schedule.ts'
import { seededRandom } from './random.ts'
import { begin, broken, fault, pending, play, ready } from './scene.ts'
import { TestWaker } from './test-waker.ts'
import { VirtualClock } from './virtual-clock.ts'

const readyAt =
  (readyAtMs: number) =>
  ({ atMs }: { atMs: number }) =>
    atMs >= readyAtMs ? ready : pending

describe('the first check', () => {
  it('comes at once', async () => {
    const { checks, result, elapsedMs } = await play(() => ready)
    expect(checks.map(({ atMs }) => atMs)).toEqual([0])
    expect(result).toMatchObject({ ending: 'settled', last: ready, source: 'poll' })
    expect(elapsedMs).toBe(0)
  })

  it('comes when the pollSchedule says, where it says so', async () => {
    const pollSchedule = { firstMs: 400, intervalMs: () => 1_000 }
    const { checks } = await play(readyAt(1_000), { pollSchedule })
    expect(checks.map(({ atMs }) => Math.round(atMs))).toEqual([400, 1_400])
  })

  it('comes no later for a webhook that may come, and at once when it comes', async () => {
    const pollSchedule = { firstMs: 400, intervalMs: () => 1_000 }
    for (const [notifiedAtMs, firstAtMs] of [
      [90, 90],
      [900, 400],
    ] as const) {
      const clock = new VirtualClock()
      const waker = new TestWaker(20_000)
      clock.at(notifiedAtMs, () => waker.notification())
      const { checks } = await play(readyAt(500), { clock, waker, pollSchedule, timeoutMs: 5_000 })
      expect(Math.round(checks[0]?.atMs ?? 0)).toBe(firstAtMs)
    }
  })

  it('comes in time where the time is shorter than that', async () => {
    const pollSchedule = { firstMs: 400, intervalMs: () => 1_000 }
    const { checks } = await play(() => ready, { pollSchedule, timeoutMs: 200 })
    expect(checks.map(({ atMs }) => Math.round(atMs))).toEqual([200])
  })

  it('comes an interval later where several share their checks, at the moment of the others', async () => {
    const clock = new VirtualClock()
    const align = (dueAtMs: number) => dueAtMs + 50
    for (const [firstMs, atMs] of [
      [400, 1_050],
      [1_500, 1_550],
    ] as const) {
      const pollSchedule = { firstMs, intervalMs: () => 1_000 }
      const { checks } = await play(() => ready, { clock, align, pollSchedule })
      expect(checks.map((check) => Math.round(check.atMs))).toEqual([atMs])
    }
  })

  it('comes at once also where the time is over already', async () => {
    const clock = new VirtualClock()
    const acceptedAtMs = clock.nowMs() - 5_000
    const { checks, result } = await play(() => ready, { clock, acceptedAtMs, timeoutMs: 1_000 })
    expect(checks).toHaveLength(1)
    expect(result.ending).toBe('settled')
  })
})

describe('the checks', () => {
  const pollSchedule = adaptiveSchedule(seededRandom(7))

  it('are at most a second apart in the first minute', async () => {
    const { checks, gaps } = await play(({ atMs }) => (atMs > 65_000 ? ready : pending), {
      pollSchedule,
    })
    gaps().forEach((gapMs, index) => {
      if ((checks[index]?.atMs ?? 0) > 60_000) return
      expect(gapMs).toBeLessThanOrEqual(1_000.001)
      const atMs = checks[index]?.atMs ?? 0
      expect(gapMs).toBeGreaterThanOrEqual(atMs < 5_000 ? 159.999 : 799.999)
    })
  })

  it('grow apart, to ten seconds at most', async () => {
    const { gaps } = await play(() => pending, { pollSchedule, timeoutMs: 3_600_000 })
    expect(Math.max(...gaps())).toBeLessThanOrEqual(10_000.001)
    expect(Math.max(...gaps())).toBeGreaterThan(9_000)
    // Without the last one, which the deadline brings forward.
    expect(
      gaps()
        .slice(-20, -1)
        .every((gapMs) => gapMs >= 7_999.999),
    ).toBe(true)
  })

  it('keep their distance from check to check, however slow the replies are', async () => {
    const { gaps } = await play(
      async ({ clock, index }) => {
        await clock.sleep(700)
        return index === 10 ? ready : pending
      },
      { pollSchedule: fixedSchedule(1_000) },
    )
    for (const gapMs of gaps()) expect(gapMs).toBeCloseTo(1_000)
  })

  it('never overlap: a reply that takes longer than the interval is followed by the next', async () => {
    let open = 0
    let most = 0
    const { gaps } = await play(async ({ clock, index }) => {
      open += 1
      most = Math.max(most, open)
      await clock.sleep(2_500)
      open -= 1
      return index === 5 ? ready : pending
    })
    expect(most).toBe(1)
    for (const gapMs of gaps()) expect(gapMs).toBeCloseTo(2_500)
  })
})

describe('the outcome', () => {
  it('is the last reading, and the time counts from acceptance', async () => {
    const clock = new VirtualClock()
    const acceptedAtMs = clock.nowMs() - 400
    const { result } = await play(({ index }) => (index < 3 ? pending : broken), {
      clock,
      acceptedAtMs,
    })
    expect(result).toMatchObject({ ending: 'settled', last: broken })
    expect(result.elapsedMs).toBeCloseTo(3_400)
  })

  it('is told state by state, each marked when it is new', async () => {
    const statuses = ['SEEKING', 'SEEKING', 'DEPLOYING', 'DEPLOYING', 'SEEKING']
    const { events } = await play(({ index }) =>
      index < statuses.length ? { state: 'pending', status: statuses[index] ?? '' } : ready,
    )
    expect(events.map((event) => event.type === 'reading' && event.changed)).toEqual([
      true,
      false,
      true,
      false,
      true,
      true,
    ])
  })

  it('with the same status in another state is news', async () => {
    const { events, result } = await play(({ index }) =>
      index === 0 ? { state: 'pending', status: 'READY' } : { state: 'failed', status: 'READY' },
    )
    expect(events.at(-1)).toMatchObject({ type: 'reading', changed: true })
    expect(result).toMatchObject({ ending: 'settled', last: { state: 'failed' } })
  })
})

describe('the deadline', () => {
  it('is when the last check comes, and what it finds counts', async () => {
    const { checks, result } = await play(({ atMs }) => (atMs >= 10_500 ? ready : pending), {
      timeoutMs: 10_500,
    })
    expect(checks.at(-1)?.atMs).toBeCloseTo(10_500)
    expect(result).toMatchObject({ ending: 'settled', last: ready })
  })

  it('ends a wait without news: not before, and within a second', async () => {
    for (const timeoutMs of [1_000, 1_001.5, 7_777, 600_000]) {
      const { checks, result } = await play(() => pending, { timeoutMs })
      expect(result).toMatchObject({ ending: 'timed-out', last: pending, lastError: undefined })
      expect(result.elapsedMs).toBeGreaterThanOrEqual(timeoutMs - 0.001)
      expect(result.elapsedMs).toBeLessThanOrEqual(timeoutMs + 1_000)
      expect(checks.at(-1)?.atMs).toBeCloseTo(timeoutMs)
    }
  })

  it('holds also when every check hangs and heeds neither its deadline nor its signal', async () => {
    for (const timeoutMs of [1_000, 9_999, 10_000, 10_001, 45_000]) {
      const { result } = await play(() => 'hang', { timeoutMs })
      expect(result).toMatchObject({ ending: 'timed-out', last: undefined })
      expect(result).toMatchObject({ lastError: { kind: 'connection-lost' } })
      expect(result.elapsedMs).toBeLessThanOrEqual(timeoutMs + 1_000)
    }
  })

  it('is met by a last check even after an interval or a Retry-After beyond it', async () => {
    for (const answer of [pending, fault('rate-limited', 900_000)]) {
      const { checks } = await play(() => answer, {
        timeoutMs: 20_000,
        pollSchedule: fixedSchedule(3_600_000),
      })
      expect(checks.map(({ atMs }) => Math.round(atMs))).toEqual([0, 20_000])
    }
  })

  it('that a timer strikes a little early needs no extra check of a fraction of a millisecond', async () => {
    const clock = new VirtualClock({ earlyMs: 0.4 })
    const { checks } = await play(() => pending, { clock, timeoutMs: 3_000 })
    expect(checks).toHaveLength(4)
  })

  it('leaves no check without the time for an answer', async () => {
    for (let timeoutMs = 2_900; timeoutMs <= 3_100; timeoutMs += 7) {
      const { checks, gaps } = await play(() => pending, { timeoutMs })
      expect(Math.min(...checks.map(({ deadlineMs }) => deadlineMs))).toBeGreaterThanOrEqual(99)
      expect(Math.max(...gaps())).toBeLessThanOrEqual(1_101)
    }
  })

  it('gives every check a deadline of its own: 3 s and more after each failure, what is left, or the last 0.9', async () => {
    const { checks } = await play(() => 'hang', { timeoutMs: 25_000 })
    expect(checks.map(({ deadlineMs }) => Math.round(deadlineMs))).toEqual([
      3_000, 6_000, 9_000, 4_000, 900,
    ])
  })
})

describe('a check that hangs', () => {
  it('is given up, told its signal, and followed by another', async () => {
    const { checks, result, events } = await play(({ index }) => (index === 0 ? 'hang' : ready))
    expect(checks[0]?.signal.aborted).toBe(true)
    expect(checks[1]?.atMs).toBeLessThanOrEqual(4_000)
    expect(result.ending).toBe('settled')
    expect(events[0]).toMatchObject({ type: 'failure', error: { kind: 'connection-lost' } })
  })

  it('changes nothing when it ends late after all, well or badly', async () => {
    for (const late of [broken, fault('unauthorized')]) {
      const { result, clock } = await play(async ({ index, atMs, clock }) => {
        if (index === 0) {
          await clock.sleep(15_000)
          return late
        }
        return atMs > 30_000 ? ready : pending
      })
      expect(result).toMatchObject({ ending: 'settled', last: ready })
      expect(clock.pending).toBe(0)
    }
  })
})

describe('failed checks', () => {
  it('are counted, told with the time of the next one, and forgotten after a good one', async () => {
    const { events } = await play(
      ({ index }) => [fault(), fault(), pending, fault()][index] ?? ready,
    )
    expect(events).toMatchObject([
      { type: 'failure', consecutive: 1, nextInMs: 1_000 },
      { type: 'failure', consecutive: 2, nextInMs: 1_000 },
      { type: 'recovered', after: 2 },
      { type: 'reading', changed: true },
      { type: 'failure', consecutive: 1 },
      { type: 'recovered', after: 1 },
      { type: 'reading', changed: true },
    ])
  })

  it('of any kind but 401 and 403 never end the wait', async () => {
    const kinds = [
      'not-found',
      'refused',
      'no-capacity',
      'rate-limited',
      'server-fault',
      'unreachable',
      'connection-lost',
      'malformed-reply',
      'internal',
    ] as const
    const { result } = await play(({ index }) => {
      const kind = kinds[index]
      return kind ? fault(kind) : ready
    })
    expect(result.ending).toBe('settled')
  })

  it('grow apart when there are many in a row, to ten seconds', async () => {
    const { gaps } = await play(() => fault(), { timeoutMs: 300_000 })
    expect(gaps().slice(0, 3)).toEqual([1_000, 1_000, 1_000].map((ms) => expect.closeTo(ms)))
    expect(gaps()[3]).toBeCloseTo(1_500)
    expect(
      gaps()
        .slice(10, -1)
        .every((gapMs) => Math.round(gapMs) === 10_000),
    ).toBe(true)
  })

  it('do not shorten an interval that the user wants longer', async () => {
    const { gaps } = await play(() => fault(), {
      timeoutMs: 300_000,
      pollSchedule: fixedSchedule(30_000),
    })
    for (const gapMs of gaps()) expect(gapMs).toBeCloseTo(30_000)
  })

  it('may be thrown as anything', async () => {
    const { result, events } = await play(({ index }) => {
      if (index === 0) throw 'a string'
      if (index === 1) throw undefined
      return ready
    })
    expect(result.ending).toBe('settled')
    expect(events[0]).toMatchObject({ type: 'failure', error: { kind: 'internal' } })
  })

  it('are remembered when nothing was ever read', async () => {
    const { result } = await play(() => fault('unreachable'), { timeoutMs: 5_000 })
    expect(result).toMatchObject({ ending: 'timed-out', lastError: { kind: 'unreachable' } })
  })
})

describe('Retry-After', () => {
  it('is obeyed: the next check comes then', async () => {
    const { checks } = await play(({ index }) => (index < 2 ? fault('rate-limited', 7_000) : ready))
    expect(checks.map(({ atMs }) => Math.round(atMs))).toEqual([0, 7_000, 14_000])
  })

  it.each([0, 1, 50])('of %d ms is no reason to ask faster than usual', async (retryAfterMs) => {
    const { checks } = await play(() => fault('rate-limited', retryAfterMs), { timeoutMs: 10_000 })
    expect(checks.length).toBeLessThanOrEqual(11)
  })
})

describe('a Retry-After of an hour', () => {
  it('is a slow poll at most where a webhook may come, and the webhook is answered', async () => {
    const waker = new TestWaker(20_000)
    const { checks, result } = await play(
      ({ index, atMs }) =>
        index === 1 ? fault('rate-limited', 3_600_000) : atMs > 60_000 ? ready : pending,
      { waker },
    )
    expect(result).toMatchObject({ ending: 'settled' })
    expect(checks.every(({ atMs }) => atMs < 100_000)).toBe(true)
  })

  it('is obeyed where only polling tells, and ends with a last status check', async () => {
    const { checks, result, elapsedMs } = await play(({ index }) =>
      index === 0 ? fault('rate-limited', 3_600_000) : ready,
    )
    expect(checks).toHaveLength(2)
    expect(result).toMatchObject({ ending: 'settled' })
    expect(elapsedMs).toBeLessThan(601_000)
  })
})

describe('refused credentials', () => {
  it('count anew after each answer, however many there are in all', async () => {
    const { result, checks } = await play(({ index }) => {
      if (index === 40) return ready
      return index % 4 === 3 ? pending : fault('unauthorized')
    })
    expect(result.ending).toBe('settled')
    expect(checks).toHaveLength(41)
  })

  it.each(['unauthorized', 'forbidden'] as const)('(%s) once change nothing', async (kind) => {
    const { result } = await play(({ index }) => [pending, fault(kind), ready][index] ?? ready)
    expect(result).toMatchObject({ ending: 'settled', last: ready })
  })

  it.each(['unauthorized', 'forbidden'] as const)(
    '(%s) that persist end the wait',
    async (kind) => {
      const { checks, result, elapsedMs } = await play(({ index }) =>
        index < 3 ? pending : fault(kind),
      )
      expect(checks.length).toBeGreaterThanOrEqual(3 + 4)
      expect(elapsedMs).toBeGreaterThanOrEqual(8_000)
      expect(elapsedMs).toBeLessThan(20_000)
      expect(result).toMatchObject({
        ending: 'credentials-refused',
        error: { kind },
        last: pending,
      })
    },
  )
})

describe('a cancel', () => {
  it('before the first check makes none', async () => {
    const { checks, result } = await play(() => ready, { signal: AbortSignal.abort() })
    expect(checks).toEqual([])
    expect(result.ending).toBe('cancelled')
  })

  it('at any moment ends the wait in that moment, and nothing is left behind', async () => {
    const random = seededRandom(11)
    for (let round = 0; round < 150; round++) {
      const cancelAtMs = random() * 30_000
      const scene = begin(async ({ clock, signal }) => {
        const kind = random()
        if (kind < 0.2) return 'hang'
        await clock.sleep(random() * 1_500, signal)
        return kind < 0.4
          ? fault('server-fault', random() < 0.5 ? random() * 5_000 : undefined)
          : pending
      })
      scene.clock.at(cancelAtMs, () => scene.cancel.abort())
      const result = await scene.clock.run(scene.result)
      expect(result.ending).toBe('cancelled')
      expect(result.elapsedMs).toBeCloseTo(cancelAtMs)
      expect(scene.clock.pending).toBe(0)
      expect(scene.checks.at(-1)?.signal.aborted).toBe(true)
    }
  })

  it('during the last check is a cancel, not a time-out', async () => {
    const scene = begin(() => 'hang', { timeoutMs: 5_000 })
    scene.clock.at(5_300, () => scene.cancel.abort())
    expect(await scene.clock.run(scene.result)).toMatchObject({ ending: 'cancelled' })
  })
})

describe('a rate limit that other jobs share', () => {
  const pollSchedule = fixedSchedule(1_000)

  it('makes the checks rarer the more often it is run into', async () => {
    const { gaps } = await play(() => fault('rate-limited'), { pollSchedule })
    expect(gaps().slice(0, 4)).toEqual([1_000, 1_200, 3_000, 3_000].map((ms) => expect.closeTo(ms)))
  })

  it('brings those back at random that it turned away at the same moment', async () => {
    const random = seededRandom(5)
    const { gaps } = await play(() => fault('rate-limited'), { pollSchedule, random })
    const late = gaps().slice(2, -1)
    expect(Math.min(...late)).toBeGreaterThanOrEqual(1_500)
    expect(Math.max(...late)).toBeLessThanOrEqual(4_500)
    expect(new Set(late.map(Math.round)).size).toBeGreaterThan(50)
  })

  it('is remembered: answers are further apart than refusals, and come closer with each', async () => {
    const { gaps } = await play(({ index }) => (index < 6 ? fault('rate-limited') : pending), {
      pollSchedule,
      timeoutMs: 120_000,
    })
    const after = gaps().slice(6, 24)
    expect(after.slice(0, 3)).toEqual([6_667, 4_444, 2_963].map((ms) => expect.closeTo(ms, -1)))
    expect(after).toEqual(after.toSorted((a, b) => b - a))
    expect(after.at(-1)).toBeCloseTo(1_000)
  })

  it('run into once costs nothing but that check', async () => {
    const { gaps } = await play(({ index }) => (index === 3 ? fault('rate-limited') : pending), {
      pollSchedule,
      timeoutMs: 10_000,
    })
    for (const gapMs of gaps()) expect(gapMs).toBeCloseTo(1_000)
  })
})
