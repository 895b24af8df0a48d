import { describe, expect, it } from 'vitest'
import { type Answer, APP, folderSource, newCall, openEdge, row, tasks } from './instance.ts'

const ACCEPTED: Answer = [200, { taskName: 'dltar_1', buildName: '0007' }]

describe('debugging', () => {
  it.each([
    ['1', true],
    ['', false],
  ])('with RUNNER_DEBUG %j shows the shapes of replies: %s', async (debug, isShown) => {
    const { edge, lines } = openEdge({}, {}, { RUNNER_DEBUG: debug })
    await edge.prepare(newCall())
    expect(lines.some((line) => line.startsWith('debug: GET /be/v1/apps/a → 200: {'))).toBe(isShown)
  })
})

describe('preparing', () => {
  it('reads the app and its tasks, and asks for no webhook', async () => {
    const { edge, asked } = openEdge()
    expect(await edge.prepare(newCall())).toEqual({ version: '', versionAction: 'unmanaged' })
    expect(asked.sort()).toEqual(['GET /apps/a', 'GET /subscriptions', 'GET /tasks'])
  })

  it.each([
    ['auto', true],
    ['webhook', true],
    ['none', false],
  ] as const)(
    'with wait %s needs a webhook where tasks may not be read: %s',
    async (wait, isNeeded) => {
      const { edge } = openEdge({ 'GET /tasks': [[403, {}]] }, { wait })
      const { webhookRequired } = await edge.prepare(newCall())
      expect(webhookRequired?.kind).toBe(isNeeded ? 'no-tunnel' : undefined)
    },
  )

  it.each<[string, object, RegExp]>([
    [
      'has an error',
      { error: 'disk full' },
      /is in an error state, so nothing was sent: disk full\.$/,
    ],
    ['is locked', { locked: true }, /is locked, so nothing was sent\.$/],
  ])('refuses an app that %s, and says what may unlock it', async (_name, state, message) => {
    const answers = { 'GET /tasks': [tasks(row('deploy', 'failed'))] }
    const { edge } = openEdge({ ...answers, 'GET /apps/a': [[200, { ...APP, ...state }]] })
    await expect(edge.prepare(newCall())).rejects.toMatchObject({
      kind: 'refused',
      message: expect.stringMatching(message),
      next: expect.stringMatching(/^The task deploy_1 failed, which locks the app/),
    })
  })

  it('does not hold an app against us that may not be read', async () => {
    const { edge } = openEdge({ 'GET /apps/a': [[403, {}]] })
    expect(await edge.prepare(newCall())).toMatchObject({ version: '' })
  })

  it('looks at the build before it sends any request', async () => {
    const { edge, asked } = openEdge({}, { source: { kind: 'path', path: '/nowhere/at/all' } })
    await expect(edge.prepare(newCall())).rejects.toMatchObject({ kind: 'unusable-input' })
    await expect(edge.plan(newCall())).rejects.toMatchObject({ kind: 'unusable-input' })
    expect(asked).toEqual([])
  })
})

