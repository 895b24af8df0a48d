import { describe, expect, it } from 'vitest'
import { adaptiveSchedule } from '../../src/wait/schedule.ts'
import type { Reading } from '../../src/wait/wait.ts'
import { seededRandom } from './random.ts'
import { broken, fault, pending, play, ready } from './scene.ts'
import { TestWaker } from './test-waker.ts'
import { VirtualClock } from './virtual-clock.ts'

interface Told {
  reading: Reading
  /** When the provider was asked for it. */
  askedAtMs: number
}

/**
 * A made-up provider: true at any time, yet slow, failing, hanging, rate limiting and lying through
 * the channel, as the seed has it.
 */
function makeUp(seed: number) {
  const random = seededRandom(seed)
  const pick = <T>(...choices: readonly [T, ...T[]]): T =>
    choices[Math.floor(random() * choices.length)] ?? choices[0]
  const timeoutMs = pick(2_000, 30_000, 120_000, 600_000) * (0.5 + random())
  const ending = pick(ready, ready, broken, undefined)
  const newsAtMs = random() * timeoutMs * 1.2
  const faultiness = pick(0, 0.1, 0.5, 0.9)
  const clock = new VirtualClock({ earlyMs: pick(0, 0.3) })
  const waker = pick(true, false) ? new TestWaker(pick(undefined, 5_000, 30_000)) : undefined
  if (waker) {
    for (let count = random() * 60; count > 0; count--) {
      clock.at(random() * timeoutMs, () => waker.notification())
    }
    for (let count = random() * 5; count > 0; count--) {
      clock.at(random() * timeoutMs, () => waker.change(pick(undefined, 5_000, 30_000)))
    }
  }
  const told: Told[] = []
  const truth = (atMs: number): Reading => (ending && atMs >= newsAtMs ? ending : pending)
  return {
    clock,
    timeoutMs,
    newsAtMs,
    ending,
    faultiness,
    told,
    options: {
      clock,
      timeoutMs,
      pollSchedule: adaptiveSchedule(random),
      ...(waker && { waker }),
    },
    async answer({
      atMs,
      deadlineMs,
      signal,
    }: {
      atMs: number
      deadlineMs: number
      signal: AbortSignal
    }) {
      if (random() < faultiness) {
        const kind = pick('hang', 'error', 'retry', 'slow error')
        if (kind === 'hang') return 'hang'
        if (kind === 'slow error') await clock.sleep(random() * deadlineMs, signal)
        return fault(
          pick('server-fault', 'connection-lost', 'malformed-reply', 'rate-limited'),
          kind === 'retry' ? pick(0, 700, 4_000) : undefined,
        )
      }
      const reading = truth(atMs)
      await clock.sleep(Math.min(random() * 400, deadlineMs / 2), signal)
      told.push({ reading, askedAtMs: atMs })
      return reading
    },
  } as const
}

describe('whatever a provider does', () => {
  it.each(Array.from({ length: 8 }, (_, block) => block))(
    'the outcome is its last reading, in time (block %i)',
    async (block) => {
      for (let seed = block * 20; seed < block * 20 + 20; seed++) {
        const world = makeUp(seed)
        const { result, checks, clock, events } = await play(
          (check) => world.answer(check),
          world.options,
        )
        const note = `seed ${seed}`
        const last = world.told.at(-1)?.reading

        // What was read last decides, and nothing else does.
        expect(result.last, note).toEqual(last)
        expect(['settled', 'timed-out'], note).toContain(result.ending)
        expect(result.ending === 'settled', note).toBe(last !== undefined && last !== pending)

        // It ends at the first final reading, or at the deadline and hardly later.
        expect(
          world.told.slice(0, -1).every(({ reading }) => reading === pending),
          note,
        ).toBe(true)
        if (result.ending === 'timed-out') {
          expect(result.elapsedMs, note).toBeGreaterThanOrEqual(world.timeoutMs - 1)
        }
        expect(result.elapsedMs, note).toBeLessThanOrEqual(world.timeoutMs + 1_000)

        // A check that could have brought the news is never longer away than one pause: at most ten
        // seconds, or what the waker allows, after a check that took ten seconds at most.
        const moments = [...checks.map(({ atMs }) => atMs), result.elapsedMs]
        for (const [index, atMs] of moments.slice(1).entries()) {
          expect(atMs - (moments[index] ?? 0), note).toBeLessThanOrEqual(30_000 + 1)
        }

        // Failures are counted from one without a gap, and recoveries say how many there were.
        let failures = 0
        for (const event of events) {
          if (event.type === 'failure') expect(event.consecutive, note).toBe(++failures)
          else if (event.type === 'recovered') expect(event.after, note).toBe(failures)
          else failures = 0
        }
        expect(clock.pending === 0 || world.options.waker !== undefined, note).toBe(true)
      }
    },
  )

  it('without faults and without a waker the news is found within one interval', async () => {
    for (let seed = 1_000; seed < 1_060; seed++) {
      const random = seededRandom(seed)
      const newsAtMs = random() * 400_000
      const { result } = await play(({ atMs }) => (atMs >= newsAtMs ? ready : pending), {
        pollSchedule: adaptiveSchedule(random),
      })
      const longestMs = adaptiveSchedule(() => 0).intervalMs(newsAtMs)
      expect(result.ending).toBe('settled')
      expect(result.elapsedMs - newsAtMs).toBeLessThanOrEqual(longestMs + 0.001)
    }
  })

  it('one failed check, of any kind, delays the news by one interval at most', async () => {
    const kinds = ['server-fault', 'connection-lost', 'malformed-reply', 'rate-limited'] as const
    for (const kind of kinds) {
      for (let newsAtMs = 0; newsAtMs < 60_000; newsAtMs += 1_777) {
        let isFirst = true
        const { result } = await play(({ atMs }) => {
          if (atMs < newsAtMs) return pending
          if (!isFirst) return ready
          isFirst = false
          return fault(kind)
        })
        expect(result.elapsedMs - newsAtMs).toBeLessThanOrEqual(2_000.001)
      }
    }
  })
})
