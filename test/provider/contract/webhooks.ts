import { describe, expect, it } from 'vitest'
import type { Scene } from '../contract.ts'
import { type Abilities, call, createdId, where } from './steps.ts'

const BODIES = [
  '',
  'null',
  '[]',
  '{}',
  '<html>',
  '{"request_id":{}}',
  '{"request_id":"../../evil"}',
  '{"__proto__":{"polluted":true}}',
  '['.repeat(200_000),
  '\u0000',
]

export function describeWebhooks(scene: () => Scene, can: Abilities): void {
  describe('webhooks', () => {
    it('are there exactly where the trait says so', () => {
      const { traits, webhooks } = scene().open()
      expect(webhooks !== undefined).toBe(traits.webhook !== 'none')
      expect(webhooks?.subscribe !== undefined).toBe(traits.webhook === 'subscription')
    })

    where(can.webhooks)('that are none are ignored, and say why', async () => {
      const provider = scene().open()
      await createdId(provider)
      for (const text of BODIES) {
        const body = Buffer.from(text)
        const read = await provider.webhooks?.read({ headers: {}, body })
        expect(read).toMatchObject({ kind: 'ignored', why: expect.stringMatching(/./) })
      }
      expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false)
    })
  })

  describe('the end of a run', () => {
    it('takes back what was there for the run only, also where there was nothing', async () => {
      const provider = scene().open()
      await provider.finish?.(call())
      await createdId(provider)
      await provider.finish?.(call())
      expect(scene().created()).toBe(1)
    })
  })
}
