import { describe, expect, test } from 'vitest'
import type { EdgegapOptions } from '../emulator/edgegap/settings.ts'
import type { Effect } from '../emulator/faults.ts'
import {
  annotations,
  CREATE,
  cancelAt,
  deploy,
  type Edgegap,
  expectAllOutputs,
  expectNothingLeft,
  imageOf,
  killAt,
  onlyError,
  run,
  startEdgegap,
  type With,
  wireLog,
} from './deploy.ts'

const APP = 'my-game'
const PASSWORD = 'r0bot-pull-token'
const VERSIONS = /\/version$/
const VERSION = /\/version\/[^/]+$/

/** An account with two versions, of which `prod` is the one that players get. */
function start(options: EdgegapOptions = {}): Promise<Edgegap> {
  return startEdgegap({
    catalogue: {
      [APP]: {
        v1: {},
        prod: {
          docker_tag: 'v1',
          req_cpu: 1024,
          req_memory: 2048,
          max_duration: 120,
          variables: [
            { key: 'MAP', value: 'forest', isSecret: false },
            { key: 'KEY', value: 'k3y-of-prod', isSecret: true },
          ],
        },
      },
    },
    ...options,
  })
}

const LOGIN: With = { 'registry-username': 'robot$my-org+pull', 'registry-password': PASSWORD }

/** Deploys an image as a pipeline does, and checks that no secret shows up anywhere. */
function release(edgegap: Edgegap, inputs: With = {}, options: Parameters<typeof deploy>[2] = {}) {
  const secrets = [PASSWORD, 'k3y-of-prod', ...(options.secrets ?? [])]
  const given = { version: '', image: imageOf('v2'), ...LOGIN, ...inputs }
  return deploy(edgegap, given, { ...options, secrets })
}

const fieldsOf = (edgegap: Edgegap, name: string) => edgegap.catalogue.version(APP, name)?.fields
const namesOf = (edgegap: Edgegap) => edgegap.catalogue.versions(APP).map(({ name }) => name)

describe.concurrent('a deploy with an image', () => {
  test('creates the version that its tag names, then deploys it', async () => {
    await using edgegap = await start()
    const { main } = await release(edgegap, { ports: 'gameport 7777/udp' })
    expect(main.exitCode).toBe(0)
    expect(main.outputs).toMatchObject({
      outcome: 'succeeded',
      version: 'v2',
      'version-action': 'created',
      image: imageOf('v2'),
      'previous-image': '',
      promoted: '[]',
    })
    expect(fieldsOf(edgegap, 'v2')).toMatchObject({ docker_tag: 'v2', req_cpu: 512 })
    expect(edgegap.deployments.map(({ version }) => version)).toEqual(['v2'])
    const [create] = edgegap.requestsTo('POST', VERSIONS)
    expect(create?.body).toMatchObject({ verify_image: true, private_token: PASSWORD })
  })

  test('copies another version, so that only the image changes', async () => {
    await using edgegap = await start()
    const { main } = await release(
      edgegap,
      { 'version-from': 'prod', 'version-secret-env': 'KEY=k3y-of-v2' },
      { secrets: ['k3y-of-v2'] },
    )
    expect(main.outputs['version-action']).toBe('created')
    const version = edgegap.catalogue.version(APP, 'v2')
    expect(version?.fields).toMatchObject({ req_cpu: 1024, req_memory: 2048, max_duration: 120 })
    expect(version?.variables).toEqual([
      { key: 'MAP', value: 'forest', isSecret: false },
      { key: 'KEY', value: 'k3y-of-v2', isSecret: true },
    ])
  })

  test('reuses the version where it has the image already: a re-run of one commit is safe', async () => {
    await using edgegap = await start()
    await release(edgegap)
    const { main } = await release(edgegap)
    expect(main.outputs).toMatchObject({ outcome: 'succeeded', 'version-action': 'reused' })
    expect(edgegap.requestsTo('POST', VERSIONS)).toHaveLength(1)
  })

  describe('that an accepted update does not show', () => {
    const before = {
      kind: 'status',
      status: 200,
      body: {
        name: 'v1',
        docker_repository: 'registry.edgegap.com',
        docker_image: 'my-org/my-game',
        docker_tag: 'v1',
      },
      method: 'GET',
      path: VERSION,
      // What the plan reads.
      afterRequests: 1,
    } as const
    const update: With = { version: 'v1', 'version-policy': 'update' }

    test('for some moments is waited for', async () => {
      await using edgegap = await start()
      edgegap.faults.order({ ...before, times: 2 })
      const { main } = await release(edgegap, update)
      expect(main.outputs).toMatchObject({ outcome: 'succeeded', 'version-action': 'updated' })
    })

    test('at all starts no server of the other image', async () => {
      await using edgegap = await start()
      edgegap.faults.order(before)
      const { main } = await release(edgegap, update)
      expect(main).toMatchObject({ exitCode: 1, outputs: { outcome: 'rejected' } })
      expect(onlyError(main)).toMatch(
        /accepted the move of the version v1 .* shows .*:v1 all the same/,
      )
      expect(edgegap.created).toBe(0)
    })

    test('since another job moved it meanwhile starts no server of its image', async () => {
      await using edgegap = await start()
      edgegap.faults.order({ ...before, body: { ...before.body, docker_tag: 'v3' } })
      const { main } = await release(edgegap, update)
      expect(onlyError(main)).toMatch(/shows .*:v3 all the same/)
      expect(edgegap.created).toBe(0)
    })
  })

  test('moves the version with version-policy: update, and says what it was before', async () => {
    await using edgegap = await start()
    const { main } = await release(edgegap, { version: 'v1', 'version-policy': 'update' })
    expect(main.outputs).toMatchObject({
      'version-action': 'updated',
      image: imageOf('v2'),
      'previous-image': imageOf('v1'),
    })
    expect(fieldsOf(edgegap, 'v1')?.docker_tag).toBe('v2')
  })

  test('waits until Edgegap shows the new version before it deploys it', async () => {
    await using edgegap = await start({ versionLagMs: 1_200 })
    const { main } = await release(edgegap)
    expect(main.outputs).toMatchObject({ outcome: 'succeeded', 'version-action': 'created' })
    expect(edgegap.requestsTo('POST', CREATE)).toHaveLength(1)
  })

  test('holds the create of a version back until the tunnel is there with wait: webhook', async () => {
    await using edgegap = await start()
    const { main } = await release(edgegap, {
      wait: 'webhook',
      tunnel: 'relay',
      'relay-url': 'http://127.0.0.1:9/nobody',
      'tunnel-timeout': '1s',
    })
    expect(main.outputs.outcome).toBe('rejected')
    expect(edgegap.writes()).toEqual([])
  })
})

