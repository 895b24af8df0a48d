import { ActionError, type ErrorKind } from '../../src/base/errors.ts'
import { fixedSchedule } from '../../src/wait/schedule.ts'
import {
  type Reading,
  type WaitEvent,
  type WaitOptions,
  type WaitResult,
  waitForOutcome,
} from '../../src/wait/wait.ts'
import { VirtualClock } from './virtual-clock.ts'

export const pending: Reading = { state: 'pending', status: 'DEPLOYING' }
export const ready: Reading = { state: 'succeeded', status: 'READY' }
export const broken: Reading = { state: 'failed', status: 'ERROR' }

export function fault(kind: ErrorKind = 'server-fault', retryAfterMs?: number): ActionError {
  return new ActionError({ kind, what: kind, ...(retryAfterMs !== undefined && { retryAfterMs }) })
}

/** What a check brings: a reading, an error, or nothing ever. */
export type Answer = Reading | ActionError | 'hang'

export interface Check {
  /** Since the deployment was accepted. */
  atMs: number
  deadlineMs: number
  signal: AbortSignal
}

/** One wait on a virtual clock, with everything it did written down. */
export interface Scene {
  clock: VirtualClock
  checks: Check[]
  /** Times between the checks. */
  gaps(): number[]
  events: WaitEvent<Reading>[]
  cancel: AbortController
  result: Promise<WaitResult<Reading>>
}

export type Provider = (
  check: Check & { index: number; clock: VirtualClock },
) => Answer | Promise<Answer>

/** Begins a wait of ten minutes, polling each second, unless told otherwise. */
export function begin(
  provider: Provider,
  options: Partial<WaitOptions<Reading>> & { clock?: VirtualClock } = {},
): Scene {
  const { clock = new VirtualClock(), ...more } = options
  const acceptedAtMs = options.acceptedAtMs ?? clock.nowMs()
  const cancel = new AbortController()
  const checks: Check[] = []
  const events: WaitEvent<Reading>[] = []
  const result = waitForOutcome<Reading>({
    timeoutMs: 600_000,
    pollSchedule: fixedSchedule(1_000),
    signal: cancel.signal,
    ...more,
    clock,
    acceptedAtMs,
    observe: async (deadlineMs, signal) => {
      const check = { atMs: clock.nowMs() - acceptedAtMs, deadlineMs, signal }
      checks.push(check)
      const answer = await provider({ ...check, index: checks.length - 1, clock })
      if (answer === 'hang') return await new Promise<never>(() => {})
      if (answer instanceof ActionError) throw answer
      return answer
    },
    onEvent: (event) => events.push(event),
  })
  const gaps = () => checks.slice(1).map(({ atMs }, index) => atMs - (checks[index]?.atMs ?? 0))
  return { clock, checks, gaps, events, cancel, result }
}

/** Runs a wait to its end; nothing may be left behind by it. */
export async function play(...scene: Parameters<typeof begin>) {
  const begun = begin(...scene)
  const result = await begun.clock.run(begun.result)
  return { ...begun, result, elapsedMs: result.elapsedMs }
}
