import { describe, expect, test } from 'vitest'
import { error, never, ready } from '../emulator/edgegap/script.ts'
import {
  annotations,
  deploy,
  expectAllOutputs,
  expectNothingLeft,
  LOGS,
  onlyError,
  STOP,
  startEdgegap,
  wireLog,
} from './deploy.ts'

const lines = (count: number) => Array.from({ length: count }, (_, n) => `log line ${n + 1}`)

describe.concurrent('a server that comes up', () => {
  test('is told in every output, one notice and the summary', async () => {
    await using edgegap = await startEdgegap({
      ports: [
        { name: 'gameport', internal: 7777, protocol: 'UDP' },
        { name: 'web', internal: 8080, protocol: 'HTTPS', tlsUpgrade: true },
      ],
    })
    const { main } = await deploy(edgegap, { locations: 'home 45.50,-73.57' })
    const [made] = edgegap.deployments
    const [game, web] = [made?.firstExternalPort ?? 0, (made?.firstExternalPort ?? 0) + 1]
    expectAllOutputs(main)
    const { seconds = '', location = '', deployments = '', ports = '', ...rest } = main.outputs
    expect(rest).toEqual({
      outcome: 'succeeded',
      'deployment-id': made?.id,
      host: made?.fqdn,
      ip: made?.publicIp,
      port: String(game),
      address: `${made?.fqdn}:${game}`,
      version: 'v1',
      'version-action': 'unmanaged',
      image: '',
      'previous-image': '',
      promoted: '[]',
      status: 'Status.READY',
      signal: 'poll',
      tunnel: 'none',
      'tunnel-error': expect.stringContaining('self-hosted'),
      error: '',
      'stopped-ids': '[]',
      'log-files': '[]',
      'build-name': '',
      'build-changed': '',
      'dxf-name': '',
      'failed-deployments': '',
      'succeeded-deployments': '',
    })
    // The create may be answered late, and the wait counts from there.
    expect(seconds).toMatch(/^\d+\.\d$/)
    expect(location).toMatch(/\w+, \w+/)
    const portMap = {
      gameport: {
        internal: 7777,
        external: game,
        protocol: 'UDP',
        address: `${made?.fqdn}:${game}`,
      },
      web: { internal: 8080, external: web, protocol: 'HTTPS', address: `${made?.fqdn}:${web}` },
    }
    expect(JSON.parse(ports)).toEqual(portMap)
    expect(JSON.parse(deployments)).toEqual([
      {
        id: made?.id,
        name: 'home',
        host: made?.fqdn,
        ip: made?.publicIp,
        port: String(game),
        address: `${made?.fqdn}:${game}`,
        location,
        ports: portMap,
        outcome: 'succeeded',
        status: 'Status.READY',
        seconds: Number(seconds),
        error: '',
        probe: [],
      },
    ])
    expect(main.annotations).toEqual([
      {
        level: 'notice',
        message: expect.stringMatching(
          new RegExp(`^${made?.id} is ready at ${made?.fqdn}:${game}`),
        ),
      },
    ])
    for (const shown of [
      '### ✅',
      'is up in',
      `\`\`\`text\n${made?.fqdn}:${game}\n\`\`\``,
      '<th align="left">Other&nbsp;ports</th>',
      `${web}`,
      `<code>${made?.id}</code>`,
      'ready after',
      '```mermaid',
    ]) {
      expect(main.summary).toContain(shown)
    }
    expect(edgegap.live()).toEqual([made])
  })

  test('with wait: none is started, not waited for, and green', async () => {
    await using edgegap = await startEdgegap({ script: never(), stopPendingAtOnce: true })
    const { main, post } = await deploy(edgegap, { wait: 'none' })
    expect(main).toMatchObject({ exitCode: 0, outputs: { outcome: 'started', address: '' } })
    expectAllOutputs(main)
    expect(main.outputs['deployment-id']).toBe(edgegap.deployments[0]?.id)
    expect(wireLog(edgegap)).toEqual(['POST /v2/deployments'])
    expect(annotations(main, 'notice')).toHaveLength(1)
    expect(post?.log).toEqual([])
  })

  test('has no summary with summary: false', async () => {
    await using edgegap = await startEdgegap()
    expect((await deploy(edgegap, { summary: 'false' })).main.summary).toBe('')
  })

  test('has its log folded and readable: decisions, states with their time, the address', async () => {
    await using edgegap = await startEdgegap({ script: ready(1_500) })
    const { main } = await deploy(edgegap, { env: 'A=1', 'secret-env': 'B=hush-hush' })
    const settings = main.log.filter(({ group }) => group === 'Settings').map(({ text }) => text)
    expect(settings).toEqual([
      'Deploying my-game v1',
      `api-url: ${edgegap.url}`,
      'wait: auto',
      'on-failure: stop',
      'stop-after-job: false',
      expect.stringMatching(/^tunnel: none, this runner is self-hosted/),
      'location: new-york (40.71,-74.01)',
      'environment variable: A',
      'secret environment variable: B',
    ])
    const states = main.log.map(({ text }) => text).filter((text) => text.startsWith('['))
    expect(states[0]).toMatch(/^\[ +0 ms\] accepted as [0-9a-f]{12}, new-york \(40\.71,-74\.01\)$/)
    for (const state of states.slice(1))
      expect(state).toMatch(/^\[ *[\d.]+ m?s\] Status\.[A-Z]+(?:, New York)?$/)
    expect(states.at(-1)).toContain('Status.READY')
    // A status is told when it changes, not at every check.
    expect(new Set(states).size).toBe(states.length)
  })
})

