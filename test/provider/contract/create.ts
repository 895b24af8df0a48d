import { describe, expect, it } from 'vitest'
import type { Scene } from '../contract.ts'
import { LOST } from './hostile.ts'
import { type Abilities, call, create, createdId, idOf, outcomeOf, TAG, where } from './steps.ts'

export function describeCreate(scene: () => Scene, can: Abilities): void {
  const countOf = () => {
    const { emulator, createRequest } = scene()
    return emulator.requestsTo(createRequest.method, createRequest.path).length
  }

  describe('a create', () => {
    it('makes one thing by one request, and gives its id', async () => {
      const provider = scene().open()
      const id = await createdId(provider)
      expect(id).not.toBe('')
      expect(scene().created()).toBe(1)
      expect(countOf()).toBe(1)
      expect(await outcomeOf(provider, id)).toMatchObject({ state: 'succeeded', known: true })
    })

    it('of each target makes a thing of its own', async () => {
      const provider = scene().open()
      const ids: string[] = []
      for (const [index, target] of provider.targets.entries()) {
        ids.push(await createdId(provider, { tag: `${TAG}${index}`, target }))
      }
      expect(new Set(ids).size).toBe(provider.targets.length)
      expect(scene().created()).toBe(provider.targets.length)
    })

    where(can.stop)('carries its tag, by which it is found, and nothing else is', async () => {
      const provider = scene().open()
      const id = await createdId(provider)
      scene().addForeign()
      expect(await provider.findByTags([TAG, 'dgs-contract-2'], call())).toEqual(
        new Map([[id, TAG]]),
      )
      // Another run, such as the post step, finds it as well.
      expect(await scene().open().findByTags([TAG], call())).toEqual(new Map([[id, TAG]]))
      expect(await provider.findByTags(['dgs-contract-2'], call())).toEqual(new Map())
    })
  })

  describe('a create whose reply is lost', () => {
    it.each(LOST)('to %s is not repeated, and what it made is found', async (_, effect) => {
      const provider = scene().open()
      const { emulator, createRequest } = scene()
      const order = emulator.faults.order({ ...effect, ...createRequest, times: 1 })
      const result = await create(provider)
      expect(order.used).toBe(1)
      expect(scene().created()).toBe(1)
      const id = await idOf(provider, result)
      expect(id).toBeDefined()
      if (id !== undefined && result.kind === 'created') {
        expect(await outcomeOf(provider, id)).toMatchObject({ state: 'succeeded' })
      }
      expect(scene().created()).toBe(1)
    })

    it('and which never arrived is not taken for made', async () => {
      const provider = scene().open()
      scene().emulator.faults.order({ ...scene().createRequest, kind: 'reset', times: 1 })
      const result = await create(provider)
      expect(['unknown', 'try-again']).toContain(result.kind)
      expect(await idOf(provider, result)).toBeUndefined()
      expect(scene().created()).toBe(0)
    })
  })

  describe('a create that made nothing', () => {
    it.each([400, 401, 403, 404, 409])('because of HTTP %d is refused', async (status) => {
      const { emulator, createRequest } = scene()
      const body = { message: 'the account is at its limit' }
      emulator.faults.order({ ...createRequest, kind: 'status', status, body })
      const result = await create(scene().open())
      expect(result).toMatchObject({
        kind: 'refused',
        error: { name: 'ActionError', message: expect.stringContaining('at its limit') },
      })
      // With an id, or where one may exist, somebody would look for it and stop it.
      expect(Object.keys(result).toSorted()).toEqual(['error', 'kind'])
    })

    it('because nobody could be reached may be tried again', async () => {
      const provider = scene().open()
      await scene().close()
      expect(await create(provider)).toMatchObject({ kind: 'try-again' })
    })
  })

  where(can.stop && can.failAfterRefusal)(
    'a create that is refused and made something all the same says so, and what it made can be stopped',
    async () => {
      const provider = scene().open()
      const { refuseNext } = scene()
      refuseNext?.call(scene())
      const result = await create(provider)
      expect(result).toMatchObject({ kind: 'refused', error: { name: 'ActionError' } })
      const [found] = (await provider.findByTags([TAG], call())).keys()
      const id = result.kind === 'refused' ? (result.id ?? (result.mayExist && found)) : undefined
      expect(id).toBe(found)
      expect(await provider.stop(String(id), call())).toMatch(/accepted|gone/)
      await expect.poll(() => scene().isRunning(String(id))).toBe(false)
    },
  )
}