test('a deploy without an image asks for nothing more than before', async () => {
  await using edgegap = await start()
  const { main } = await deploy(edgegap)
  expect(main.outputs).toMatchObject({ version: 'v1', 'version-action': 'unmanaged', image: '' })
  expect(new Set(wireLog(edgegap))).toEqual(new Set(['POST /v2/deployments', 'GET /v1/status/ID']))
})

describe.concurrent('a version that is refused rejects the step, and nothing is deployed', () => {
  async function expectRejected(edgegap: Edgegap, inputs: With, text: RegExp): Promise<void> {
    const { main } = await release(edgegap, inputs)
    expect(main.exitCode).toBe(1)
    expectAllOutputs(main)
    expect(main.outputs).toMatchObject({ outcome: 'rejected', 'version-action': '' })
    expect(onlyError(main)).toMatch(text)
    expect(edgegap.requestsTo('POST', CREATE)).toEqual([])
  }

  test('where it exists with another image', async () => {
    await using edgegap = await start()
    await expectRejected(edgegap, { version: 'v1' }, /v1 exists with the image .*:v1.*:v2/)
    expect(edgegap.writes()).toEqual([])
  })

  test('where the image cannot be pulled (424)', async () => {
    await using edgegap = await start({ otherImagesPullable: false })
    await expectRejected(
      edgegap,
      {},
      /could not pull the image my-org\/my-game with the tag v2 from registry\.edgegap\.com/,
    )
  })

  test('where the application does not exist (404)', async () => {
    await using edgegap = await start()
    await expectRejected(edgegap, { application: 'my-gam' }, /no "my-gam"/)
  })

  test('where the account has no room for it, with what to do', async () => {
    await using edgegap = await start({ maxVersions: 2 })
    await expectRejected(edgegap, {}, /limit of 2.*keep-versions/)
  })

  test('where the token is not accepted (401)', async () => {
    await using edgegap = await start()
    edgegap.revokeToken()
    await expectRejected(edgegap, {}, /api-token/)
  })

  test('where version-from has secrets that have no value here', async () => {
    await using edgegap = await start()
    await expectRejected(edgegap, { 'version-from': 'prod' }, /KEY.*version-secret-env/)
  })
})

