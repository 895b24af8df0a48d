import { describe, expect, it } from 'vitest'
import type { UploadEffect } from '../../emulator/rockit-edge/upload-fault.ts'
import {
  type Answer,
  type Answers,
  folderSource,
  listed,
  newCall,
  openEdge,
  openStorage,
  row,
  tasks,
} from './instance.ts'

const EXPIRE = 'PATCH /tasks {"taskName":"upload_1","expire":true}'
const ASKED = 'POST /builds {"appName":"a"}'
const upload = (status: string, more: object = {}) => row('upload', status, more)

/** Headers of a folder and a file, the file in full blocks, and the end of the archive. */
const WHOLE_BYTES = 512 + 512 + 5_120 + 1_024

/** A publish that uploads a folder to a real host, on an instance whose tasks are these, by list. */
async function openUpload(answers: Answers = {}, effect?: UploadEffect & { times?: number }) {
  const storage = await openStorage()
  if (effect) storage.faults.order(effect)
  const url = storage.newUrl()
  const scene = openEdge(
    {
      'POST /builds': [[200, { url, taskName: 'upload_1', buildName: '0007' }]],
      'GET /tasks': [tasks(), tasks(), tasks(upload('started'))],
      'GET /tasks/upload_1': [
        [200, upload('started')],
        [200, upload('expired')],
      ],
      'PATCH /tasks': [[200, {}]],
      ...answers,
    },
    { source: folderSource() },
  )
  await scene.edge.prepare(newCall())
  return { ...scene, storage, url }
}

