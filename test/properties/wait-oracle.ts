import type { ErrorKind } from '../../src/base/errors.ts'

/** What a status check brings, and when. */
export interface Step {
  readonly answer: 'pending' | 'other pending' | 'ready' | 'fault' | 'hang'
  readonly latencyMs: number
  readonly kind?: ErrorKind
  readonly retryAfterMs?: number | undefined
}

/** What happens beside the checks; moments count from the acceptance. */
export interface Happening {
  readonly atMs: number
  readonly what: 'notification' | 'gap' | 'slow'
  /** Of `slow`: how far polling may be stretched from then on. */
  readonly slowMs?: number | undefined
}

export interface World {
  readonly timeoutMs: number
  readonly intervalMs: number
  /** One for each check; after the last one every check is pending. */
  readonly steps: readonly Step[]
  /** In the order of their moments, none of which are equal. */
  readonly happenings: readonly Happening[]
  /** Time stands still for everybody from `atMs` on, and then has passed. */
  readonly jump: { readonly atMs: number; readonly byMs: number }
}

export interface Foreseen {
  readonly checksAtMs: number[]
  readonly ending: 'settled' | 'timed-out'
  readonly source: 'webhook' | 'poll'
  readonly endsAtMs: number
}

export const CALM: Step = { answer: 'pending', latencyMs: 40.0625 }

/**
 * What a wait should do, worked out with a list and a few sums: no timers, no promises. It knows the
 * rules as the documentation of the wait gives them, and nothing of how they are kept.
 */
export function foresee(world: World): Foreseen {
  const { timeoutMs, intervalMs, steps, happenings, jump } = world
  const whenFired = (dueMs: number) =>
    dueMs > jump.atMs && dueMs <= jump.atMs + jump.byMs ? jump.atMs + jump.byMs : dueMs
  const left = [...happenings]
  const checksAtMs: number[] = []
  let [nowMs, failures, empty, slowMs] = [0, 0, 0, undefined as number | undefined]
  let distanceMs = 0
  let notifiedAtMs = Number.NEGATIVE_INFINITY
  let [notBeforeMs, source, status] = [Number.NEGATIVE_INFINITY, 'poll' as Foreseen['source'], '']

  for (;;) {
    const step = steps[checksAtMs.length] ?? CALM
    const checkedAtMs = nowMs
    checksAtMs.push(checkedAtMs)
    if (source === 'webhook') notifiedAtMs = checkedAtMs
    const isLast = timeoutMs - nowMs < 1
    const allowedMs = isLast
      ? 900
      : Math.min(3_000 * (failures + 1), 10_000, timeoutMs - checkedAtMs)
    const isAnswered = step.answer !== 'hang' && step.latencyMs <= allowedMs
    const answerDueMs = nowMs + (isAnswered ? step.latencyMs : allowedMs)
    nowMs = whenFired(answerDueMs)
    if (isAnswered && step.answer === 'ready') {
      return { checksAtMs, ending: 'settled', source, endsAtMs: nowMs }
    }
    const isFault = !isAnswered || step.answer === 'fault'
    const isNews = !isFault && step.answer !== status
    if (!isFault) status = step.answer
    if (source === 'webhook' && !isNews) empty += 1
    failures = isFault ? failures + 1 : 0
    const isLimited = isAnswered && step.answer === 'fault' && step.kind === 'rate-limited'
    const isFirstRefusal = distanceMs < 0.3 * intervalMs
    if (isLimited && isFirstRefusal) distanceMs = intervalMs
    else if (isLimited) distanceMs = Math.min(10_000, 4 * Math.max(distanceMs, intervalMs))
    if (!isFault) distanceMs *= 2 / 3
    const calmMs = Math.max(intervalMs, distanceMs)
    if (isLast) return { checksAtMs, ending: 'timed-out', source, endsAtMs: nowMs }

    // Of what a jump brings at one moment, the order is that in which it was due.
    const passed = takeUntil(left, answerDueMs)
    slowMs = lastSlow(passed, slowMs)
    const retryAfterMs = isAnswered ? step.retryAfterMs : undefined
    const grownMs = isLimited
      ? 0.3 * distanceMs
      : Math.min(10_000, intervalMs * 1.5 ** Math.max(0, failures - 3))
    const pauseMs =
      retryAfterMs === undefined
        ? Math.max(intervalMs, grownMs)
        : Math.max(intervalMs, Math.min(retryAfterMs, slowMs ?? Number.POSITIVE_INFINITY))
    const nextAtMs = nowMs + pauseMs
    if (isFault && retryAfterMs !== undefined) notBeforeMs = nextAtMs
    const dueMs = () => {
      const ownMs = isFault ? nextAtMs : checkedAtMs + ((empty < 4 ? slowMs : undefined) ?? calmMs)
      return timeoutMs - ownMs < 100 ? timeoutMs : ownMs
    }

    let woken = strongest(passed)
    while (woken === undefined || woken === 'slow') {
      const next = left[0]
      if (next === undefined || next.atMs >= Math.max(dueMs(), nowMs)) break
      nowMs = Math.max(nowMs, whenFired(next.atMs))
      left.shift()
      slowMs = lastSlow([next], slowMs)
      woken = next.what
    }
    if (woken === 'notification') {
      const spacedAtMs = notifiedAtMs + Math.min(250 * 2 ** empty, 10_000)
      const polledAtMs = isFault ? Number.POSITIVE_INFINITY : checkedAtMs + Math.max(250, calmMs)
      const soonestMs = Math.max(notBeforeMs, Math.min(spacedAtMs, polledAtMs))
      const clampedMs = timeoutMs - soonestMs < 100 ? timeoutMs : soonestMs
      nowMs = Math.max(nowMs, whenFired(Math.min(dueMs(), clampedMs)))
      source = 'webhook'
    } else {
      if (woken !== 'gap') nowMs = Math.max(nowMs, whenFired(dueMs()))
      source = 'poll'
    }
    // What came while a notification waited for its turn is seen after the next check.
  }
}

function takeUntil(left: Happening[], nowMs: number): Happening[] {
  const count = left.findIndex(({ atMs }) => atMs > nowMs)
  return left.splice(0, count < 0 ? left.length : count)
}

function lastSlow(passed: readonly Happening[], before: number | undefined): number | undefined {
  const last = passed.findLast(({ what }) => what === 'slow')
  return last ? last.slowMs : before
}

/** Of several things that happened during a check the most telling one counts. */
function strongest(passed: readonly Happening[]): Happening['what'] | undefined {
  const kinds = ['notification', 'gap', 'slow'] as const
  return kinds.find((kind) => passed.some(({ what }) => what === kind))
}