describe.concurrent('a server that fails', () => {
  test('has log tail and crash data read before it is stopped, and shown', async () => {
    await using edgegap = await startEdgegap({
      script: [
        { afterMs: 0, status: 'DEPLOYING', logs: `${lines(60).join('\n')}\n` },
        {
          afterMs: 100,
          status: 'ERROR',
          errorDetail: 'exited',
          crashLogs: 'Segmentation fault\n',
          crashData: { exit_code: 139, message: 'SIGSEGV', restart_count: 3 },
        },
      ],
    })
    const { main, post } = await deploy(edgegap, { 'log-lines': '5' })
    const [made] = edgegap.deployments
    expect(main.exitCode).toBe(1)
    expectAllOutputs(main)
    expect(main.outputs).toMatchObject({
      outcome: 'failed',
      'deployment-id': made?.id,
      status: 'Status.ERROR',
      error: expect.stringContaining('exited'),
      'stopped-ids': JSON.stringify([made?.id]),
    })
    expect(onlyError(main)).toMatch(
      /with Status\.ERROR: exited\. The server crashed \(segmentation fault\).* Its log is in this step/,
    )
    expect(wireLog(edgegap).slice(-4)).toEqual([
      'GET /v1/deployment/ID/container-logs',
      'DELETE /v1/stop/ID',
      'GET /v1/status/ID',
      'GET /v1/deployments',
    ])
    const tail = ['log line 57', 'log line 58', 'log line 59', 'log line 60', 'Segmentation fault']
    const group = `Log of ${made?.id}, last 5 lines`
    expect(main.log.filter((line) => line.group === group).map(({ text }) => text)).toEqual(
      tail.map((line) => `| ${line}`),
    )
    expect(main.rawStdout).toContain('exit code 139, SIGSEGV, restarted 3 times')
    expect(main.summary).toContain('- Segmentation fault')
    for (const line of tail) expect(main.summary).toContain(line)
    expect(main.summary).not.toContain('log line 56')
    expect(main.summary).toContain('exit code 139')
    expectNothingLeft(edgegap)
    expect(post?.log).toEqual([])
  })

  test('shows the end of a log over 32 MiB', async () => {
    const logs = `${`${'x'.repeat(1_000)}\n`.repeat(36 * 1024)}the last words\n`
    await using edgegap = await startEdgegap({ script: error(0), logs })
    const { main } = await deploy(edgegap)
    expect(main.exitCode).toBe(1)
    expect(main.rawStdout).toMatch(/Log of [0-9a-f]{12}, last 50 lines/)
    expect(main.rawStdout).toContain('| the last words\n')
    expectNothingLeft(edgegap)
  })

  test('shows no log with log-lines: 0, yet tells how its process ended', async () => {
    await using edgegap = await startEdgegap({
      script: [
        {
          afterMs: 0,
          status: 'ERROR',
          crashData: { exit_code: 1, message: 'no licence', restart_count: 0 },
        },
      ],
    })
    const { main } = await deploy(edgegap, { 'log-lines': '0' })
    expect(main.rawStdout).not.toContain('listening on')
    expect(main.summary).not.toContain('listening on')
    expect(main.rawStdout).toContain('exit code 1, no licence')
  })

  test('whose log cannot be read is stopped all the same, with one warning', async () => {
    await using edgegap = await startEdgegap({ script: error(0) })
    edgegap.faults.order({ kind: 'status', status: 500, path: LOGS })
    const { main } = await deploy(edgegap)
    expect(main.outputs.outcome).toBe('failed')
    onlyError(main)
    expect(annotations(main, 'warning')).toEqual([expect.stringContaining('No log of')])
    expectNothingLeft(edgegap)
  })

  test('is kept with on-failure: keep, and a notice says that it costs', async () => {
    await using edgegap = await startEdgegap({ script: error(0) })
    const { main, post } = await deploy(edgegap, { 'on-failure': 'keep' })
    expect(main).toMatchObject({ exitCode: 1, outputs: { 'stopped-ids': '[]' } })
    expect(edgegap.stopped()).toEqual([])
    expect(annotations(main, 'notice').join()).toMatch(/was kept.*You pay for it until you stop it/)
    expect(post?.log).toEqual([])
  })

  test('is stopped by the post step where main could not', async () => {
    await using edgegap = await startEdgegap({ script: error(0) })
    edgegap.faults.order({ kind: 'status', status: 500, method: 'DELETE', path: STOP })
    const beforePost = async () => edgegap.faults.clear()
    const { main, post } = await deploy(edgegap, {}, { beforePost })
    expect(main).toMatchObject({ exitCode: 1, outputs: { outcome: 'failed', 'stopped-ids': '[]' } })
    onlyError(main)
    expect(annotations(main, 'warning').join()).toContain('The post step of this job tries again')
    expect(post?.exitCode).toBe(0)
    expectNothingLeft(edgegap)
  })
})