describe('an upload', () => {
  it('is asked for, noted before that and until it has arrived, and its URL is hidden', async () => {
    const { create, changes, notes, hidden, url, storage, lines } = await openUpload()
    expect(await create()).toEqual({ kind: 'created', id: 'a/0007' })
    expect(changes()).toEqual([ASKED])
    expect(notes).toEqual(['opened upload', 'created upload upload-task:upload_1', 'closed upload'])
    expect(hidden).toEqual([url, new URL(url).pathname])
    expect(storage.uploads).toMatchObject([{ method: 'PUT', outcome: 'stored', isTar: true }])
    expect(lines.join('\n')).toMatch(/^Uploading 1 file, .*\nUploaded /m)
  })

  it('carries the headers that the reply names, and none of our own', async () => {
    const storage = await openStorage()
    const url = storage.newUrl()
    const unsendable = {
      host: 'x',
      'Transfer-Encoding': 'chunked',
      'content-length': '1',
      expect: 'x',
    }
    const headers = { 'x-store': 'yes', 'x-number': 7, 'x-none': 'a\r\nx-more: b', 'x y': 'z' }
    const { create } = await openUpload({
      'POST /builds': [[200, { url: { url, headers: { ...headers, ...unsendable } } }]],
    })
    expect(await create()).toMatchObject({ kind: 'created' })
    expect(storage.uploads[0]?.headers).toMatchObject({ 'x-store': 'yes', 'x-number': '7' })
    expect(storage.uploads[0]?.headers).not.toHaveProperty('transfer-encoding')
    expect(storage.uploads[0]?.headers).not.toHaveProperty('x-none')
    expect(storage.uploads[0]?.apiHeaders).toEqual([])
  })

  it('whose task the reply does not name is found among the tasks that are new', async () => {
    const storage = await openStorage()
    const { create, notes } = await openUpload({
      'POST /builds': [[200, { url: storage.newUrl() }]],
      'GET /tasks': [
        tasks(),
        tasks(),
        tasks(upload('started', { name: 'u 9' }), row('mkdxf', 'begin')),
      ],
    })
    expect(await create()).toEqual({ kind: 'created', id: 'a/0007' })
    expect(notes).toContain('created upload upload-task:u 9')
  })

  it.each<[string, Answer]>([
    ['is not listed', tasks()],
    ['cannot be read', [500, {}]],
  ])('whose task %s is sent all the same', async (_name, answer) => {
    const storage = await openStorage()
    const { create, notes } = await openUpload({
      'POST /builds': [[200, { url: storage.newUrl() }]],
      'GET /tasks': [tasks(), tasks(), answer],
    })
    expect(await create()).toMatchObject({
      kind: 'created',
      id: expect.stringMatching(/^a\/\w{12}$/),
    })
    expect(notes).toEqual(['opened upload', 'closed upload'])
  })

  it('is not of a build whose training alone is to be seen, but that task may be the upload’s', async () => {
    const storage = await openStorage()
    const { create, notes } = await openUpload({
      'POST /builds': [[200, { url: storage.newUrl() }]],
      'GET /tasks': [tasks(), tasks(), tasks(row('odd', 'begin', { buildName: '0006' }))],
    })
    expect(await create()).not.toMatchObject({ id: 'a/0006' })
    expect(notes).toContain('created upload upload-task:odd_1')
  })

  it.each<[string, object, RegExp]>([
    ['none', { taskName: 'upload_1' }, /has no upload URL/],
    ['none that can be read', { url: 'http://', uploadUrl: 'https://[' }, /unusable upload URL/],
    ['one that others can read on its way', { url: 'http://storage.example/x' }, /is not https/],
  ])('without a good URL (%s) is broken off and stays noted', async (_name, reply, message) => {
    const { create, notes, storage } = await openUpload({ 'POST /builds': [[200, reply]] })
    expect(await create()).toMatchObject({
      kind: 'broken-off',
      error: { message: expect.stringMatching(message), kind: 'malformed-reply' },
    })
    expect(notes).not.toContain('closed upload')
    expect(storage.uploads).toEqual([])
  })

  it('goes to whatever host an https URL names', async () => {
    const url = 'https://storage.invalid/x'
    const { create } = await openUpload({ 'POST /builds': [[200, { url }]] })
    expect(await create()).toMatchObject({ kind: 'broken-off', error: { kind: 'unreachable' } })
  })

  it('is known by the build that the reply names, before any task is listed', async () => {
    const storage = await openStorage()
    const { create } = await openUpload({
      'POST /builds': [[200, { url: storage.newUrl(), taskName: 't', buildName: '0009' }]],
      'GET /tasks': [tasks()],
    })
    expect(await create()).toEqual({ kind: 'created', id: 'a/0009' })
  })

  it('is not taken for a publish that is under way', async () => {
    const storage = await openStorage()
    const { create, notes } = await openUpload({
      'POST /builds': [[200, { url: storage.newUrl() }]],
      'GET /tasks': [tasks(), tasks(), tasks(row('deploy', 'begin', { buildName: '0006' }))],
    })
    expect(await create()).toMatchObject({ kind: 'created' })
    expect(notes).toEqual(['opened upload', 'closed upload'])
  })

  it('that is refused for good is broken off, and expired at the end of the run', async () => {
    const { create, edge, notes, changes, lines } = await openUpload(
      {},
      { kind: 'status', status: 413 },
    )
    expect(await create()).toMatchObject({ kind: 'broken-off', error: { kind: 'refused' } })
    expect(notes).not.toContain('closed upload')
    await edge.finish(newCall())
    expect(changes()).toEqual([ASKED, EXPIRE])
    expect(notes.at(-1)).toBe('closed upload')
    expect(lines).toContain('Expired the upload task upload_1.')
  })

  it('whose task the reply names is expired by that name, though it is not listed', async () => {
    const storage = await openStorage()
    storage.faults.order({ kind: 'status', status: 413 })
    const { create, edge, changes } = await openUpload({
      'POST /builds': [[200, { url: storage.newUrl(), taskName: 'named' }]],
      'GET /tasks': [tasks()],
      'GET /tasks/named': [
        [200, upload('started')],
        [200, upload('expired')],
      ],
    })
    await create()
    await edge.finish(newCall())
    expect(changes()).toEqual([ASKED, 'PATCH /tasks {"taskName":"named","expire":true}'])
  })

  it('that is cancelled creates nothing, and is expired at the end of the run', async () => {
    const over = new AbortController()
    const { create, edge, changes, notes } = await openUpload({}, { kind: 'stall', atBytes: 1 })
    const created = create(newCall(over.signal))
    setTimeout(() => over.abort(), 300)
    expect(await created).toMatchObject({ kind: 'try-again', error: { kind: 'cancelled' } })
    await edge.finish(newCall())
    expect(changes()).toEqual([ASKED, EXPIRE])
    expect(notes.at(-1)).toBe('closed upload')
  })

  it('that is refused before it is asked for is noted no more', async () => {
    const { create, edge, notes, changes } = await openUpload({ 'POST /builds': [[409, {}]] })
    expect(await create()).toMatchObject({ kind: 'refused' })
    expect(notes).toEqual(['opened upload', 'closed upload'])
    await edge.finish(newCall())
    expect(changes()).toEqual([ASKED])
  })
})

