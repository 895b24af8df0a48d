import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ActionError } from '../../src/base/errors.ts'
import { adaptiveSchedule, fixedSchedule } from '../../src/wait/schedule.ts'
import { SharedPoll } from '../../src/wait/shared-poll.ts'
import { type Reading, waitForOutcome } from '../../src/wait/wait.ts'
import { Notifications } from '../../src/webhook/notifications.ts'
import { seededRandom } from '../wait/random.ts'
import { fault, pending, play, ready } from '../wait/scene.ts'
import { VirtualClock } from '../wait/virtual-clock.ts'
import { holds } from './holds.ts'
import { CALM, foresee, type Happening, type Step, type World } from './wait-oracle.ts'

const ID = 'a69f8e3e0555'

const anyStep: fc.Arbitrary<Step> = fc.record({
  answer: fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom('pending' as const, 'other pending' as const) },
    { weight: 1, arbitrary: fc.constant('ready' as const) },
    { weight: 4, arbitrary: fc.constantFrom('fault' as const, 'hang' as const) },
  ),
  // Sixteenths of a millisecond and the like keep two moments from being equal.
  latencyMs: fc.oneof(fc.nat(400), fc.nat(12_000)).map((ms) => ms + 0.0625),
  kind: fc.constantFrom('server-fault', 'connection-lost', 'rate-limited', 'malformed-reply'),
  retryAfterMs: fc.constantFrom(undefined, undefined, 0, 700, 4_000, 90_000),
})

const anyWorld: fc.Arbitrary<World> = fc
  .record({
    timeoutMs: fc.integer({ min: 500, max: 90_000 }).map((ms) => ms + 0.25),
    intervalMs: fc.constantFrom(350, 1_000, 2_500, 10_000),
    steps: fc.array(anyStep, { maxLength: 20 }),
    happenings: fc.array(
      fc.record({
        atMs: fc.nat(60_000),
        what: fc.constantFrom('notification', 'notification', 'gap', 'slow'),
        slowMs: fc.constantFrom(undefined, 5_000, 30_000),
      }),
      { maxLength: 12 },
    ),
    jump: fc.record({
      atMs: fc.nat(60_000).map((ms) => ms + 1 / 2_048),
      byMs: fc.constantFrom(0, 0, 300, 5_000, 40_000),
    }),
  })
  .map(({ happenings, ...world }) => ({ ...world, happenings: inOrder(happenings) }))

function inOrder(happenings: readonly Happening[]): Happening[] {
  return happenings
    .map((one, index) => ({ ...one, atMs: one.atMs + (index + 1) / 1_024 }))
    .sort((a, b) => a.atMs - b.atMs)
}

/** Runs the real wait, with the real notifications, in such a world. */
async function live({ timeoutMs, intervalMs, steps, happenings, jump }: World) {
  const clock = new VirtualClock()
  const notifications = new Notifications()
  notifications.listen(ID)
  let slowMs: number | undefined
  for (const { atMs, what, slowMs: allowedMs } of happenings) {
    clock.at(atMs, () => {
      if (what === 'slow') slowMs = allowedMs
      if (what === 'notification') notifications.notification(ID)
      else notifications.wakeAll(what === 'slow' ? 'changed' : what)
    })
  }
  clock.at(jump.atMs, () => clock.jump(jump.byMs))
  const { checks, result } = await play(
    async ({ index, signal }) => {
      const step = steps[index] ?? CALM
      if (step.answer === 'hang') return 'hang'
      await clock.sleep(step.latencyMs, signal)
      if (step.answer === 'ready') return ready
      if (step.answer === 'fault') return fault(step.kind, step.retryAfterMs)
      return { ...pending, status: step.answer }
    },
    {
      clock,
      timeoutMs,
      pollSchedule: fixedSchedule(intervalMs),
      waker: {
        nextWake: (signal) => notifications.nextWake(ID, signal),
        slowPollMs: () => slowMs,
      },
    },
  )
  return { checksAtMs: checks.map(({ atMs }) => atMs), result }
}

/** Sums of binary fractions and of an odd beginning differ a little. */
const round = (ms: number) => Math.round(ms * 256) / 256

describe('a wait, whatever happens in whatever order,', () => {
  test('checks when it should, and ends when and as it should', () =>
    holds(
      fc.asyncProperty(anyWorld, async (world) => {
        const foreseen = foresee(world)
        const { checksAtMs, result } = await live(world)
        expect(checksAtMs.map(round)).toEqual(foreseen.checksAtMs.map(round))
        expect(result.ending).toBe(foreseen.ending)
        expect(round(result.elapsedMs)).toBe(round(foreseen.endsAtMs))
        if (result.ending === 'settled') expect(result.source).toBe(foreseen.source)
      }),
      600,
    ))
})

interface Ask {
  readonly id: string
  readonly atMs: number
  readonly deadlineMs: number
}

const anyAsk: fc.Arbitrary<Ask> = fc.record({
  id: fc.constantFrom('a', 'b', 'c', '__proto__'),
  // Never exactly five apart.
  atMs: fc.nat(30).map((half) => 2 * half),
  deadlineMs: fc.integer({ min: 1, max: 9_000 }),
})

