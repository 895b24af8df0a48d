import { describe, expect, it } from 'vitest'
import { ActionError } from '../../../src/base/errors.ts'
import type { Observation } from '../../../src/provider/provider.ts'
import type { Scene } from '../contract.ts'
import { HOSTILE } from './hostile.ts'
import {
  type Abilities,
  call,
  createdId,
  observe,
  outcomeOf,
  TAG,
  UNKNOWN_ID,
  where,
} from './steps.ts'

export function describeObserve(scene: () => Scene, can: Abilities): void {
  /** One of each target, created. */
  async function createAll(provider = scene().open()) {
    const ids: string[] = []
    for (const [index, target] of provider.targets.entries()) {
      ids.push(await createdId(provider, { tag: `${TAG}${index}`, target }))
    }
    return { provider, ids }
  }

  describe('a status check', () => {
    it('of many gives one reading of each in one call, and each to whoever waits for it', async () => {
      const { provider, ids } = await createAll()
      const arrived = new Map<string, Observation | ActionError>()
      const read = await provider.observe(ids, call(), (id, one) => arrived.set(id, one))
      expect([...read.keys()].toSorted()).toEqual(ids.toSorted())
      for (const [id, one] of arrived) expect(read.get(id)).toBe(one)
      for (const id of ids) expect(await outcomeOf(provider, id)).toMatchObject({ known: true })
    })

    it('of nothing is empty', async () => {
      expect(await scene().open().observe([], call())).toEqual(new Map())
    })

    it('of an id that nobody knows is an error of its own, and the others are read', async () => {
      const { provider, ids } = await createAll()
      const read = await provider.observe([UNKNOWN_ID, ...ids], call())
      expect(read.get(UNKNOWN_ID)).toMatchObject({ name: 'ActionError', kind: 'not-found' })
      for (const id of ids) expect(read.get(id)).not.toBeInstanceOf(ActionError)
    })

    it('is about what was asked for, whatever others have', async () => {
      const { provider, ids } = await createAll()
      const foreign = scene().addForeign()
      const read = await provider.observe(ids, call())
      expect(read.has(foreign)).toBe(false)
      for (const id of ids) expect(await outcomeOf(provider, id)).toMatchObject({ known: true })
    })

    it('of one that failed says why', async () => {
      scene().failNext()
      const provider = scene().open()
      const id = await createdId(provider)
      expect(await outcomeOf(provider, id)).toMatchObject({
        state: 'failed',
        status: expect.stringMatching(/./),
        reason: expect.stringMatching(/./),
      })
    })

    it('changes nothing', async () => {
      const { provider, ids } = await createAll()
      const before = scene().emulator.requests.length
      await provider.observe(ids, call())
      const sent = scene().emulator.requests.slice(before)
      expect(sent.map(({ method }) => method).filter((method) => method !== 'GET')).toEqual([])
    })
  })

  describe('a status check that is answered with', () => {
    it.each(HOSTILE)('%s decides nothing', async (_, effect) => {
      const provider = scene().open()
      const id = await createdId(provider)
      scene().emulator.faults.order(effect)
      const read = await provider.observe([id], call()).catch((thrown: unknown) => thrown)
      const one = read instanceof Map ? read.get(id) : read
      // Waited on, or an error that says so: never a success or a failure.
      if (!(one instanceof ActionError)) expect(one).toMatchObject({ state: 'pending' })
      expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false)
      scene().emulator.faults.clear()
      expect(await outcomeOf(provider, id)).toMatchObject({ state: 'succeeded' })
    })
  })

  describe('a search by tag that is answered with', () => {
    it.each(HOSTILE)('%s is an error, and never "nothing"', async (_, effect) => {
      const provider = scene().open()
      const id = await createdId(provider)
      scene().emulator.faults.order(effect)
      const before = scene().emulator.requests.length
      const found = await provider.findByTags([TAG], call()).catch((thrown: unknown) => thrown)
      // Where nothing is ever found by this tag, nothing is asked.
      if (scene().emulator.requests.length === before) expect(found).toEqual(new Map())
      else if (found instanceof Map) expect([...found.keys()]).toEqual([id])
      else expect(found).toBeInstanceOf(ActionError)
    })
  })

  where(can.groups && can.stop)(
    'a group has the deployments of its application, and nobody else’s',
    async () => {
      const provider = scene().open()
      const { ids } = await createAll(provider)
      const foreign = scene().addForeign()
      await Promise.all(ids.map((id) => observe(provider, id)))
      const application = scene().application
      const members = await provider.groups?.members({ application, group: undefined }, call())
      const found = members?.members.map(({ id }) => id) ?? []
      expect(found.toSorted()).toEqual(ids.toSorted())
      expect(found).not.toContain(foreign)
    },
  )
}