describe('an upload URL that is not valid', () => {
  it('leads to a new import once the old task is expired, twice at most', async () => {
    const { create, changes, notes } = await openUpload(
      {
        'GET /tasks/upload_1': [0, 1].flatMap(() => [
          [200, upload('started')] as const,
          [200, upload('expired')] as const,
        ]),
      },
      { kind: 'status', status: 403 },
    )
    for (const count of [1, 2]) {
      expect(await create()).toMatchObject({ kind: 'try-again' })
      expect(changes().filter((one) => one === EXPIRE)).toHaveLength(count)
    }
    expect(await create()).toMatchObject({ kind: 'broken-off', error: { kind: 'refused' } })
    expect(changes().filter((one) => one === EXPIRE)).toHaveLength(2)
    expect(notes.filter((note) => note === 'closed upload')).toHaveLength(2)
  })

  it('leaves its task noted where that cannot be expired now, and says so', async () => {
    const { create, edge, notes, changes, lines } = await openUpload(
      {
        'PATCH /tasks': [
          [500, {}],
          [200, {}],
        ],
        'GET /tasks/upload_1': [
          [200, upload('started')],
          [200, upload('started')],
          [200, upload('expired')],
        ],
      },
      { kind: 'status', status: 410 },
    )
    expect(await create()).toMatchObject({ kind: 'try-again' })
    expect(notes).not.toContain('closed upload')
    expect(lines.join('\n')).toMatch(/upload task upload_1 did not expire \(HTTP 500\)/)
    await edge.finish(newCall())
    expect(changes()).toEqual([ASKED, EXPIRE, EXPIRE])
    expect(notes).toContain('closed upload')
  })

  it('leaves an unnamed task noted that is not listed yet, and expires it at the end', async () => {
    let isListed = false
    const storage = await openStorage()
    storage.faults.order({ kind: 'status', status: 403 })
    const { create, edge, notes, changes } = await openUpload({
      'POST /builds': [[200, { url: storage.newUrl() }]],
      'GET /tasks': () => tasks(...(isListed ? [upload('started')] : [])),
    })
    expect(await create()).toMatchObject({ kind: 'try-again' })
    expect(notes).toEqual(['opened upload'])
    isListed = true
    await edge.finish(newCall())
    expect(changes()).toEqual([ASKED, EXPIRE])
    expect(notes).toEqual(['opened upload', 'closed upload'])
  })
})

