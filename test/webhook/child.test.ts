import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { spawnChild } from '../../src/webhook/child.ts'
import type { ChildOptions } from '../../src/webhook/tunnels/tunnel.ts'
import { isRunning, signalProcess } from '../emulator/tunnel/process-tree.ts'

const onLinux = process.platform === 'linux'

const startNode = (script: string, options: ChildOptions = {}, environment = process.env) => {
  const pids: number[] = []
  const book = {
    addChild: (pid: number) => void pids.push(pid),
    removeChild: (pid: number) => void pids.splice(pids.indexOf(pid), 1),
  }
  const child = spawnChild(process.execPath, ['-e', script], options, environment, book)
  onTestFinished(() => child.stop(0))
  return { child, pids }
}

test('a child sees nothing of our environment but what every program needs', async () => {
  const environment = {
    PATH: process.env.PATH,
    RUNNER_TRACKING_ID: 'github_1',
    'INPUT_API-TOKEN': 'secret',
    TUNNEL_NAME: 'hijack',
    ACTIONS_RUNTIME_TOKEN: 'secret',
    NODE_OPTIONS: '--no-warnings',
    SSH_AUTH_SOCK: '/run/agent',
  }
  const script = 'console.log(Object.keys(process.env).sort().join())'
  const { child } = startNode(script, { environment: { MINE: '1' } }, environment)
  expect(await child.ended).toEqual({ code: 0, reason: 'exit code 0' })
  expect(child.lastLines()).toEqual(['MINE,PATH,RUNNER_TRACKING_ID'])
})

test('it starts in the folder it is given, and both of its outputs are read', async () => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'child-')))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const lines: string[] = []
  const { child } = startNode('console.log(process.cwd()); console.error("e")', {
    cwd: folder,
    onLine: (line) => lines.push(line),
  })
  await child.ended
  expect(lines.sort()).toEqual([folder, 'e'].sort())
})

test('a flood of output costs nothing, and neither does a line without end', async () => {
  const flood = 'for (let i = 0; i < 300000; i++) process.stderr.write("line " + i + "\\n")'
  const { child } = startNode(flood)
  await child.ended
  expect(child.lastLines()).toHaveLength(200)
  expect(child.lastLines().at(-1)).toBe('line 299999')
  const endless = startNode('process.stdout.write("x".repeat(5e6) + "\\nafter\\n")').child
  await endless.ended
  expect(endless.lastLines().map((line) => line.length)).toEqual([4_000, 5])
})

test('a program that is not there', async () => {
  const book = { addChild: () => expect.unreachable(), removeChild: () => {} }
  const child = spawnChild('/nonexistent/program', [], {}, {}, book)
  expect(await child.ended).toEqual({ code: undefined, reason: 'ENOENT' })
  await child.stop()
})

test.runIf(onLinux)('it is in the book as long as it runs', async () => {
  const { child, pids } = startNode('setInterval(() => {}, 1000)')
  const pid = child.pid ?? 0
  expect(pids).toEqual([pid])
  await child.stop()
  expect(pids).toEqual([])
  expect(isRunning(pid)).toBe(false)
  expect((await child.ended).reason).toBe('SIGTERM')
})

test.runIf(onLinux)('one that ignores SIGTERM is killed, as is one that is stopped', async () => {
  const script = 'process.on("SIGTERM", () => {}); setInterval(() => {}, 1000); console.log("up")'
  for (const freeze of [false, true]) {
    let up = () => {}
    const isUp = new Promise<void>((resolve) => {
      up = resolve
    })
    const { child } = startNode(script, { onLine: up })
    await isUp
    if (freeze) signalProcess(child.pid ?? 0, 'SIGSTOP')
    await child.stop(100)
    expect((await child.ended).reason).toBe('SIGKILL')
  }
})

test.runIf(onLinux)('a grandchild that holds the pipes delays nothing', async () => {
  let grandchild = 0
  const script = `
    const { spawn } = require('node:child_process')
    const child = spawn('sleep', ['60'], { stdio: 'inherit' })
    console.log(child.pid)
    child.unref()`
  const startMs = performance.now()
  const { child } = startNode(script, {
    onLine: (line) => {
      grandchild = Number(line)
    },
  })
  onTestFinished(() => void signalProcess(grandchild, 'SIGKILL'))
  await child.ended
  expect(isRunning(grandchild)).toBe(true)
  expect(performance.now() - startMs).toBeLessThan(30_000)
})