describe.concurrent('a server that is not ready in time', () => {
  test('has its log read, is stopped, and is timed-out', async () => {
    await using edgegap = await startEdgegap({
      script: never(),
      stopPendingAtOnce: true,
    })
    const { main, post } = await deploy(edgegap, { timeout: '1s' })
    expect(main).toMatchObject({ exitCode: 1, outputs: { outcome: 'timed-out', address: '' } })
    expectAllOutputs(main)
    expect(onlyError(main)).toMatch(
      /not ready within 1\.0 s; its last status was Status\.DEPLOYING\. Raise timeout/,
    )
    expect(wireLog(edgegap).slice(-4)).toEqual([
      'GET /v1/deployment/ID/container-logs',
      'DELETE /v1/stop/ID',
      'GET /v1/status/ID',
      'GET /v1/deployments',
    ])
    expect(main.summary).toContain('was not ready in time')
    expectNothingLeft(edgegap)
    expect(post?.log).toEqual([])
  })

  test('is kept with on-failure: keep', async () => {
    await using edgegap = await startEdgegap({ script: never(), stopPendingAtOnce: true })
    const { main } = await deploy(edgegap, { timeout: '1s', 'on-failure': 'keep' })
    expect(main.outputs.outcome).toBe('timed-out')
    expect(edgegap.stopped()).toEqual([])
  })
})