describe('an upload whose reply is lost', () => {
  it('is expired before another is asked for: its URL is lost', async () => {
    const { create, changes, notes, lines } = await openUpload({ 'POST /builds': ['broken'] })
    expect(await create()).toMatchObject({ kind: 'try-again', error: { kind: 'connection-lost' } })
    expect(changes()).toEqual([ASKED, EXPIRE])
    expect(notes).toEqual(['opened upload', 'closed upload'])
    expect(lines.join('\n')).toMatch(/its upload URL is lost: expiring the task upload_1/)
  })

  it('and which never began is noted no more', async () => {
    const { create, changes, notes } = await openUpload({
      'POST /builds': ['broken'],
      'GET /tasks': [tasks(row('mkraw', 'begin', { appName: 'other' }))],
    })
    expect(await create()).toMatchObject({ kind: 'try-again' })
    expect(changes()).toEqual([ASKED])
    expect(notes).toEqual(['opened upload', 'closed upload'])
  })

  it.each<[string, Answers]>([
    ['the task does not expire', { 'PATCH /tasks': [[403, {}]] }],
    ['the tasks cannot be read', { 'GET /tasks': [tasks(), tasks(), [500, {}]] }],
  ])('stays noted, and nothing else is asked for, where %s', async (_name, answers) => {
    const { create, notes } = await openUpload({ 'POST /builds': ['broken'], ...answers })
    expect(await create()).toMatchObject({
      kind: 'broken-off',
      error: { kind: 'unresolved-create' },
    })
    expect(notes).toEqual(['opened upload'])
  })

  it('when the run is cancelled is found by its time at the end of the run', async () => {
    const over = new AbortController()
    const { create, edge, changes, notes } = await openUpload({
      'POST /builds': () => {
        over.abort()
        return 'aborted'
      },
    })
    expect(await create(newCall(over.signal))).toMatchObject({ kind: 'try-again' })
    expect(notes).toEqual(['opened upload'])
    await edge.finish(newCall())
    expect(changes()).toEqual([ASKED, EXPIRE])
    expect(notes.at(-1)).toBe('closed upload')
  })
})

describe('a PUT without a clear reply', () => {
  const lost = { kind: 'lost-answer', times: 1 } as const
  const after = (...rows: object[]) => ({ 'GET /tasks': [tasks(), tasks(), tasks(...rows)] })

  it.each<[string, object[]]>([
    ['its import has begun', [row('mkraw', 'submitted'), upload('started')]],
    ['its task has ended', [upload('ended')]],
  ])('has arrived where %s', async (_name, rows) => {
    const { create, storage } = await openUpload(after(...rows), lost)
    expect(await create()).toMatchObject({ kind: 'created' })
    expect(storage.uploads).toHaveLength(1)
  })

  it('is sent again while its task is open, though all of it was sent', async () => {
    const effect = { kind: 'reset', atBytes: WHOLE_BYTES, times: 1 } as const
    const { create, storage } = await openUpload(after(upload('started')), effect)
    expect(await create()).toMatchObject({ kind: 'created' })
    expect(storage.uploads.map(({ bytes }) => bytes)).toEqual([WHOLE_BYTES, WHOLE_BYTES])
  })

  it('is not sent again on old news of its task', async () => {
    const storage = await openStorage()
    storage.faults.order({ ...lost })
    const { create } = await openUpload({
      'POST /builds': [[200, { url: storage.newUrl() }]],
      'GET /tasks': [tasks(), tasks(), tasks(upload('started')), [500, {}]],
    })
    expect(await create()).toMatchObject({ kind: 'created' })
    expect(storage.uploads).toHaveLength(1)
  })

  it('is sent again where not all of it was sent', async () => {
    const { create, storage, lines } = await openUpload(after(upload('started')), {
      kind: 'reset',
      atBytes: 6_000,
      times: 1,
    })
    expect(await create()).toMatchObject({ kind: 'created' })
    expect(storage.uploads).toHaveLength(2)
    expect(lines.join('\n')).toMatch(/Uploading it again/)
  })

  it.each<[string, Answers]>([
    ['is not listed', after()],
    ['cannot be read', { 'GET /tasks': [tasks(), tasks(), [403, {}]] }],
  ])('counts as arrived where its task %s', async (_name, answers) => {
    const { create, storage, lines } = await openUpload(answers, lost)
    expect(await create()).toMatchObject({ kind: 'created' })
    expect(storage.uploads).toHaveLength(1)
    expect(lines.join('\n')).toMatch(/All of it was sent, so it counts as arrived/)
  })
})

