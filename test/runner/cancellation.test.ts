import { EventEmitter } from 'node:events'
import { beforeEach, describe, expect, it } from 'vitest'
import { type Cancellation, Cancelled, listenForCancel } from '../../src/runner/cancellation.ts'
import { VirtualClock } from '../wait/virtual-clock.ts'

let clock: VirtualClock
let signals: EventEmitter
let cancellation: Cancellation

beforeEach(() => {
  clock = new VirtualClock()
  signals = new EventEmitter()
  cancellation = listenForCancel(signals, clock)
})

const signal = (name: string) => signals.emit(name, name)
const state = () => [cancellation.signal.aborted, cancellation.over.aborted]

/** When cleaning up must be over, after the first signal. */
async function overAfterMs(): Promise<number> {
  while (!cancellation.over.aborted) await clock.advance(100)
  return Math.round(clock.elapsedMs)
}

describe('a run that nobody cancels', () => {
  it('goes on', async () => {
    await clock.advance(3_600_000)
    expect(state()).toEqual([false, false])
    expect(clock.pending).toBe(0)
  })
})

describe('a first signal', () => {
  it.each(['SIGINT', 'SIGTERM'])('(%s) aborts the run at once, with its name', (name) => {
    signal(name)
    expect(state()).toEqual([true, false])
    expect(cancellation.signal.reason).toBeInstanceOf(Cancelled)
    expect(cancellation.signal.reason).toMatchObject({ message: expect.stringContaining(name) })
  })

  it('leaves time for cleaning up, which ends before the second signal at 7.5 s', async () => {
    signal('SIGINT')
    const overMs = await overAfterMs()
    expect(overMs).toBeGreaterThanOrEqual(6_000)
    expect(overMs).toBeLessThan(7_500)
  })
})

describe('a second signal', () => {
  it('leaves what the runner leaves before the kill, 2.5 s later', async () => {
    signal('SIGINT')
    await clock.advance(1_000)
    signal('SIGTERM')
    expect(await overAfterMs()).toBeLessThanOrEqual(1_000 + 2_000)
    expect(cancellation.signal.reason).toMatchObject({ message: expect.stringContaining('SIGINT') })
  })

  it('and many more never give more time', async () => {
    for (let count = 0; count < 60; count++) {
      signal(count % 2 === 0 ? 'SIGINT' : 'SIGTERM')
      await clock.advance(100)
    }
    expect(cancellation.over.aborted).toBe(true)
    expect(await overAfterMs()).toBeLessThanOrEqual(6_500)
  })
})
