import { describe, expect, it } from 'vitest'
import { ActionError } from '../../../src/base/errors.ts'
import type { Scene } from '../contract.ts'
import { HOSTILE } from './hostile.ts'
import { type Abilities, call, createdId, outcomeOf, TAG, UNKNOWN_ID, where } from './steps.ts'

export function describeStop(scene: () => Scene, can: Abilities): void {
  describe('a stop', () => {
    where(can.stop)('ends what its id names, and nothing else', async () => {
      const provider = scene().open()
      const id = await createdId(provider)
      const other = await createdId(provider, { tag: `${TAG}b` })
      const foreign = scene().addForeign()
      await outcomeOf(provider, id)
      expect(await provider.stop(id, call())).toMatch(/^(accepted|gone)$/)
      await expect.poll(() => scene().isRunning(id)).toBe(false)
      expect([other, foreign].map((one) => scene().isRunning(one))).toEqual([true, true])
    })

    where(can.stop)('may be repeated, and says "gone" only of what has ended', async () => {
      const provider = scene().open()
      const id = await createdId(provider)
      await outcomeOf(provider, id)
      for (let count = 0; count < 3; count += 1) {
        const reply = await provider.stop(id, call())
        expect(reply).toMatch(/^(accepted|gone|unknown)$/)
        if (reply === 'gone') expect(scene().isRunning(id)).toBe(false)
        if (scene().isRunning(id)) expect(reply).toBe('accepted')
      }
      await expect.poll(() => scene().isRunning(id)).toBe(false)
      expect(await provider.stop(id, call())).toMatch(/^(gone|unknown)$/)
    })

    where(can.stop)('by another run than the one that created it works as well', async () => {
      const provider = scene().open()
      const id = await createdId(provider)
      await outcomeOf(provider, id)
      expect(await scene().open().stop(id, call())).toMatch(/^(accepted|gone)$/)
      await expect.poll(() => scene().isRunning(id)).toBe(false)
    })

    it('of an id that nobody knows says so, and never that it is gone', async () => {
      const reply = await scene()
        .open()
        .stop(UNKNOWN_ID, call())
        .catch((thrown: unknown) => thrown)
      if (!(reply instanceof ActionError)) expect(reply).toBe('unknown')
    })

    where(can.stop)('is seen by the next status check as an end', async () => {
      const provider = scene().open()
      const id = await createdId(provider)
      await outcomeOf(provider, id)
      await provider.stop(id, call())
      const read = (await provider.observe([id], call())).get(id)
      if (read instanceof ActionError) expect(read.kind).toBe('not-found')
      else expect(read?.end).toMatch(/^(ending|ended)$/)
    })
  })

  describe('a stop that is answered with', () => {
    it.for(HOSTILE)('%s is never taken for an end', async ([, effect]) => {
      const provider = scene().open()
      const id = await createdId(provider)
      await outcomeOf(provider, id)
      scene().emulator.faults.order(effect)
      const reply = await provider.stop(id, call()).catch((thrown: unknown) => thrown)
      if (reply === 'gone') expect(scene().isRunning(id)).toBe(false)
      else if (reply !== 'accepted') expect(reply).toBeInstanceOf(ActionError)
    })
  })
}