describe('a plan', () => {
  const plan = async (...[answers, settings]: Parameters<typeof openEdge>) => {
    const { edge, changes } = openEdge(answers, settings)
    const planned = await edge.plan(newCall())
    expect(changes()).toEqual([])
    return planned
  }

  it('says what would be downloaded, without the query of its URL', async () => {
    expect(await plan()).toEqual({
      preparing: [],
      deploying: [
        {
          kind: 'create',
          what: 'build of a',
          detail: 'from https://builds.example/b.tar; imported and published',
        },
      ],
      finishing: [],
      checks: [
        { what: 'app a of acme', result: 'good', detail: 'its current build is 6' },
        { what: 'tasks', result: 'good', detail: 'none is under way' },
      ],
      warnings: [],
      version: '',
      versionAction: 'unmanaged',
    })
  })

  it('says what would be uploaded, until when, and what is under way', async () => {
    const source = folderSource()
    const planned = await plan(
      {
        'GET /apps/a': [[200, { name: 'a', processing: true }]],
        'GET /tasks': [
          tasks(
            row('mkraw', 'begin'),
            row('deploy', 'queued'),
            row('dltar', 'end'),
            row('x', 'odd'),
          ),
        ],
      },
      { source, waitUntil: 'imported' },
    )
    expect(planned.deploying[0]?.detail).toMatch(/^\/.*, 1 file, 7168 bytes; imported$/)
    expect(planned.checks.map(({ detail }) => detail)).toEqual([
      'it is busy',
      'under way: mkraw_1, deploy_1',
    ])
  })

  it('says what may not be read, and of an app that says nothing that it exists', async () => {
    const hidden = await plan({ 'GET /apps/a': [[403, {}]], 'GET /tasks': [[403, {}]] })
    const unknown = { result: 'unknown', detail: 'this account may not read it' }
    expect(hidden.checks).toMatchObject([unknown, unknown])
    expect((await plan({ 'GET /apps/a': [[200, { name: 'a' }]] })).checks[0]?.detail).toBe(
      'it exists',
    )
  })
})

describe('a status check', () => {
  it('knows the id of this run’s import only', async () => {
    const { edge, create, asked } = openEdge({ 'POST /builds': [ACCEPTED] })
    const before = await edge.observe(['a/0007'], newCall())
    expect(before.get('a/0007')).toMatchObject({ kind: 'not-found' })
    expect(asked).toEqual([])
    await create()
    const count = asked.length
    await edge.observe(['a/0006'], newCall())
    expect(asked).toHaveLength(count)
    const readings = await edge.observe(['a/0006', 'a/0007'], newCall())
    expect(readings.get('a/0006')).toMatchObject({ kind: 'not-found' })
    expect(readings.get('a/0007')).toMatchObject({ state: 'pending' })
    expect([...readings.keys()]).toEqual(['a/0006', 'a/0007'])
  })

  it('fails where neither tasks nor webhooks can show an end', async () => {
    const { edge, create } = openEdge({ 'POST /builds': [ACCEPTED], 'GET /tasks': [[403, {}]] })
    await create()
    await expect(edge.observe(['a/0007'], newCall())).rejects.toMatchObject({ kind: 'no-tunnel' })
  })

  it.each([
    [undefined, /failed: 3 bytes$/],
    [9, /is 3 bytes long, not 9 as build-size says/],
  ])('holds a download against build-size %s', async (sizeBytes, reason) => {
    const exception = { httpDownloadFailed: { sizeBytes: 3 } }
    const { edge, create } = openEdge(
      {
        'POST /builds': [ACCEPTED],
        'GET /tasks': [tasks(), tasks(row('dltar', 'failed', { exception }))],
      },
      { source: { kind: 'url', url: new URL('https://x.example'), sizeBytes } },
    )
    await create()
    expect((await edge.observe(['a/0007'], newCall())).get('a/0007')).toMatchObject({
      state: 'failed',
      reason: expect.stringMatching(reason),
    })
  })

  it.each(['imported', 'deployed'] as const)('waits until the build is %s', async (waitUntil) => {
    const { edge, create } = openEdge(
      { 'POST /builds': [ACCEPTED], 'GET /tasks': [tasks(), tasks(row('mkraw', 'end'))] },
      { waitUntil, source: folderSource() },
    )
    await create()
    const isEnough = waitUntil === 'imported'
    expect(edge.successWord).toBe(isEnough ? 'imported' : 'published')
    expect((await edge.observe(['a/0007'], newCall())).get('a/0007')).toMatchObject({
      state: isEnough ? 'succeeded' : 'pending',
    })
  })
})

it('is asked every ten to fifteen seconds', () => {
  const { edge } = openEdge()
  expect([0, 0.5, 1].map((random) => edge.pollSchedule(() => random).intervalMs(0))).toEqual([
    10_000, 12_500, 15_000,
  ])
  expect(edge.targets).toEqual([{ name: 'a', where: 'acme' }])
  expect(edge.traits.createMs).toBe(24 * 3_600_000)
})