describe('a shared poll, whoever asks when,', () => {
  test('gives each a reading of its own that is no older than the question, and asks no more than that', () =>
    holds(
      fc.asyncProperty(
        fc.array(anyAsk, { minLength: 1, maxLength: 12 }),
        fc.infiniteStream(fc.constantFrom('readings', 'readings', 'error', 'none', 'throw')),
        async (asks, outcomes) => {
          const clock = new VirtualClock()
          const requests: { atMs: number; ids: readonly string[] }[] = []
          const poll = new SharedPoll<string>(
            clock,
            async (ids) => {
              const kind = outcomes.next().value ?? 'readings'
              const index = requests.push({ atMs: clock.elapsedMs, ids }) - 1
              await clock.sleep(3)
              if (kind === 'throw') throw fault('server-fault')
              if (kind === 'none') return new Map()
              return new Map(
                ids.map((id) => [id, kind === 'error' ? fault('refused') : `${id} ${index}`]),
              )
            },
            { isShared: true, signal: new AbortController().signal },
          )
          await clock.run(
            Promise.all(
              asks.map(async ({ id, atMs, deadlineMs }) => {
                await new Promise<void>((resolve) => clock.at(atMs, resolve))
                const call = { deadlineMs, signal: new AbortController().signal }
                const answer = await poll.observe(id, call).catch((thrown: unknown) => thrown)
                if (answer instanceof ActionError) return
                const index = Number(String(answer).slice(id.length + 1))
                expect(answer).toBe(`${id} ${index}`)
                expect(requests[index]?.atMs).toBeGreaterThanOrEqual(atMs)
              }),
            ),
          )
          for (const { ids } of requests) expect(new Set(ids).size).toBe(ids.length)
          // Whatever comes at once goes out at once; after that requests keep a distance.
          for (const [index, { atMs }] of requests.entries()) {
            const beforeMs = requests[index - 1]?.atMs ?? Number.NEGATIVE_INFINITY
            expect(atMs - beforeMs).toBeGreaterThan(249)
          }
        },
      ),
      400,
    ))

  test('moves a check only to a moment that is planned, and not far', () =>
    holds(
      fc.property(
        fc.array(fc.tuple(fc.nat(3_000), fc.integer({ min: 1, max: 10_000 })), { maxLength: 30 }),
        (plans) => {
          let nowMs = 0
          const clock = { nowMs: () => nowMs, sleep: async () => {} }
          const poll = new SharedPoll<string>(clock, async () => new Map(), {
            isShared: true,
            signal: new AbortController().signal,
          })
          const planned = new Set<number>()
          for (const [passedMs, inMs] of plans) {
            nowMs += passedMs
            const dueMs = nowMs + inMs
            const atMs = poll.align(dueMs)
            expect(atMs > nowMs && (atMs === dueMs || planned.has(atMs))).toBe(true)
            // A second and a half is the longest that a check is under way.
            expect(Math.abs(atMs - dueMs)).toBeLessThanOrEqual(0.6 * (inMs + 1_500))
            planned.add(atMs)
          }
        },
      ),
    ))
})

describe('many waits that share a poll', () => {
  test('each end with their own truth, and find it within one interval of theirs', () =>
    holds(
      fc.asyncProperty(
        fc.integer(),
        fc.array(fc.integer({ min: 0, max: 300_000 }), { minLength: 2, maxLength: 8 }),
        fc.constantFrom(0, 0.2),
        async (seed, newsAtMs, faultiness) => {
          const clock = new VirtualClock()
          const random = seededRandom(seed)
          const startMs = clock.nowMs()
          const signal = new AbortController().signal
          const truth = (id: string): Reading =>
            clock.nowMs() - startMs >= (newsAtMs[Number(id)] ?? 0)
              ? { state: 'succeeded', status: `${id} is up` }
              : pending
          const poll = new SharedPoll<Reading>(
            clock,
            async (ids) => {
              await clock.sleep(50)
              if (random() < faultiness / 2) throw fault('server-fault')
              return new Map(
                ids.map((id) => [id, random() < faultiness ? fault('rate-limited') : truth(id)]),
              )
            },
            { isShared: true, signal },
          )
          const results = await clock.run(
            Promise.all(
              newsAtMs.map((_, index) =>
                waitForOutcome<Reading>({
                  clock,
                  acceptedAtMs: startMs,
                  timeoutMs: 600_000,
                  pollSchedule: adaptiveSchedule(random),
                  observe: (deadlineMs, aborted) =>
                    poll.observe(String(index), { deadlineMs, signal: aborted }),
                  align: (dueAtMs) => poll.align(dueAtMs),
                  signal,
                }),
              ),
            ),
          )
          for (const [index, result] of results.entries()) {
            expect(result.last).toEqual({ state: 'succeeded', status: `${index} is up` })
            // Moved to the others' moments, a check may come up to six tenths later.
            const lagMs = result.elapsedMs - (newsAtMs[index] ?? 0)
            if (faultiness === 0) expect(lagMs).toBeLessThanOrEqual(10_000 * 1.6 + 200)
          }
        },
      ),
      25,
    ))
})
