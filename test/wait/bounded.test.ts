import { getEventListeners } from 'node:events'
import { expect, it } from 'vitest'
import { bounded } from '../../src/wait/bounded.ts'
import { VirtualClock } from './virtual-clock.ts'

/** One status check with its time, in virtual time. */
const never = () => new Promise<never>(() => {})

it('a check of a run that is cancelled already is begun with an aborted signal', async () => {
  const cancel = new AbortController()
  cancel.abort('enough')
  const clock = new VirtualClock()
  let seen: AbortSignal | undefined
  const observe = async (_: number, signal: AbortSignal) => {
    seen = signal
    return { isAborted: signal.aborted, reason: signal.reason }
  }
  const check = bounded({ clock, signal: cancel.signal, observe }, 3_000)
  expect(await clock.run(check)).toEqual({ isAborted: true, reason: 'enough' })
  expect(seen?.aborted).toBe(true)
})

it('a check that does not end is ended, and says how long it was given', async () => {
  const clock = new VirtualClock()
  const { signal } = new AbortController()
  const check = bounded({ clock, signal, observe: never }, 2_999.6)
  const error = await clock.run(check).catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({ kind: 'connection-lost', message: 'No answer within 3000 ms.' })
})

it('thousands of checks leave nothing on the signal of the run, nor on the clock', async () => {
  const clock = new VirtualClock()
  const { signal } = new AbortController()
  const observe = async () => ({ state: 'pending' })
  for (let count = 0; count < 20; count++) {
    await clock.run(bounded({ clock, signal, observe }, 3_000))
  }
  expect(getEventListeners(signal, 'abort')).toEqual([])
  expect(clock.pending).toBe(0)
})
