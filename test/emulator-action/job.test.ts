import { once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { annotations, expectSound, onlyError } from '../action/deploy.ts'
import { freePort } from '../emulator/tunnel/loopback-server.ts'
import type { StepResult } from '../harness/step-result.ts'
import { type Job, startJob } from './workflow.ts'

const QUICK = { 'ready-after': '0s', 'stop-takes': '0s' }

const logOf = ({ log }: StepResult) => log.map(({ text }) => text).join('\n')
const recordOf = (job: Job) => join(job.folders.temp, 'edgegap-emulator', 'running.json')
const pidOf = (job: Job): number => JSON.parse(readFileSync(recordOf(job), 'utf8')).pid

describe.concurrent('a workflow against the emulator', () => {
  test('start, deploy, stop the server, stop the emulator: green, and nothing is left', async () => {
    using job = startJob()
    const started = await job.emulator(QUICK)
    expect(started).toMatchObject({ exitCode: 0, undeclaredOutputs: [] })
    // The token is of no use in another job, so it may be masked and lost on the way there.
    expect(started.problems.map(({ message }) => message)).toEqual([
      "Skip output 'token' since it may contain secret.",
    ])
    expect(started.outputs.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
    expectSound({ ...started, outputs: {}, problems: [] }, [started.outputs.token ?? 'no token'])

    const deployed = await job.deploy(started)
    expect(deployed).toMatchObject({ exitCode: 0, outputs: { outcome: 'succeeded' } })
    const id = deployed.outputs['deployment-id'] ?? ''
    const stopped = await job.deploy(started, { operation: 'stop', 'deployment-id': id })
    expect(stopped).toMatchObject({ exitCode: 0, outputs: { outcome: 'stopped' } })

    const ended = await job.emulator({ operation: 'stop' })
    expect(ended).toMatchObject({ exitCode: 0, undeclaredOutputs: [], problems: [] })
    expect(ended.outputs.running).toBe('[]')
    expect(JSON.parse(ended.outputs.requests ?? '')).toContainEqual(
      expect.objectContaining({ method: 'POST', path: '/v2/deployments', status: 202 }),
    )
    expect(JSON.parse(ended.outputs.deployments ?? '')).toEqual([
      expect.objectContaining({ id, application: 'my-game', version: 'v1', running: false }),
    ])
    expect(ended.summary).toMatch(/\d+ requests, 1 deployment, nothing left running\./)
    expect(ended.summary).toContain('<details><summary>What was asked of it</summary>')
    expect(job.processes()).toEqual([])

    const [post, ...others] = await job.end()
    expect(post?.exitCode).toBe(0)
    expect(post && logOf(post)).toContain('was stopped by an earlier step')
    expect(others.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0])
    expect(job.processes()).toEqual([])
  })

  test('a server that is left running makes the stop red and is named', async () => {
    using job = startJob()
    const started = await job.emulator(QUICK)
    const { outputs } = await job.deploy(started, { tags: 'nightly' })
    const ended = await job.emulator({ operation: 'stop' })
    expect(ended.exitCode).toBe(1)
    expect(onlyError(ended)).toMatch(
      new RegExp(
        `1 server was still running.*${outputs['deployment-id']} my-game v1 READY.*nightly`,
      ),
    )
    expect(ended.outputs.running).toBe(JSON.stringify([outputs['deployment-id']]))
    expect(job.processes()).toEqual([])
  })

  test('left-running: warn only warns, for workflows that leave their servers running', async () => {
    using job = startJob()
    const started = await job.emulator(QUICK)
    await job.deploy(started)
    const ended = await job.emulator({ operation: 'stop', 'left-running': 'warn' })
    expect(ended.exitCode).toBe(0)
    expect(annotations(ended, 'warning').join()).toContain('1 server was still running')
  })

  test('the post step judges after the post steps of the deploys, and shows the requests', async () => {
    using job = startJob()
    const started = await job.emulator(QUICK)
    await job.deploy(started, { 'stop-after-job': 'true' })
    const [post] = await job.end()
    expect(post?.exitCode).toBe(0)
    const folded = post?.log.filter(({ group }) => /requests to the emulator/.test(group ?? ''))
    expect(folded?.map(({ text }) => text).join('\n')).toMatch(
      /POST {3}\/v2\/deployments → 202[\s\S]*DELETE \/v1\/stop\/\w+ → 202/,
    )
    expect(job.processes()).toEqual([])
  })

  test('the post step is red where a server is left, and ends the emulator all the same', async () => {
    using job = startJob()
    const started = await job.emulator(QUICK)
    await job.deploy(started)
    const [post] = await job.end()
    expect(post?.exitCode).toBe(1)
    expect(post && onlyError(post)).toContain('1 server was still running')
    expect(job.processes()).toEqual([])
  })
})

describe.concurrent('what the emulator can be told', () => {
  test('the outcome of each deployment, one after the other', async () => {
    using job = startJob()
    const outcomes = 'error No space left on device\nready'
    const started = await job.emulator({ ...QUICK, outcomes })
    const first = await job.deploy(started)
    expect(first.outputs).toMatchObject({ outcome: 'failed' })
    expect(first.outputs.error).toContain('No space left on device')
    expect((await job.deploy(started)).outputs.outcome).toBe('succeeded')
    expect((await job.deploy(started)).outputs.outcome).toBe('succeeded')
  })

  test('applications, versions and limits of the account', async () => {
    using job = startJob()
    const applications = 'my-game v1 v2\nother'
    const started = await job.emulator({ ...QUICK, applications, 'max-deployments': '1' })
    expect((await job.deploy(started, { version: 'v3' })).outputs.outcome).toBe('rejected')
    expect((await job.deploy(started, { version: 'v2' })).outputs.outcome).toBe('succeeded')
    const second = await job.deploy(started)
    expect(second.outputs.outcome).toBe('rejected')
    expect(second.outputs.error).toContain('limited to 1 concurrent')
  })

  test('where servers say they run, so that a test can reach one that the workflow started', async () => {
    using job = startJob()
    const ports = 'query 27015/tcp\ngameport 7777/udp'
    const started = await job.emulator({ ...QUICK, ports, 'server-host': '127.0.0.1' })
    const { outputs } = await job.deploy(started)
    expect(outputs).toMatchObject({ address: '127.0.0.1:27015', ip: '127.0.0.1' })
    expect(JSON.parse(outputs.ports ?? '').gameport.external).toBe(7777)
  })

  test('webhooks reach a deploy that listens on the same machine', async () => {
    using job = startJob()
    const port = await freePort()
    const started = await job.emulator({ 'ready-after': '1s', 'stop-takes': '0s' })
    const { outputs } = await job.deploy(started, {
      'public-url': `http://127.0.0.1:${port}`,
      'listen-port': String(port),
    })
    expect(outputs).toMatchObject({ outcome: 'succeeded', tunnel: 'public', 'tunnel-error': '' })
  })

  test('faults at an endpoint, which are named among the requests', async () => {
    using job = startJob()
    const faults = '* /v1/* status 503 times=1\nPOST /v2/deployments reset when=after times=1'
    const started = await job.emulator({ ...QUICK, faults })
    const deployed = await job.deploy(started)
    expect(deployed.outputs.outcome).toBe('succeeded')
    const ended = await job.emulator({ operation: 'stop', 'left-running': 'warn' })
    expect(logOf(ended)).toContain('POST   /v2/deployments → no answer (fault: reset)')
    expect(JSON.parse(ended.outputs.deployments ?? '')).toHaveLength(1)
  })

  test('creates that are refused for want of room', async () => {
    using job = startJob()
    const started = await job.emulator({ ...QUICK, 'refuse-creates': '1' })
    const refused = await job.deploy(started)
    expect(refused.exitCode).toBe(1)
    expect((await job.deploy(started)).outputs.outcome).toBe('succeeded')
  })

  test('a port of its own; one that is taken is named', async () => {
    using job = startJob()
    await using taken = createServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
    const { port } = taken.address() as AddressInfo
    const refused = await job.emulator({ port: String(port) })
    expect(refused.exitCode).toBe(1)
    expect(onlyError(refused)).toContain(`Port ${port} of this machine is in use`)
    expect(job.processes()).toEqual([])
  })
})

describe.concurrent('mistakes and mishaps', () => {
  test('bad inputs are named all at once, and nothing is started', async () => {
    using job = startJob()
    const { exitCode, annotations: found } = await job.emulator({
      port: '80',
      outcomes: 'redy',
      faults: 'GET /v1/status/* sttus 503\nGET /v1/locations status 503 tims=2',
      'ready-after': '2',
      applications: 'my game/v1',
      'left-running': 'ignore',
    })
    expect(exitCode).toBe(1)
    expect(found.map(({ message }) => message)).toEqual([
      'left-running is "ignore": use one of fail, warn',
      expect.stringContaining('port is "80": use a whole number from 1024 to 65535'),
      'applications is "my game/v1": write a name and then, if you like, its versions',
      expect.stringMatching(/^outcomes is "redy": use one of ready, .*; did you mean ready\?$/),
      expect.stringMatching(/^ready-after is "2": write a duration .*; did you mean 2s or 2m\?$/),
      expect.stringMatching(/^faults is "GET \/v1\/status\/\* sttus 503": write METHOD PATH FAULT/),
      expect.stringContaining('"tims=2" is unknown: times=N, skip=N and when=after may follow'),
    ])
    expect(job.processes()).toEqual([])
  })

  test('a second start says where the first one runs, and leaves it alone', async () => {
    using job = startJob()
    const first = await job.emulator(QUICK)
    const second = await job.emulator(QUICK)
    expect(second.exitCode).toBe(1)
    expect(onlyError(second)).toContain(`already runs in this job, at ${first.outputs.url}`)
    const [post, postOfSecond] = await job.end()
    expect([post?.exitCode, postOfSecond?.exitCode]).toEqual([0, 0])
    expect(job.processes()).toEqual([])
  })

  test('once stopped, another one can be started in the same job', async () => {
    using job = startJob()
    await job.emulator(QUICK)
    await job.emulator({ operation: 'stop' })
    const again = await job.emulator(QUICK)
    expect(again.exitCode).toBe(0)
    const posts = await job.end()
    expect(posts.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0])
    expect(logOf(posts[0] as StepResult)).toContain('was stopped by an earlier step')
    expect(logOf(posts[2] as StepResult)).toContain('has ended')
    expect(job.processes()).toEqual([])
  })

  test('a stop without a start says so', async () => {
    using job = startJob()
    const { exitCode, ...stopped } = await job.emulator({ operation: 'stop' })
    expect(exitCode).toBe(1)
    expect(onlyError({ exitCode, ...stopped })).toContain('No emulator runs in this job')
  })

  test.each(['operation: stop', 'the post step'])('a kill is noticed by %s', async (by) => {
    using job = startJob()
    await job.emulator(QUICK)
    process.kill(pidOf(job), 'SIGKILL')
    const [post] = by === 'the post step' ? await job.end() : []
    const step = post ?? (await job.emulator({ operation: 'stop' }))
    expect(step.exitCode).toBe(1)
    expect(onlyError(step)).toContain('is gone: it crashed, or something killed it')
    expect(existsSync(recordOf(job))).toBe(false)
  })

  test('another process that has the number by now is left alone', async () => {
    using job = startJob()
    await job.emulator(QUICK)
    const record = JSON.parse(readFileSync(recordOf(job), 'utf8'))
    process.kill(record.pid, 'SIGKILL')
    // This test's own process, under the start time of the emulator.
    writeFileSync(recordOf(job), JSON.stringify({ ...record, pid: process.pid }))
    const stopped = await job.emulator({ operation: 'stop' })
    expect(onlyError(stopped)).toContain('is gone')
  })

  test('one that hangs is killed', { timeout: 60_000 }, async () => {
    using job = startJob()
    await job.emulator(QUICK)
    process.kill(pidOf(job), 'SIGSTOP')
    const stopped = await job.emulator({ operation: 'stop' })
    expect(stopped.exitCode).toBe(1)
    expect(annotations(stopped, 'warning').join()).toContain('was killed: it did not answer')
    expect(job.processes()).toEqual([])
  })

  test('a start that is killed leaves no emulator behind', async () => {
    using job = startJob()
    const { signal } = await job.emulator(QUICK, async (step) => {
      while (job.processes().length < 2) await new Promise((go) => setTimeout(go, 5))
      step.kill()
    })
    expect(signal).toBe('SIGKILL')
    await job.end()
    await vi.waitFor(() => expect(job.processes()).toEqual([]), 10_000)
  })

  test('a start that is cancelled leaves none behind either', async () => {
    using job = startJob()
    const { conclusion } = await job.emulator(QUICK, async (step) => {
      while (job.processes().length < 2) await new Promise((go) => setTimeout(go, 5))
      await step.cancel()
    })
    expect(conclusion).toBe('cancelled')
    await job.end()
    expect(job.processes()).toEqual([])
  })

  test('a misspelt input is warned of', async () => {
    using job = startJob()
    const started = await job.emulator({ ...QUICK, outcome: 'ready' })
    expect(annotations(started, 'warning').join()).toContain('Did you mean outcomes?')
  })
})
