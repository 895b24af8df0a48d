import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { ActionError } from '../../../src/base/errors.ts'
import type { Call } from '../../../src/provider/call.ts'
import type { Provider } from '../../../src/provider/provider.ts'
import type { Scene } from '../contract.ts'
import { call, create, createdId, TAG } from './steps.ts'

/** Nothing but an abort ends such a call within the time of a test. */
const FOR_EVER_MS = 3_600_000

type Work = (provider: Provider, id: string, bounds: Call) => Promise<unknown>

const WORKS: readonly (readonly [name: string, work: Work])[] = [
  ['prepare', (provider, _, bounds) => provider.prepare(bounds)],
  ['create', (provider, _, bounds) => create(provider, { tag: `${TAG}b`, bounds })],
  ['observe', (provider, id, bounds) => provider.observe([id], bounds)],
  ['findByTags', (provider, _, bounds) => provider.findByTags([TAG], bounds)],
  ['stop', (provider, id, bounds) => provider.stop(id, bounds)],
]

export function describeCalls(scene: () => Scene): void {
  async function hang(): Promise<{ provider: Provider; id: string }> {
    const provider = scene().open()
    const id = await createdId(provider)
    scene().emulator.faults.order({ kind: 'hang' })
    return { provider, id }
  }

  describe.each(WORKS)('%s, while the provider does not answer,', (_, work) => {
    it('ends as soon as its signal aborts', async () => {
      const { provider, id } = await hang()
      const { requests } = scene().emulator
      const before = requests.length
      const cancel = new AbortController()
      let isOver = false
      const done = work(provider, id, call(FOR_EVER_MS, cancel.signal))
        .catch(ended)
        .finally(() => {
          isOver = true
        })
      // Some need no request at all.
      while (requests.length === before && !isOver) await sleep(5)
      cancel.abort()
      await done
    })

    it('sends nothing when its signal has aborted before', async () => {
      const { provider, id } = await hang()
      const before = scene().emulator.requests.length
      await work(provider, id, call(FOR_EVER_MS, AbortSignal.abort())).catch(ended)
      expect(scene().emulator.requests.length).toBe(before)
    })

    it('ends by its deadline', async () => {
      const { provider, id } = await hang()
      await work(provider, id, call(150)).catch(ended)
    })
  })
}

/** Whatever ends a call early is an error that the run can report. */
function ended(thrown: unknown): void {
  expect(thrown).toBeInstanceOf(ActionError)
}
