import { describe, expect, it } from 'vitest'
import { appOf, fresh, scene, taskOf } from './build-scene.ts'
import {
  type Answer,
  folderSource,
  newCall,
  openEdge,
  openStorage,
  row,
  tasks,
} from './instance.ts'

const theirs = (type: string, status: string) =>
  row(type, status, { name: `${type}_of_others`, buildName: '0008' })

describe('what others import while our build is on its way', () => {
  /** The tasks as they are listed before the import, after it, at the end of the upload, and after that. */
  async function uploadAmong(lists: readonly Answer[], status?: number) {
    const storage = await openStorage()
    if (status !== undefined) storage.faults.order({ kind: 'status', status, atBytes: 7_168 })
    const scene = openEdge(
      {
        'POST /builds': [[200, { url: storage.newUrl() }]],
        'GET /tasks': [tasks(), tasks(), ...lists],
      },
      { source: folderSource() },
    )
    await scene.edge.prepare(newCall())
    return scene
  }

  it('is not taken for our build', async () => {
    const { create, edge } = await uploadAmong([
      tasks(),
      tasks(theirs('dltar', 'begin')),
      tasks(theirs('mkraw', 'end'), theirs('deploy', 'end'), row('mkraw', 'begin')),
    ])
    const result = await create()
    const id = result.kind === 'created' ? result.id : ''
    const observation = (await edge.observe([id], newCall())).get(id)
    expect(observation).toMatchObject({ state: 'pending', status: 'mkraw begin' })
  })

  it.each([403, 409, 413])(
    'does not show that our upload arrived, which was answered with %i',
    async (status) => {
      const lists = [tasks(), tasks(theirs('dltar', 'begin'))]
      const { create } = await uploadAmong(lists, status)
      expect((await create()).kind).not.toBe('created')
    },
  )

  it('with an upload of its own leaves open which of the two is ours, and neither is expired', async () => {
    const uploads = ['u1', 'u2'].map((name) => row('upload', 'begin', { name }))
    const { create, edge, changes } = await uploadAmong([tasks(...uploads)], 413)
    expect(await create()).toMatchObject({ kind: 'broken-off' })
    await expect(edge.finish(newCall())).rejects.toMatchObject({
      message: expect.stringMatching(/u1, u2 are open, and which of them is of this run/),
    })
    expect(changes().filter((request) => request.startsWith('PATCH'))).toEqual([])
  })
})

describe('imports that are listed together at first, where nothing says which is ours', () => {
  const both = (...ends: [ours: string, theirs: string]) =>
    ends.map((status, index) =>
      taskOf('mkraw', status, { name: `m${index}`, buildName: `000${7 + index}` }),
    )
  const deploy = (build: string, status: string) =>
    taskOf('deploy', status, { name: `d${build}`, buildName: build })

  it.each(['0007', '0008'])('all have to be published, and not only %s', (build) => {
    const { check } = scene()
    check(both('begin', 'begin'))
    const ended = [...both('end', 'end'), deploy(build, 'end')]
    expect(check(ended, appOf(fresh)).state).toBe('pending')
    const all = [...both('end', 'end'), deploy('0007', 'end'), deploy('0008', 'end')]
    expect(check(all, appOf(fresh)).state).toBe('succeeded')
  })

  it.each([
    ['failed', 'end'],
    ['end', 'failed'],
  ] as const)('fail us when one fails (%s, %s)', (ours, others) => {
    const { check } = scene()
    check(both('begin', 'begin'))
    expect(check([...both(ours, others), deploy('0007', 'end')]).state).toBe('failed')
  })

  it('all have to be imported where only that is waited for', () => {
    const { check } = scene(undefined, 'imported')
    const deploys = [deploy('0007', 'end'), deploy('0008', 'begin')]
    const download = taskOf('dltar', 'end', { name: 'l1', buildName: '0008' })
    expect(check(both('end', 'begin')).state).toBe('pending')
    expect(check([...both('end', 'begin'), download, ...deploys], appOf(fresh)).state).toBe(
      'pending',
    )
    expect(check(both('end', 'end')).state).toBe('succeeded')
  })

  it('are none of ours when they begin later', () => {
    const { check } = scene()
    check(both('begin', 'begin').slice(0, 1))
    expect(check([...both('end', 'failed'), deploy('0007', 'end')], appOf(fresh)).state).toBe(
      'succeeded',
    )
  })

  it('are warned of once', async () => {
    const rows = ['7', '8'].map((build) => row('mkraw', 'begin', { name: build, buildName: build }))
    const { edge, create, lines } = openEdge({
      'POST /builds': [[200, {}]],
      'GET /tasks': [tasks(), tasks(...rows)],
    })
    const result = await create()
    const id = result.kind === 'created' ? result.id : ''
    await edge.observe([id], newCall())
    await edge.observe([id], newCall())
    expect(
      lines.filter((line) => /began at the same time \(builds 7, 8\)/.test(line)),
    ).toHaveLength(1)
  })
})

it('an upload of others is no build of ours where ROCKIT Edge downloads', async () => {
  const upload = row('upload', 'expired', { buildName: '0008' })
  const own = ['mkraw', 'deploy'].map((type) => row(type, 'end'))
  const { edge, create } = openEdge({
    'POST /builds': [[200, {}]],
    'GET /tasks': [tasks(), tasks(upload, ...own)],
  })
  const result = await create()
  const id = result.kind === 'created' ? result.id : ''
  expect((await edge.observe([id], newCall())).get(id)).toMatchObject({ state: 'succeeded' })
})