describe.concurrent('a reply about a version that is lost', () => {
  const lost: [string, Effect][] = [
    ['reset', { kind: 'reset', when: 'after' }],
    ['cut in the middle', { kind: 'truncate' }],
    ['a 502 page', { kind: 'status', status: 502, body: '<h1>Bad</h1>', when: 'after' }],
    ['a 429', { kind: 'status', status: 429, when: 'after' }],
    ['never handled', { kind: 'reset' }],
  ]

  test.each(lost)('(%s) after a create is settled by reading the version', async (_, effect) => {
    await using edgegap = await start()
    edgegap.faults.order({ ...effect, method: 'POST', path: VERSIONS, times: 1 })
    const { main } = await release(edgegap)
    expect(main.outputs).toMatchObject({ outcome: 'succeeded', 'version-action': 'created' })
    expect(namesOf(edgegap)).toEqual(['v1', 'prod', 'v2'])
  })

  test.each(lost)('(%s) after a change is settled by reading the version', async (_, effect) => {
    await using edgegap = await start()
    edgegap.faults.order({ ...effect, method: 'PATCH', path: VERSION, times: 1 })
    const { main } = await release(edgegap, { version: 'v1', 'version-policy': 'update' })
    expect(main.outputs).toMatchObject({
      outcome: 'succeeded',
      'version-action': 'updated',
      'previous-image': imageOf('v1'),
    })
    expect(fieldsOf(edgegap, 'v1')?.docker_tag).toBe('v2')
  })

  test('while somebody else moves the version names their image as the one before', async () => {
    await using edgegap = await start()
    const moveIt = () => {
      edgegap.catalogue.changeVersion(APP, 'v1', { docker_tag: 'theirs' })
      return true
    }
    const fault = { kind: 'status', status: 500, times: 1, matches: moveIt } as const
    edgegap.faults.order({ ...fault, method: 'PATCH', path: VERSION })
    const { main } = await release(edgegap, { version: 'v1', 'version-policy': 'update' })
    expect(main.outputs).toMatchObject({
      'version-action': 'updated',
      'previous-image': imageOf('theirs'),
    })
  })

  test('for good fails the step, and nothing is deployed', async () => {
    await using edgegap = await start()
    edgegap.faults.order({ kind: 'reset', when: 'after', method: 'POST', path: VERSIONS })
    edgegap.faults.order({ kind: 'reset', path: VERSION, afterRequests: 1 })
    const { main } = await release(edgegap)
    expect(main.outputs).toMatchObject({ outcome: 'failed', 'version-action': '' })
    expect(onlyError(main)).toMatch(/or its answer was lost/)
    expect(edgegap.requestsTo('POST', CREATE)).toEqual([])
  })

  test('while reads do not show it yet: the error says that it may exist', async () => {
    await using edgegap = await start()
    edgegap.faults.order({ kind: 'reset', method: 'POST', path: VERSIONS })
    const { main } = await release(edgegap)
    expect(main.outputs).toMatchObject({ outcome: 'failed', 'version-action': '' })
    expect(onlyError(main)).toContain('the version v2 may exist all the same')
    expect(onlyError(main)).not.toContain('..')
  })
})

test('two jobs that race for one version both end well', async () => {
  await using edgegap = await start()
  const jobs = await Promise.all([release(edgegap), release(edgegap)])
  expect(jobs.map(({ main }) => main.outputs.outcome)).toEqual(['succeeded', 'succeeded'])
  expect(namesOf(edgegap).filter((name) => name === 'v2')).toHaveLength(1)
  const actions = jobs.map(({ main }) => main.outputs['version-action'])
  expect(actions).toContain('created')
})

