import { describe, expect, test } from 'vitest'
import type { EdgegapOptions } from '../emulator/edgegap/settings.ts'
import {
  annotations,
  type Edgegap,
  expectAllOutputs,
  imageOf,
  onlyError,
  run,
  startEdgegap,
  type With,
} from './deploy.ts'
import { buildFolder, APP as EDGE_APP, publish, startEdge, TASKS } from './rockit-edge.ts'

const APP = 'my-game'
const PASSWORD = 'r0bot-pull-token'

/** An account with an old version, one with a secret, and the one that players get. */
function start(options: EdgegapOptions = {}): Promise<Edgegap> {
  return startEdgegap({
    catalogue: {
      [APP]: {
        v1: {},
        v2: { variables: [{ key: 'KEY', value: 'k3y-of-v2', isSecret: true }] },
        prod: { docker_tag: 'v1', req_cpu: 1024, req_memory: 2048 },
      },
    },
    images: { 'registry.edgegap.com/my-org/my-game': ['v1', 'v2', 'v3'] },
    ...options,
  })
}

/** A dry run, of which the emulator has to see reads only; whose post step has nothing to do. */
async function plan(edgegap: Edgegap, inputs: With = {}) {
  const { main, post } = await run(
    edgegap,
    { 'dry-run': 'true', application: APP, ...inputs },
    { secrets: [PASSWORD, 'k3y-of-v2', 'n3w-key'] },
  )
  expect(edgegap.writes()).toEqual([])
  expectAllOutputs(main)
  expect(Object.values(main.state).join('')).toBe('')
  expect(post).toMatchObject({ exitCode: 0, log: [] })
  return { main, lines: main.log.map(({ text }) => text) }
}

const LOGIN: With = { 'registry-username': 'robot$my-org+pull', 'registry-password': PASSWORD }

