import { describe, expect, it } from 'vitest'
import { readRows, readTask } from '../../../src/provider/rockit-edge/wire/task.ts'
import { type Answer, folderSource, newCall, openEdge, openStorage, tasks } from './instance.ts'

describe('the reply to the import of an upload', () => {
  it.each<[string, (url: string) => Answer]>([
    ['the URL as plain text', (url) => [200, ` ${url}\n`]],
    ['the URL as JSON', (url) => [200, JSON.stringify(url)]],
    ['a location', (location) => [201, '', { location }]],
  ])('may be no more than %s', async (_name, answer) => {
    const storage = await openStorage()
    const { edge, create } = openEdge(
      { 'POST /builds': [answer(storage.newUrl())], 'GET /tasks': [tasks()] },
      { source: folderSource() },
    )
    await edge.prepare(newCall())
    expect(await create()).toMatchObject({ kind: 'created' })
    expect(storage.uploads).toHaveLength(1)
  })

  it.each([
    { message: 'send it to https://x.example/KEY' },
    'ftp://x.example/KEY',
    { error: 'KEY' },
  ])('is not shown where it is not understood, for it may hold the URL: %j', async (reply) => {
    const { edge, create, lines } = openEdge(
      { 'POST /builds': [[200, reply]] },
      { source: folderSource() },
    )
    await edge.prepare(newCall())
    const result = await create()
    expect(result.kind).toBe('broken-off')
    expect(JSON.stringify([result, lines, 'error' in result && result.error.message])).not.toMatch(
      /KEY/,
    )
  })
})

it('the reply to a subscription is not shown, for it may be the secret', async () => {
  const { edge } = openEdge({ 'POST /subscriptions': [[200, '"hush-hush"']] })
  const made = edge.webhooks.subscribe(new URL('https://hook.example/x'), newCall())
  await expect(made).rejects.toMatchObject({ message: expect.not.stringMatching(/hush/) })
})

describe('a list of tasks', () => {
  it.each([{ tasks: null }, { status: 'success', data: { tasks: null } }])(
    'may hold nothing as %j',
    (reply) => expect(readRows(reply, 'tasks')).toEqual({ rows: [], total: 0 }),
  )

  it('is none where an error is given in its place', () => {
    expect(readRows({ tasks: null, error: 'busy' }, 'tasks')).toBeUndefined()
  })
})

it.each([
  ['Make Raw', 'mkraw'],
  ['download', 'dltar'],
  ['publish', 'deploy'],
])('a task may be called in the words of the documentation: %s', (type, kind) => {
  expect(readTask({ name: 'x', type, status: 'Successful' })).toMatchObject({ kind, stage: 'end' })
})
