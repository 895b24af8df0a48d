import {
  existsSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { error, largeLog, never, ready } from '../emulator/edgegap/script.ts'
import { createFolders } from '../harness/folders.ts'
import type { StepResult } from '../harness/step-result.ts'
import {
  annotations,
  cancelAt,
  deploy,
  expectNothingLeft,
  killAt,
  LOGS,
  onlyError,
  STATUS,
  STOP,
  startEdgegap,
  stop,
} from './deploy.ts'

const LONG_MS = 180_000

/** A folder that goes away at the end of the block. */
function temporaryFolder() {
  const path = mkdtempSync(join(tmpdir(), 'logs-'))
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) }
}

function logFiles({ outputs }: StepResult): string[] {
  return JSON.parse(outputs['log-files'] ?? '') as string[]
}

describe.concurrent('log-dir', () => {
  test('gets the whole log of a server that failed, before it is stopped', async () => {
    using folder = temporaryFolder()
    const logs = Array.from({ length: 3_000 }, (_, index) => `line ${index + 1}\n`).join('')
    await using edgegap = await startEdgegap({ script: error(100), logs })
    const { main } = await deploy(edgegap, { 'log-dir': folder.path })
    const path = join(folder.path, `${main.outputs['deployment-id']}.log`)
    expect(logFiles(main)).toEqual([path])
    expect(readFileSync(path, 'utf8')).toBe(logs)
    expect(readdirSync(folder.path)).toHaveLength(1)
    expect(main.rawStdout).not.toContain('| line 1\n')
  })

  test('begins at the workspace where it is relative, and is made where it is missing', async () => {
    await using edgegap = await startEdgegap()
    const folders = createFolders()
    try {
      const { id } = edgegap.addDeployment()
      const { main } = await stop(edgegap, id, { 'log-dir': 'out/logs' }, { folders })
      const path = join(folders.workspace, 'out/logs', `${id}.log`)
      expect(logFiles(main)).toEqual([path])
      expect(readFileSync(path, 'utf8')).toBe(edgegap.settings.logs)
    } finally {
      folders.remove()
    }
  })

  test('gets the log of what is replaced', async () => {
    using folder = temporaryFolder()
    await using edgegap = await startEdgegap()
    const { id } = edgegap.addDeployment({ tags: ['staging'] })
    edgegap.setLogs(id, { logs: 'from the old one\n' })
    const { main } = await deploy(edgegap, {
      group: 'staging',
      replace: 'after-ready',
      'log-dir': folder.path,
    })
    expect(logFiles(main)).toEqual([join(folder.path, `${id}.log`)])
    expect(readFileSync(join(folder.path, `${id}.log`), 'utf8')).toBe('from the old one\n')
  })

  test('gets the log of what the post step stops after the job', async () => {
    using folder = temporaryFolder()
    await using edgegap = await startEdgegap()
    const { main, post } = await deploy(
      edgegap,
      { 'stop-after-job': 'true', 'log-dir': folder.path, 'log-lines': '1' },
      {
        beforePost: async () => {
          const id = edgegap.deployments[0]?.id ?? ''
          edgegap.setLogs(id, { logs: 'first\nthe test of the user failed here\n' })
        },
      },
    )
    expect(logFiles(main)).toEqual([])
    expect(post?.rawStdout).toContain('| the test of the user failed here\n')
    expect(post?.rawStdout).not.toContain('| first\n')
    const path = join(folder.path, `${main.outputs['deployment-id']}.log`)
    expect(readFileSync(path, 'utf8')).toBe('first\nthe test of the user failed here\n')
    expectNothingLeft(edgegap)
  })

  test('gets the log from the post step of a run that was killed, whatever log-lines is', async () => {
    using folder = temporaryFolder()
    await using edgegap = await startEdgegap({ script: ready(60_000), stopPendingAtOnce: true })
    const { post } = await deploy(
      edgegap,
      { 'log-dir': folder.path, 'log-lines': '50' },
      { mainControl: killAt(edgegap, 'GET', STATUS, 2) },
    )
    expect(post?.exitCode).toBe(0)
    expect(readdirSync(folder.path)).toEqual([`${edgegap.deployments[0]?.id}.log`])
  })

  test('gets the log of what a cancelled run had created', async () => {
    using folder = temporaryFolder()
    await using edgegap = await startEdgegap({ script: never(), stopPendingAtOnce: true })
    const { main } = await deploy(
      edgegap,
      { 'log-dir': folder.path },
      { mainControl: cancelAt(edgegap, 'GET', STATUS, 3) },
    )
    expect(main.outputs.outcome).toBe('cancelled')
    expect(readdirSync(folder.path)).toEqual([`${edgegap.deployments[0]?.id}.log`])
    expectNothingLeft(edgegap)
  })

  test('replaces an older file, and a link instead of what it leads to', async () => {
    using folder = temporaryFolder()
    await using edgegap = await startEdgegap()
    const [a, b] = [edgegap.addDeployment().id, edgegap.addDeployment().id]
    const elsewhere = join(folder.path, 'elsewhere')
    writeFileSync(elsewhere, 'precious')
    writeFileSync(join(folder.path, `${a}.log`), 'of yesterday '.repeat(100))
    symlinkSync(elsewhere, join(folder.path, `${b}.log`))
    symlinkSync(elsewhere, join(folder.path, `${b}.log.part`))
    for (const id of [a, b]) await stop(edgegap, id, { 'log-dir': folder.path })
    for (const id of [a, b]) {
      expect(readFileSync(join(folder.path, `${id}.log`), 'utf8')).toBe(edgegap.settings.logs)
      expect(lstatSync(join(folder.path, `${id}.log`)).isFile()).toBe(true)
    }
    expect(readFileSync(elsewhere, 'utf8')).toBe('precious')
  })

  test('holds no secret', async () => {
    using folder = temporaryFolder()
    const secret = 'hunter2-and-more'
    const token = 'a1b2c3d4-0000-4000-8000-000000000000'
    const logs = `pin ${secret}\ntoken=${token}\nurl ${encodeURIComponent(`x ${secret}`)}\nend\n`
    await using edgegap = await startEdgegap({ script: error(100), token, logs })
    const { main } = await deploy(
      edgegap,
      { 'log-dir': folder.path, 'secret-env': `PIN=${secret}` },
      { secrets: [secret] },
    )
    const [path = ''] = logFiles(main)
    expect(readFileSync(path, 'utf8')).toBe('pin ***\ntoken=***\nurl x%20***\nend\n')
  })

  test(
    'keeps the end of a log over 32 MB, under a line that says so',
    async () => {
      using folder = temporaryFolder()
      await using edgegap = await startEdgegap({ logs: largeLog(33 * 1024 * 1024) })
      const { id } = edgegap.addDeployment()
      const { main } = await stop(edgegap, id, { 'log-dir': folder.path })
      expect(main.exitCode).toBe(0)
      const [path = ''] = logFiles(main)
      expect(statSync(path).size).toBeLessThan(33 * 1024 * 1024)
      const text = readFileSync(path, 'utf8')
      expect(text).toMatch(/^\[This log is not whole: .*32 MB/)
      expect(text.endsWith('the last line\n')).toBe(true)
      expectNothingLeft(edgegap)
    },
    LONG_MS,
  )

  test('that cannot be written to only warns', async () => {
    using folder = temporaryFolder()
    await using edgegap = await startEdgegap()
    const file = join(folder.path, 'file')
    writeFileSync(file, '')
    const { id } = edgegap.addDeployment()
    const { main } = await stop(edgegap, id, { 'log-dir': join(file, 'logs') })
    expect(main).toMatchObject({ exitCode: 0, outputs: { outcome: 'stopped', 'log-files': '[]' } })
    expect(annotations(main, 'warning').join()).toContain('log-dir')
    expectNothingLeft(edgegap)
  })
})

describe.concurrent('a log', () => {
  test.each([
    ['hangs', { kind: 'hang' }],
    ['answers 500', { kind: 'status', status: 500 }],
    ['is a page', { kind: 'status', status: 200, body: '<html>' }],
    ['breaks off at once', { kind: 'reset' }],
  ] as const)('that %s holds up no stop for long and only warns', async (_, effect) => {
    await using edgegap = await startEdgegap()
    const { id } = edgegap.addDeployment()
    edgegap.faults.order({ ...effect, path: LOGS })
    const { main } = await stop(edgegap, id)
    expect(main).toMatchObject({ exitCode: 0, outputs: { outcome: 'stopped' } })
    expect(annotations(main, 'warning')).toEqual([expect.stringContaining(`No log of ${id}`)])
    expectNothingLeft(edgegap)
  })

  test('of each of many servers that hangs holds up their stops once, not each in turn', async () => {
    await using edgegap = await startEdgegap()
    for (let count = 0; count < 20; count += 1) edgegap.addDeployment({ tags: ['many'] })
    edgegap.faults.order({ kind: 'hang', path: LOGS })
    const { main } = await stop(edgegap, '', {
      'deployment-id': '',
      application: 'my-game',
      group: 'many',
    })
    expect(main.outputs.outcome).toBe('stopped')
    // One after the other they would take 25 s before the first stop.
    expect(edgegap.requestsTo('GET', LOGS).length).toBeLessThan(20)
    expectNothingLeft(edgegap)
  })

  test('that hangs during a cancel leaves the time to stop', async () => {
    await using edgegap = await startEdgegap({ script: never(), stopPendingAtOnce: true })
    edgegap.faults.order({ kind: 'hang', path: LOGS })
    const { main, post } = await deploy(
      edgegap,
      {},
      { mainControl: cancelAt(edgegap, 'GET', STATUS, 2) },
    )
    expect(main.outputs.outcome).toBe('cancelled')
    expect(edgegap.requestsTo('DELETE', STOP).length).toBeGreaterThan(0)
    expect(post?.exitCode ?? 0).toBe(0)
    expectNothingLeft(edgegap)
  })

  test('that stands elsewhere is never asked for with the token', async () => {
    await using edgegap = await startEdgegap({ script: error(100) })
    const { id } = edgegap.addDeployment()
    const logsLink = `${edgegap.url}/v1/elsewhere/log.txt`
    edgegap.setLogs(id, { logs: '', logsLink })
    const { main } = await stop(edgegap, id)
    expect(main.exitCode).toBe(0)
    expect(edgegap.requests.filter(({ path }) => path.includes('elsewhere'))).toEqual([])
  })

  test('of a server that has ended already is no reason to warn', async () => {
    using folder = temporaryFolder()
    await using edgegap = await startEdgegap()
    const { id } = edgegap.addDeployment({}, [{ afterMs: 0, status: 'TERMINATED' }])
    const { main } = await stop(edgegap, id, { 'log-dir': folder.path })
    expect(main).toMatchObject({ exitCode: 0, outputs: { 'log-files': '[]' } })
    expect(annotations(main, 'warning')).toEqual([])
    expect(existsSync(join(folder.path, `${id}.log`))).toBe(false)
  })

  test('is not shown with log-lines: 0 where nothing failed, nor is it asked for', async () => {
    await using edgegap = await startEdgegap()
    const { id } = edgegap.addDeployment()
    await stop(edgegap, id, { 'log-lines': '0' })
    expect(edgegap.requestsTo('GET', LOGS)).toEqual([])
  })

  test('of a failed server is told of once', async () => {
    await using edgegap = await startEdgegap({ script: error(100) })
    const { main } = await deploy(edgegap)
    onlyError(main)
    expect(main.rawStdout.split('| listening on 7777/udp\n')).toHaveLength(2)
  })
})
