import { describe, expect, test } from 'vitest'
import {
  error,
  never,
  ready,
  readyWithErrorFlag,
  terminatedBeforeReady,
  unknownStatus,
} from '../emulator/edgegap/script.ts'
import type { EdgegapOptions } from '../emulator/edgegap/settings.ts'
import type { Effect } from '../emulator/faults.ts'
import {
  annotations,
  deploy,
  expectAllOutputs,
  expectNothingLeft,
  gaps,
  onlyError,
  STATUS,
  startEdgegap,
} from './deploy.ts'

describe.concurrent('the status', () => {
  test.each([
    ['prefixed', 'Status.READY'],
    ['bare', 'READY'],
    ['lower', 'status.ready'],
    ['mixed', 'Ready'],
  ] as const)(
    'may be spelled %s: %s; the output shows it as it came',
    async (statusSpelling, status) => {
      await using edgegap = await startEdgegap({ statusSpelling, script: ready(150) })
      const { main } = await deploy(edgegap)
      expect(main).toMatchObject({ exitCode: 0, outputs: { outcome: 'succeeded', status } })
      expect(annotations(main, 'warning')).toEqual([])
    },
  )

  test.each<[string, EdgegapOptions]>([
    ['nulls', { beforeReady: 'null' }],
    ['missing fields', { beforeReady: 'absent' }],
    ['numbers as texts', { numbers: 'string' }],
    ['ports keyed by number', { portKeys: 'number' }],
    ['no undocumented fields', { undocumentedFields: false }],
  ])('may come with %s', async (_name, settings) => {
    await using edgegap = await startEdgegap(settings)
    const { main } = await deploy(edgegap)
    const [made] = edgegap.deployments
    expect(main.exitCode).toBe(0)
    expect(main.outputs).toMatchObject({
      host: made?.fqdn,
      ip: made?.publicIp,
      port: String(made?.firstExternalPort),
      address: `${made?.fqdn}:${made?.firstExternalPort}`,
    })
    expect(JSON.parse(main.outputs.ports ?? '')).toEqual({
      gameport: {
        internal: 7777,
        external: made?.firstExternalPort,
        protocol: 'UDP',
        address: main.outputs.address,
      },
    })
  })

  test('READY beside error: true is a failure', async () => {
    await using edgegap = await startEdgegap({ script: readyWithErrorFlag(100) })
    const { main } = await deploy(edgegap)
    expect(main).toMatchObject({ exitCode: 1, outputs: { outcome: 'failed' } })
    expect(onlyError(main)).toMatch(/Status\.READY: port check failed/)
    expectNothingLeft(edgegap)
  })

  test.each([
    ['true as a text', 'true'],
    ['one', 1],
  ])('READY beside error: %s is a failure too', async (_name, value) => {
    await using edgegap = await startEdgegap({
      script: [{ afterMs: 0, status: 'READY', wire: { error: value } }],
    })
    expect((await deploy(edgegap)).main.outputs.outcome).toBe('failed')
  })

  test.each([
    ['null', null],
    ['false as a text', 'false'],
  ])('READY beside error: %s is a success', async (_name, value) => {
    await using edgegap = await startEdgegap({
      script: [{ afterMs: 0, status: 'READY', wire: { error: value } }],
    })
    expect((await deploy(edgegap)).main.outputs.outcome).toBe('succeeded')
  })

  test('running: true alone is no success', async () => {
    await using edgegap = await startEdgegap({
      script: [{ afterMs: 0, status: 'DEPLOYING', running: true }],
      stopPendingAtOnce: true,
    })
    const { main } = await deploy(edgegap, { timeout: '1s' })
    expect(main.outputs.outcome).toBe('timed-out')
  })

  test('ERROR is a failure with the provider’s reason', async () => {
    await using edgegap = await startEdgegap({ script: error(100, 'Pull image timeout exceeded') })
    const { main } = await deploy(edgegap)
    expect(main).toMatchObject({ exitCode: 1, outputs: { outcome: 'failed', signal: 'poll' } })
    expect(onlyError(main)).toMatch(
      /failed after .* with Status\.ERROR: Pull image timeout exceeded/,
    )
  })

  test('TERMINATED before READY is a failure', async () => {
    await using edgegap = await startEdgegap({ script: terminatedBeforeReady(100) })
    const { main } = await deploy(edgegap)
    expect(main).toMatchObject({ exitCode: 1, outputs: { outcome: 'failed' } })
    expect(onlyError(main)).toContain('it was terminated')
  })

  test('that nobody knows is waited on, with one warning', async () => {
    await using edgegap = await startEdgegap({ script: unknownStatus(2_500, 'REBALANCING') })
    const { main } = await deploy(edgegap)
    expect(main).toMatchObject({ exitCode: 0, outputs: { outcome: 'succeeded' } })
    expect(annotations(main, 'warning')).toEqual([expect.stringContaining('REBALANCING')])
  })

  test.each([
    ['null', null],
    ['an object', { value: 'READY' }],
    ['READY with more behind it', 'READY now'],
    ['a name that every object has', 'constructor'],
    ['nothing', undefined],
  ])('that is %s is not READY', async (_name, value) => {
    await using edgegap = await startEdgegap({
      script: [{ afterMs: 0, status: 'READY', wire: { current_status: value } }],
    })
    const { main } = await deploy(edgegap, { timeout: '1s' })
    expect(main).toMatchObject({ exitCode: 1, outputs: { outcome: 'timed-out' } })
    expect(annotations(main, 'warning')).toHaveLength(1)
  })

  test('of another deployment is not believed', async () => {
    await using edgegap = await startEdgegap({
      script: [{ afterMs: 0, status: 'READY', wire: { request_id: 'ffffffffffff' } }],
    })
    const { main } = await deploy(edgegap, { timeout: '1s' })
    expect(main).toMatchObject({ exitCode: 1, outputs: { outcome: 'timed-out' } })
  })

  test.each([null, {}])(
    'that is READY with %j for ports, of a version without any, is a success, and says so',
    async (ports) => {
      await using edgegap = await startEdgegap({
        script: [{ afterMs: 0, status: 'READY', wire: { ports } }],
        catalogue: { 'my-game': { v1: { ports: [] } } },
      })
      const { main } = await deploy(edgegap)
      expect(main).toMatchObject({
        exitCode: 0,
        outputs: { outcome: 'succeeded', address: '', port: '', ports: '{}' },
      })
      expect(annotations(main, 'notice')).toEqual([expect.stringContaining('has no port')])
    },
  )

  test('that is READY without the ports that its version has is waited on for them', async () => {
    await using edgegap = await startEdgegap({
      script: [
        { afterMs: 0, status: 'READY', wire: { ports: null } },
        { afterMs: 1_500, status: 'READY', wire: { ports: { gameport: { external: 31_000 } } } },
      ],
      catalogue: { 'my-game': ['v1'] },
    })
    const { main } = await deploy(edgegap, { timeout: '20s' })
    expect(main.outputs.outcome).toBe('succeeded')
    expect(main.outputs.address).toMatch(/:\d+$/)
    expect(main.rawStdout).toContain('READY: it has no address that players could use yet')
    expect(edgegap.requestsTo('GET', /\/version\/v1$/)).toHaveLength(1)
  })

  test('that stays READY without them is no success, and says why', async () => {
    await using edgegap = await startEdgegap({
      script: [{ afterMs: 0, status: 'READY', wire: { ports: {} } }],
      catalogue: { 'my-game': ['v1'] },
    })
    const { main } = await deploy(edgegap, { timeout: '2s' })
    expect(main).toMatchObject({ exitCode: 1, outputs: { outcome: 'timed-out' } })
    expect(onlyError(main)).toMatch(/READY: it has no address.*check the ports of its version/)
    expectNothingLeft(edgegap)
  })

  test('that is READY without ports is no success where its version cannot be read', async () => {
    await using edgegap = await startEdgegap({
      script: [{ afterMs: 0, status: 'READY', wire: { ports: {} } }],
      catalogue: { 'my-game': { v1: { ports: [] } } },
    })
    edgegap.faults.order({ kind: 'status', status: 403, path: /\/version\// })
    const { main } = await deploy(edgegap, { timeout: '2s' })
    expect(main).toMatchObject({ exitCode: 1, outputs: { outcome: 'timed-out' } })
    expectNothingLeft(edgegap)
  })

  test('that is READY before its port leads to it is waited on for the address', async () => {
    const early = { gameport: { internal: 7777, external: null, protocol: 'UDP' } }
    const later = { ...early.gameport, external: 31_000 }
    await using edgegap = await startEdgegap({
      script: [
        { afterMs: 0, status: 'READY', wire: { ports: early } },
        { afterMs: 1_500, status: 'READY', wire: { ports: { gameport: later } } },
      ],
    })
    const { main } = await deploy(edgegap, { timeout: '20s' })
    expect(main.outputs).toMatchObject({ outcome: 'succeeded' })
    expect(main.outputs.address).toMatch(/:\d+$/)
  })

  test('that is READY nowhere is no success: nobody could reach it', async () => {
    await using edgegap = await startEdgegap({
      script: [{ afterMs: 0, status: 'READY', wire: { fqdn: null, public_ip: '' } }],
    })
    const { main } = await deploy(edgegap, { timeout: '2s' })
    expect(main).toMatchObject({ exitCode: 1, outputs: { outcome: 'timed-out' } })
    expectNothingLeft(edgegap)
  })
})

describe.concurrent('polling', () => {
  const faults: [string, Effect][] = [
    ['a 500', { kind: 'status', status: 500 }],
    ['a 503 page', { kind: 'status', status: 503, body: '<h1>READY</h1>' }],
    ['a 429', { kind: 'status', status: 429 }],
    ['a 404', { kind: 'status', status: 404, body: { message: 'not yet' } }],
    ['a reset', { kind: 'reset' }],
    ['a cut reply', { kind: 'truncate' }],
    ['half JSON', { kind: 'malformed', body: '{"current_status":"Status.READY"' }],
    ['no object', { kind: 'malformed', body: '"READY"' }],
    ['an empty reply', { kind: 'status', status: 200, body: '' }],
    ['a redirect', { kind: 'status', status: 302, headers: { location: 'http://127.0.0.1:9/' } }],
    ['too much', { kind: 'oversize', bytes: 6 * 1024 * 1024 }],
  ]

  test.each(faults)(
    '%s changes nothing of the outcome and costs one check',
    async (_name, effect) => {
      await using edgegap = await startEdgegap({ script: ready(0) })
      edgegap.faults.order({ ...effect, path: STATUS, times: 1 })
      const { main } = await deploy(edgegap)
      expect(main).toMatchObject({ exitCode: 0, outputs: { outcome: 'succeeded' } })
      expect(edgegap.requestsTo('GET', STATUS)).toHaveLength(2)
      expect(annotations(main, 'warning')).toEqual([])
      expect(main.rawStdout).toMatch(/a status check failed: .*next one in/)
      expect(main.rawStdout).toContain('the API answers again, after 1 failed status checks')
    },
  )

  test.each(faults)('%s for ever ends in a timeout, never in green', async (_name, effect) => {
    await using edgegap = await startEdgegap({ script: ready(0) })
    edgegap.faults.order({ ...effect, path: STATUS })
    const { main } = await deploy(edgegap, { timeout: '1s' })
    expect(main).toMatchObject({ exitCode: 1, outputs: { outcome: 'timed-out', status: '' } })
    expect(onlyError(main)).toContain('its status was never read')
    expectAllOutputs(main)
    expectNothingLeft(edgegap)
  })

  test.each<[string, Effect]>([
    ['hangs', { kind: 'hang' }],
    ['stops half-way', { kind: 'stall-body' }],
    ['drips', { kind: 'slow-drip', intervalMs: 200 }],
  ])('is bounded by timeout to within a second where the reply %s', async (_name, effect) => {
    await using edgegap = await startEdgegap()
    edgegap.faults.order({ ...effect, path: STATUS })
    const { main } = await deploy(edgegap, { timeout: '2s' })
    expect(main.outputs.outcome).toBe('timed-out')
    expect(Number(main.outputs.seconds)).toBeGreaterThanOrEqual(2)
    // How exactly is specified on a virtual clock; here, that one check cannot eat the whole wait.
    expect(Number(main.outputs.seconds)).toBeLessThan(9)
    expectNothingLeft(edgegap)
  })

  test('ends where the token stays refused, and not before', async () => {
    await using edgegap = await startEdgegap({ script: never(), stopPendingAtOnce: true })
    const { main, post } = await deploy(
      edgegap,
      {},
      {
        mainControl: async () => {
          await edgegap.whenRequested('GET', STATUS, { timeoutMs: 20_000 })
          edgegap.revokeToken()
        },
      },
    )
    expect(main).toMatchObject({ exitCode: 1, outputs: { outcome: 'failed' } })
    expect(onlyError(main)).toMatch(/HTTP 401\).*Check api-token/)
    expect(edgegap.requestsTo('GET', STATUS).length).toBeGreaterThanOrEqual(5)
    // It could not be stopped: whoever reads this is told, in both steps.
    const id = edgegap.deployments[0]?.id
    expect(annotations(main, 'warning').join()).toContain(`${id} may still run`)
    expect(post?.exitCode).toBe(1)
    expect(post && onlyError(post)).toMatch(new RegExp(`${id} may still run.*dashboard`))
  })

  test('looks at once after acceptance, then at most a second apart', async () => {
    await using edgegap = await startEdgegap({ script: ready(3_300) })
    const { main } = await deploy(edgegap)
    const looks = edgegap.requestsTo('GET', STATUS)
    // The exact times are specified on a virtual clock: a busy machine bends real ones.
    expect(looks.length).toBeGreaterThanOrEqual(4)
    expect(looks.length).toBeLessThanOrEqual(13)
    expect(Number(main.outputs.seconds)).toBeGreaterThan(2)
  })

  test('keeps to poll-interval', async () => {
    await using edgegap = await startEdgegap({ script: ready(5_000) })
    await deploy(edgegap, { 'poll-interval': '2s' })
    const looks = gaps(edgegap.requestsTo('GET', STATUS))
    // One that arrives late brings the next one closer: only the mean shows the interval.
    expect(looks.length).toBeGreaterThanOrEqual(2)
    const sumMs = looks.reduce((sum, gap) => sum + gap, 0)
    expect(sumMs / looks.length).toBeGreaterThan(1_600)
  })

  test('obeys Retry-After', async () => {
    await using edgegap = await startEdgegap({ script: ready(0) })
    const headers = { 'retry-after': '3' }
    edgegap.faults.order({ kind: 'status', status: 429, headers, path: STATUS, times: 1 })
    await deploy(edgegap)
    const [gap] = gaps(edgegap.requestsTo('GET', STATUS))
    expect(gap).toBeGreaterThanOrEqual(2_990)
  })

  test('is not driven into a hot loop by Retry-After: 0', async () => {
    await using edgegap = await startEdgegap({ script: never(), stopPendingAtOnce: true })
    const headers = { 'retry-after': '0' }
    edgegap.faults.order({ kind: 'status', status: 429, headers, path: STATUS })
    await deploy(edgegap, { timeout: '2s' })
    expect(edgegap.requestsTo('GET', STATUS).length).toBeLessThan(9)
  })

  test('looks a last time at the deadline, however long Retry-After is', async () => {
    await using edgegap = await startEdgegap({ script: ready(500) })
    const headers = { 'retry-after': '3600' }
    edgegap.faults.order({ kind: 'status', status: 429, headers, path: STATUS, times: 1 })
    const { main } = await deploy(edgegap, { timeout: '2s' })
    expect(main).toMatchObject({ exitCode: 0, outputs: { outcome: 'succeeded' } })
    expect(edgegap.requestsTo('GET', STATUS)).toHaveLength(2)
  })
})