describe.concurrent('keep-versions', () => {
  test('makes room for the new version before it is created', async () => {
    await using edgegap = await start({ maxVersions: 2 })
    const { main } = await release(edgegap, { 'keep-versions': '2', promote: 'prod' })
    expect(main.outputs).toMatchObject({ outcome: 'succeeded', 'version-action': 'created' })
    expect(namesOf(edgegap)).toEqual(['prod', 'v2'])
  })

  test('deletes nothing where the plan cannot be carried out', async () => {
    await using edgegap = await start()
    await release(edgegap, { 'keep-versions': '1', 'version-from': 'nobody' })
    expect(edgegap.writes()).toEqual([])
  })

  test('spares a version with a live server, and says that it is one too many', async () => {
    await using edgegap = await start()
    edgegap.addDeployment({ version: 'v1' })
    const { main } = await release(edgegap, { 'keep-versions': '2', promote: 'prod' })
    expect(main.exitCode).toBe(0)
    expect(namesOf(edgegap)).toEqual(['v1', 'prod', 'v2'])
    expect(annotations(main, 'warning').join()).toMatch(/keep-versions leaves 1 more than asked/)
  })

  test('spares a version whose server is so new that its status is not known yet', async () => {
    await using edgegap = await start()
    edgegap.addDeployment({ version: 'v1' })
    edgegap.faults.order({
      kind: 'status',
      status: 400,
      body: { message: 'bad request id' },
      path: new RegExp(`/v1/status/${edgegap.deployments[0]?.id}`),
    })
    await release(edgegap, { 'keep-versions': '2', promote: 'prod' })
    expect(namesOf(edgegap)).toEqual(['v1', 'prod', 'v2'])
  })

  test.each(['.', '..'])('never deletes the application for a version called %s', async (name) => {
    await using edgegap = await start({ catalogue: { [APP]: { [name]: {}, prod: {} } } })
    const { main } = await release(edgegap, { 'keep-versions': '1', promote: 'prod' })
    expect(main.outputs.outcome).toBe('succeeded')
    expect(edgegap.requestsTo('DELETE', /./).map(({ path }) => path)).toEqual([])
    expect(annotations(main, 'warning').join()).toMatch(/keep-versions leaves 2 more than asked/)
  })

  test('only warns where a version cannot be deleted', async () => {
    await using edgegap = await start()
    edgegap.faults.order({ kind: 'status', status: 403, method: 'DELETE', path: VERSION })
    const { main } = await release(edgegap, { 'keep-versions': '2', promote: 'prod' })
    expect(main.outputs.outcome).toBe('succeeded')
    expect(annotations(main, 'warning').join()).toMatch(/could not delete the version v1/)
  })

  test('deletes after the success where no version is created', async () => {
    await using edgegap = await start()
    const { main } = await deploy(edgegap, { version: 'prod', 'keep-versions': '1' })
    expect(main.outputs.outcome).toBe('succeeded')
    expect(namesOf(edgegap)).toEqual(['prod'])
    const log = edgegap.requests.map(({ method, path }) => `${method} ${path}`)
    const deleted = log.findIndex((line) => line.startsWith('DELETE'))
    expect(deleted).toBeGreaterThan(log.indexOf('POST /v2/deployments'))
  })
})

describe.concurrent('operation: version', () => {
  const make = (edgegap: Edgegap, inputs: With = {}, options: Parameters<typeof run>[2] = {}) =>
    run(
      edgegap,
      { operation: 'version', application: APP, image: imageOf('v2'), ...LOGIN, ...inputs },
      { ...options, secrets: [PASSWORD] },
    )

  test('makes the version and starts nothing', async () => {
    await using edgegap = await start()
    const { main, post } = await make(edgegap)
    expect(main.exitCode).toBe(0)
    expectAllOutputs(main)
    expect(main.outputs).toMatchObject({
      outcome: 'succeeded',
      version: 'v2',
      'version-action': 'created',
      image: imageOf('v2'),
      'deployment-id': '',
    })
    expect(edgegap.created).toBe(0)
    expect(post?.exitCode).toBe(0)
    expect(annotations(main, 'notice')).toEqual([`The version v2 was created: ${imageOf('v2')}`])
  })

  test('moves prod back to the image it had: a rollback', async () => {
    await using edgegap = await start()
    const forth = await make(edgegap, { version: 'prod', 'version-policy': 'update' })
    const back = await make(edgegap, {
      version: 'prod',
      'version-policy': 'update',
      image: forth.main.outputs['previous-image'] ?? '',
    })
    expect(back.main.outputs).toMatchObject({
      'version-action': 'updated',
      image: imageOf('v1'),
      'previous-image': imageOf('v2'),
    })
    expect(fieldsOf(edgegap, 'prod')?.docker_tag).toBe('v1')
  })

  test('promotes and deletes too', async () => {
    await using edgegap = await start()
    const { main } = await make(edgegap, { promote: 'prod', 'keep-versions': '2' })
    expect(JSON.parse(main.outputs.promoted ?? '')).toEqual([
      { version: 'prod', from: imageOf('v1'), to: imageOf('v2') },
    ])
    expect(namesOf(edgegap)).toEqual(['prod', 'v2'])
  })

  test('is rejected where Edgegap refuses, with one error', async () => {
    await using edgegap = await start({ otherImagesPullable: false })
    const { main } = await make(edgegap)
    expect(main).toMatchObject({ exitCode: 1, outputs: { outcome: 'rejected' } })
    expect(onlyError(main)).toMatch(/could not pull/)
  })

  test('that is cancelled while Edgegap pulls the image says whether it was made', async () => {
    await using edgegap = await start()
    edgegap.faults.order({ kind: 'delay', delayMs: 1_000, method: 'POST', path: VERSIONS })
    const { main } = await make(edgegap, {}, { mainControl: cancelAt(edgegap, 'POST', VERSIONS) })
    expect(main.outputs).toMatchObject({ outcome: 'cancelled', 'version-action': 'created' })
    expect(annotations(main, 'warning').join()).toMatch(/The version v2 was created, and stays/)
  })
})