describe('what a killed run left behind', () => {
  const seconds = (atMs: number) => Math.floor(atMs / 1000).toString(36)
  const uploadTag = (atMs: number) => `dgs_upload_${seconds(atMs)}_0123456789ab`
  const subscription = `dgs_${seconds(Date.now())}_0123456789ab`

  it.each([
    [-31, false],
    [-30, true],
    [0, true],
    [60, true],
    [61, false],
  ])(
    'is an upload that was opened around the time it was asked for (%i s): %s',
    async (after, isOurs) => {
      const askedMs = 1_800_000_000_000
      const created = askedMs + after * 1000
      const { edge } = openEdge({ 'GET /tasks': [tasks(upload('started', { created }))] })
      const tag = uploadTag(askedMs)
      const found = await edge.findByTags([subscription, tag], newCall())
      expect([...found]).toEqual([
        [`subscription:${subscription}`, subscription],
        ...(isOurs ? [['upload-task:upload_1', tag]] : []),
      ])
    },
  )

  it('is none that is over, or of which nobody knows when it began', async () => {
    const rows = [
      upload('ended', { name: 'u1' }),
      upload('started', { name: 'u2', created: undefined }),
      row('mkraw', 'begin'),
    ]
    const { edge } = openEdge({ 'GET /tasks': [tasks(...rows)] })
    expect((await edge.findByTags([uploadTag(Date.now())], newCall())).size).toBe(0)
  })

  it('is not searched for under tags of anything else', async () => {
    const { edge, asked } = openEdge()
    expect(
      (
        await edge.findByTags(
          ['dgs-x', 'dgs_upload_x', `x${uploadTag(0)}`, `${uploadTag(0)}0`, `x${subscription}`],
          newCall(),
        )
      ).size,
    ).toBe(0)
    expect(asked).toEqual([])
  })

  it('is ended by its id', async () => {
    const { edge, changes, lines } = openEdge({
      'GET /tasks/upload_1': [
        [200, upload('started')],
        [200, upload('expired')],
      ],
      'PATCH /tasks': [[200, {}]],
      'DELETE /subscriptions/s%201': [[204]],
    })
    expect(await edge.stop('upload-task:upload_1', newCall())).toBe('gone')
    expect(await edge.stop('subscription:s 1', newCall())).toBe('gone')
    expect(changes()).toEqual([EXPIRE, 'DELETE /subscriptions/s%201'])
    expect(lines).toEqual(['Expired the upload task upload_1.'])
    await expect(edge.stop('a/0007', newCall())).rejects.toMatchObject({ kind: 'refused' })
  })

  it('is left alone where the upload is over already', async () => {
    const { edge, changes, lines } = openEdge({ 'GET /tasks/u': [[200, upload('ended')]] })
    expect(await edge.stop('upload-task:u', newCall())).toBe('gone')
    expect([...changes(), ...lines]).toEqual([])
  })
})

it('a killed run finds its upload though the clock of its machine is days off', async () => {
  const atMs = Date.now() - 5 * 86_400_000
  const headers = { date: new Date(atMs).toUTCString() }
  const created = atMs + 2_000
  const [status, body] = tasks() as [number, object]
  const { create, edge, context } = await openUpload({
    'GET /tasks': [
      [status, body, headers],
      [status, body, headers],
      tasks(upload('started', { created })),
    ],
    'POST /builds': [[200, {}]],
  })
  const opened: string[] = []
  context.cleanUpNotes.opened = (tag) => opened.push(tag)
  await create()
  expect([...(await edge.findByTags(opened, newCall())).keys()]).toEqual(['upload-task:upload_1'])
})

describe('the end of a run', () => {
  it('tries everything, and then says what could not be taken back', async () => {
    const { create, edge, changes } = await openUpload(
      {
        'POST /subscriptions': [[200, { secret: 's' }]],
        'PATCH /tasks': [[403, {}]],
        'GET /subscriptions': [listed('subscriptions', [])],
      },
      { kind: 'status', status: 413 },
    )
    await edge.webhooks.subscribe(new URL('https://hook.example'), newCall())
    await create()
    await expect(edge.finish(newCall())).rejects.toMatchObject({
      kind: 'forbidden',
      next: expect.stringMatching(/tasks 6/),
    })
    expect(changes().map((one) => one.split(' ')[0])).toEqual(['POST', 'POST', 'DELETE', 'PATCH'])
  })
})