describe.concurrent('a dry run of a deploy', () => {
  test('says what would be created, and checks token, application, version and tag', async () => {
    await using edgegap = await start()
    const { main, lines } = await plan(edgegap, { version: 'v2', locations: 'frankfurt' })
    expect(main).toMatchObject({ exitCode: 0, outputs: { outcome: 'planned', version: 'v2' } })
    expect(main.outputs).toMatchObject({ 'version-action': 'unmanaged', image: imageOf('v2') })
    expect(lines).toEqual(
      expect.arrayContaining([
        'Checked: token: good, Edgegap accepts it',
        'Checked: application my-game: good, it has 3 versions',
        `Checked: version v2: good, exists with the image ${imageOf('v2')}, and is used as it is`,
        'Checked: image tag: good, v2 is in the registry',
        'Would create server at frankfurt: Frankfurt am Main, Hesse, Germany',
      ]),
    )
    expect(annotations(main, 'notice')).toEqual([
      'Dry run: 1 change planned, and nothing was changed.',
    ])
    expect(main.summary).toContain('server at frankfurt')
  })

  test('says what the version would be like, and what would be promoted and deleted', async () => {
    await using edgegap = await start()
    const { main, lines } = await plan(edgegap, {
      image: imageOf('v3'),
      ...LOGIN,
      'version-from': 'prod',
      'version-secret-env': 'KEY=n3w-key',
      promote: 'prod',
      'keep-versions': '2',
    })
    expect(main.outputs).toMatchObject({ outcome: 'planned', 'version-action': 'created' })
    const would = lines.filter((line) => line.startsWith('Would'))
    expect(would.map((line) => line.split(':')[0])).toEqual([
      'Would delete version v1',
      'Would delete version v2',
      'Would create version v3',
      'Would create server at new-york',
      'Would update version prod',
    ])
    expect(would[2]).toMatch(/image: .*:v3; version-from: prod; cpu: 1024.*version-env KEY: \(hid/)
    expect(would[4]).toBe(
      `Would update version prod: promotion: ${imageOf('v1')} → ${imageOf('v3')}`,
    )
    expect(main.outputs.promoted).toBe('[]')
  })

  test('lists a change field by field, and hides what is secret', async () => {
    await using edgegap = await start()
    const { main, lines } = await plan(edgegap, {
      version: 'v2',
      'version-policy': 'update',
      image: imageOf('v3'),
      ...LOGIN,
      cpu: '1024',
      'version-secret-env': 'KEY=n3w-key',
    })
    expect(main.outputs).toMatchObject({
      'version-action': 'updated',
      'previous-image': imageOf('v2'),
    })
    const [change] = lines.filter((line) => line.startsWith('Would update'))
    expect(change).toContain(`image: ${imageOf('v2')} → ${imageOf('v3')}; cpu: 512 → 1024`)
    expect(change).toContain('version-env KEY: (hidden) → (hidden)')
  })

  test('says which older servers would be stopped, in the order of the run', async () => {
    await using edgegap = await start()
    const old = edgegap.addDeployment({ version: 'v1', tags: ['pr-12'] })
    edgegap.addDeployment({ version: 'v1', tags: ['pr-13'] })
    const { lines } = await plan(edgegap, {
      version: 'v2',
      group: 'pr-12',
      replace: 'before-deploy',
    })
    expect(lines.filter((line) => line.startsWith('Would'))).toEqual([
      `Would stop server ${old.id}: replace: before-deploy`,
      'Would create server at new-york: 40.71,-74.01',
    ])
    expect(edgegap.live()).toHaveLength(2)
  })

  test('opens no tunnel', async () => {
    await using edgegap = await start()
    const { main, lines } = await plan(edgegap, {
      version: 'v2',
      wait: 'webhook',
      tunnel: 'relay',
      'relay-url': 'http://127.0.0.1:9/nobody',
    })
    expect(main.outputs).toMatchObject({ outcome: 'planned', tunnel: 'none' })
    expect(lines.filter((line) => line.startsWith('Webhook'))).toEqual([])
  })
})

describe.concurrent('a dry run of what cannot be done is rejected with the cause', () => {
  test.each<[string, With, RegExp]>([
    ['a version that does not exist', { version: 'v9' }, /no version v9/],
    ['an application that does not exist', { application: 'x', version: 'v1' }, /no "x"/],
    ['a tag that is not in the registry', { image: imageOf('v4'), ...LOGIN }, /no tag v4/],
    ['a version with another image', { version: 'v1', image: imageOf('v3') }, /exists with the im/],
    ['a city that nobody knows', { version: 'v1', locations: 'nowhere' }, /is no city/],
    ['a version to promote that does not exist', { version: 'v1', promote: 'p' }, /no version p/],
  ])('%s', async (_, inputs, text) => {
    await using edgegap = await start()
    const { main } = await plan(edgegap, inputs)
    expect(main).toMatchObject({ exitCode: 1, outputs: { outcome: 'rejected' } })
    expect(onlyError(main)).toMatch(text)
  })

  test('a token that is not accepted', async () => {
    await using edgegap = await start()
    edgegap.revokeToken()
    const { main } = await plan(edgegap, { version: 'v1' })
    expect(main.outputs.outcome).toBe('rejected')
    expect(onlyError(main)).toMatch(/api-token/)
  })

  test('an API that does not answer fails', async () => {
    await using edgegap = await start()
    edgegap.faults.order({ kind: 'reset' })
    const { main } = await plan(edgegap, { version: 'v1' })
    expect(main).toMatchObject({ exitCode: 1, outputs: { outcome: 'failed' } })
  })
})

describe.concurrent('a dry run of the other operations', () => {
  test('version: the plan has no server', async () => {
    await using edgegap = await start()
    const { main, lines } = await plan(edgegap, {
      operation: 'version',
      image: imageOf('v3'),
      ...LOGIN,
    })
    expect(main.outputs.outcome).toBe('planned')
    const would = lines.filter((line) => line.startsWith('Would'))
    expect(would).toEqual([expect.stringMatching(/^Would create version v3: image: /)])
  })

  test('stop by id: names the server, with its status', async () => {
    await using edgegap = await start()
    const { id } = edgegap.addDeployment()
    const { main, lines } = await plan(edgegap, { operation: 'stop', 'deployment-id': id })
    expect(main.outputs).toMatchObject({ outcome: 'planned', 'stopped-ids': '[]' })
    expect(lines).toContain(`Would stop server ${id}`)
    expect(lines).toContain(`Checked: ${id}: good, Status.READY`)
  })

  test('stop by id: nothing to stop is a plan too', async () => {
    await using edgegap = await start()
    const stop = { operation: 'stop', 'deployment-id': '0123456789ab' }
    const { main, lines } = await plan(edgegap, stop)
    expect(main.outputs.outcome).toBe('planned')
    expect(lines).toContain('This run would change nothing.')
  })

  test('stop by group: names those of the group, however the list answers', async () => {
    await using edgegap = await start({ ignoreFilters: true })
    const { id } = edgegap.addDeployment({ tags: ['pr-12'] })
    edgegap.addDeployment({ tags: ['pr-13'] })
    const { lines } = await plan(edgegap, { operation: 'stop', group: 'pr-12' })
    expect(lines.filter((line) => line.startsWith('Would'))).toEqual([`Would stop server ${id}`])
  })
})

describe.concurrent('a dry run for ROCKIT Edge', () => {
  test('reads the app and its tasks, and says what would be imported', async () => {
    await using edge = await startEdge()
    const { main } = await publish(edge, { 'dry-run': 'true', build: buildFolder() })
    expect(main).toMatchObject({ exitCode: 0, outputs: { outcome: 'planned' } })
    expect(edge.requests.every(({ method }) => method === 'GET')).toBe(true)
    expect(edge.requestsTo('GET', EDGE_APP)).toHaveLength(1)
    expect(edge.requestsTo('GET', TASKS)).toHaveLength(1)
    const would = main.log.map(({ text }) => text).filter((text) => text.startsWith('Would'))
    expect(would).toEqual([
      expect.stringMatching(/^Would create build of my_game: .*1 file.*bytes/),
    ])
  })

  test('is rejected where the app is locked', async () => {
    await using edge = await startEdge()
    edge.faults.order({
      kind: 'status',
      status: 200,
      body: { name: 'my_game', locked: true },
      path: EDGE_APP,
    })
    const { main } = await publish(edge, { 'dry-run': 'true', build: buildFolder() })
    expect(main).toMatchObject({ exitCode: 1, outputs: { outcome: 'rejected' } })
  })
})
