import { describe, expect, it } from 'vitest'
import type { Scene } from '../contract.ts'
import { type Abilities, call } from './steps.ts'

export function describeOpening(scene: () => Scene, can: Abilities): void {
  it('a provider says by its traits and parts what it can do', () => {
    const { traits, groups, webhooks } = scene().open()
    expect(traits.canStop).toBe(can.stop)
    expect(groups !== undefined).toBe(can.groups)
    expect(traits.webhook !== 'none' && webhooks !== undefined).toBe(can.webhooks)
    expect(scene().refuseNext !== undefined).toBe(can.failAfterRefusal)
  })

  describe('opening it', () => {
    it('sends nothing', () => {
      scene().open()
      expect(scene().emulator.requests).toEqual([])
    })

    it('gives a title, and each target a name of its own', () => {
      const { title, targets } = scene().open()
      expect(title).not.toBe('')
      const names = targets.map(({ name }) => name)
      expect(names.length).toBeGreaterThan(0)
      expect(new Set(names).size).toBe(names.length)
    })

    it('gives a poll schedule that always leaves a pause, and always ends', () => {
      for (const random of [() => 0, () => 0.999]) {
        const { intervalMs } = scene().open().pollSchedule(random)
        for (const elapsedMs of [0, 1, 1_000, 60_000, 3_600_000]) {
          expect(intervalMs(elapsedMs)).toBeGreaterThanOrEqual(100)
          expect(intervalMs(elapsedMs)).toBeLessThanOrEqual(60_000)
        }
      }
    })
  })

  describe('preparing', () => {
    it('creates nothing, and sends only requests that read', async () => {
      expect(await scene().open().prepare(call())).toMatchObject({
        version: expect.any(String),
        versionAction: expect.stringMatching(/^(created|updated|reused|unmanaged)$/),
      })
      const methods = scene().emulator.requests.map(({ method }) => method)
      expect(methods.filter((method) => method !== 'GET')).toEqual([])
      expect(scene().created()).toBe(0)
    })
  })
}