describe.concurrent('a run that ends in the middle', () => {
  test('by a cancel during the create of the version deploys nothing', async () => {
    await using edgegap = await start()
    edgegap.faults.order({ kind: 'hang', method: 'POST', path: VERSIONS })
    const { main } = await release(
      edgegap,
      {},
      { mainControl: cancelAt(edgegap, 'POST', VERSIONS) },
    )
    expect(main.outputs).toMatchObject({ outcome: 'cancelled', 'version-action': '' })
    expect(annotations(main, 'warning').join()).toMatch(/did not create the version v2, or its ans/)
    expect(edgegap.requestsTo('POST', CREATE)).toEqual([])
  })

  test('by a kill during the create of the version leaves no server, and the log tells of it', async () => {
    await using edgegap = await start()
    edgegap.faults.order({ kind: 'hang', when: 'after', method: 'POST', path: VERSIONS })
    const { main, post } = await release(
      edgegap,
      {},
      { mainControl: killAt(edgegap, 'POST', VERSIONS) },
    )
    expect(main.log.map(({ text }) => text)).toContain(
      `Creating the version v2 with the image ${imageOf('v2')}`,
    )
    expect(post?.exitCode).toBe(0)
    expectNothingLeft(edgegap)
  })

  test('by a kill after the create of the server leaves the version and no server', async () => {
    await using edgegap = await start()
    edgegap.faults.order({ kind: 'hang', when: 'after', method: 'POST', path: CREATE })
    await release(edgegap, {}, { mainControl: killAt(edgegap, 'POST', CREATE) })
    expect(namesOf(edgegap)).toContain('v2')
    expectNothingLeft(edgegap)
  })
})

describe.concurrent('what Edgegap sends', () => {
  test('cannot forge outputs or show secrets, whatever is in a version', async () => {
    const hostile = '\n::set-output name=version::evil\n::error::x\r\n## [x](http://evil)'
    await using edgegap = await start({ privateToken: 'clear' })
    edgegap.catalogue.changeVersion(APP, 'v1', { docker_image: `x${hostile}`, docker_tag: hostile })
    const { main } = await release(edgegap, { version: 'v1', 'version-policy': 'update' })
    expect(main.outputs).toMatchObject({ outcome: 'succeeded', version: 'v1' })
    expect(main.outputs['previous-image']).not.toMatch(/[\r\n]/)
    expect(annotations(main, 'error')).toEqual([])
  })

  test('about a refused image keeps the registry password out of log, outputs and summary', async () => {
    await using edgegap = await start()
    edgegap.faults.order({
      kind: 'status',
      status: 424,
      body: { message: `login with ${PASSWORD} failed`, private_token: PASSWORD },
      method: 'POST',
      path: VERSIONS,
    })
    const { main } = await release(edgegap)
    expect(onlyError(main)).toMatch(/login with \*\*\* failed/)
  })

  test('as a time to deploy that it refuses itself is copied within its bounds, with a warning', async () => {
    await using edgegap = await start()
    edgegap.catalogue.changeVersion(APP, 'v1', { time_to_deploy: 10 })
    const { main } = await release(edgegap, { 'version-from': 'v1' })
    expect(main.outputs.outcome).toBe('succeeded')
    expect(fieldsOf(edgegap, 'v2')?.time_to_deploy).toBe(15)
    expect(annotations(main, 'warning').join()).toMatch(/time_to_deploy: 10.*the copy gets 15/)
  })
})
