import { describe, expect, it } from 'vitest'
import { systemClock } from '../../../src/base/clock.ts'
import { RockitEdgeApi } from '../../../src/provider/rockit-edge/api.ts'
import { createRockitEdgeClient } from '../../../src/provider/rockit-edge/client.ts'
import { ImportRecord } from '../../../src/provider/rockit-edge/import-record.ts'
import { Reader } from '../../../src/provider/rockit-edge/reader.ts'
import type { RockitEdgeSettings } from '../../../src/provider/rockit-edge/settings.ts'

const call = { deadlineMs: 1_000, signal: new AbortController().signal }
const app = { name: 'a', iCurBuild: 6, processing: false }
type Answer = readonly [status: number, body: unknown]

/** A reader of an instance whose answers are taken from these, by path, the last one again and again. */
function readerOf(answers: Record<string, Answer[]>) {
  const asked: string[] = []
  const settings = { apiUrl: new URL('https://x'), token: 'k', organization: 'o', username: 'u' }
  const send = createRockitEdgeClient(
    async ({ url }) => {
      const path = url.pathname.replace('/be/v1', '')
      asked.push(path)
      const own = answers[path] ?? [[404, {}]]
      const [status, body] = (own.length > 1 ? own.shift() : own[0]) ?? [404, {}]
      const text = typeof body === 'string' ? body : JSON.stringify(body)
      return { status, headers: {}, text }
    },
    settings as RockitEdgeSettings,
    undefined,
  )
  const lines: string[] = []
  const api = new RockitEdgeApi(send, 'a')
  return { asked, lines, reader: new Reader(api, systemClock, (line) => lines.push(line)) }
}

const newRecord = () => new ImportRecord({ app: undefined, tasks: [] })

describe('what may not be read', () => {
  it('from the beginning is not asked for again, which is logged once', async () => {
    const { reader, asked, lines } = readerOf({ '/apps/a': [[200, app]], '/tasks': [[403, {}]] })
    for (let count = 0; count < 3; count += 1) {
      expect((await reader.read(newRecord(), call)).tasks).toBeUndefined()
    }
    expect(reader.mayReadTasks).toBe(false)
    expect(asked.filter((path) => path === '/tasks')).toHaveLength(1)
    expect(lines.join()).toMatch(/^Tasks may not be read; relying on signed webhooks alone/)
  })

  it('by one refusal after it could be read is read again', async () => {
    const tasks: Answer[] = [
      [200, { tasks: [] }],
      [403, '<h1>Forbidden</h1>'],
      [200, { tasks: [] }],
    ]
    const { reader } = readerOf({
      '/apps/a': [
        [200, app],
        [403, {}],
        [200, app],
      ],
      '/tasks': tasks,
    })
    await reader.read(newRecord(), call)
    await expect(reader.read(newRecord(), call)).rejects.toMatchObject({ kind: 'forbidden' })
    expect(reader.mayReadTasks).toBe(true)
    expect(await reader.read(newRecord(), call)).toMatchObject({ tasks: [], app: { name: 'a' } })
  })
})

describe('the details of a failed task', () => {
  const row = { name: 't/1 x', appName: 'a', type: 'deploy', status: 'failed', buildName: '7' }
  const list: Answer[] = [[200, { tasks: [{ ...row, type: 'mkraw', name: 'm' }, row] }]]
  const error = { deployment: { failedDeployments: ['akamai'] } }
  const path = '/tasks/t%2F1%20x'

  it('are read once, whatever its name', async () => {
    const details: Answer[] = [[200, { data: { ...row, error } }]]
    const { reader, asked } = readerOf({ '/apps/a': [[200, app]], '/tasks': list, [path]: details })
    const record = newRecord()
    for (let count = 0; count < 3; count += 1) await reader.read(record, call)
    expect(asked.filter((one) => one === path)).toHaveLength(1)
    expect(record.own('deploy')[0]?.failure).toMatchObject({ failed: ['akamai'] })
  })

  it('are asked for once more where there was no answer, and no further', async () => {
    const { reader, asked } = readerOf({
      '/apps/a': [[200, app]],
      '/tasks': list,
      [path]: [[500, {}]],
    })
    const record = newRecord()
    await expect(reader.read(record, call)).rejects.toMatchObject({ kind: 'server-fault' })
    for (let count = 0; count < 3; count += 1) await reader.read(record, call)
    expect(asked.filter((one) => one === path)).toHaveLength(2)
    expect(record.own('deploy')[0]?.stage).toBe('error')
  })
})
