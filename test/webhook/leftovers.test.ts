import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { Leftovers, PRIVATE_FOLDER, removeLeftovers } from '../../src/webhook/leftovers.ts'
import { isRunning } from '../emulator/tunnel/process-tree.ts'

/** What a step writes down, and what its post step would read. */
const startStep = () => {
  let saved = ''
  const leftovers = new Leftovers({
    write: () => {},
    command: () => {},
    setOutput: () => {},
    saveState: (_name, value) => {
      saved = value
    },
    appendSummary: async () => {},
  })
  return { leftovers, saved: () => saved }
}
const startSleep = () => {
  const child = spawn('sleep', ['60'], { stdio: 'ignore' })
  onTestFinished(() => void child.kill('SIGKILL'))
  return { child, pid: child.pid ?? 0 }
}
const makeFolder = () => {
  const folder = mkdtempSync(join(tmpdir(), PRIVATE_FOLDER))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  writeFileSync(join(folder, 'key'), 'secret')
  return folder
}

describe.runIf(process.platform === 'linux')('what a killed step leaves', () => {
  test('its children are ended and its folders removed', async () => {
    const { leftovers, saved } = startStep()
    const [{ child, pid }, folder] = [startSleep(), makeFolder()]
    leftovers.addChild(pid)
    leftovers.addFolder(folder)
    const ended = new Promise((resolve) => child.once('exit', (_, signal) => resolve(signal)))
    expect(removeLeftovers(saved(), {})).toEqual([
      `Ended the tunnel process ${pid} that was left behind.`,
    ])
    expect(await ended).toBe('SIGKILL')
    expect(existsSync(folder)).toBe(false)
    // Once more does no harm.
    expect(removeLeftovers(saved(), {})).toEqual([])
  })

  test('a process that only has the same number by now is left alone', () => {
    const { leftovers, saved } = startStep()
    const { pid } = startSleep()
    leftovers.addChild(pid)
    const record = JSON.parse(saved())
    record.children[0].startedAt = '12345'
    expect(removeLeftovers(JSON.stringify(record), {})).toEqual([])
    expect(isRunning(pid)).toBe(true)
  })

  test('nothing is written down once all is gone, and a dead child never', async () => {
    const { leftovers, saved } = startStep()
    const [{ child, pid }, folder] = [startSleep(), makeFolder()]
    leftovers.addChild(pid)
    leftovers.addFolder(folder)
    leftovers.removeChild(pid)
    expect(JSON.parse(saved())).toEqual({ children: [], folders: [folder] })
    leftovers.removeFolder(folder)
    expect(saved()).toBe('')
    const ended = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGKILL')
    await ended
    leftovers.addChild(pid)
    expect(saved()).toBe('')
  })
})

describe.runIf(process.platform === 'linux')('a saved state that this action did not write', () => {
  test.each([
    ['a negative number, which would be a whole group', (pid: number) => ({ pid: -pid })],
    ['one without a start', () => ({ startedAt: undefined })],
    ['a negative one without a start', (pid: number) => ({ pid: -pid, startedAt: undefined })],
    ['a number as text', (pid: number) => ({ pid: String(pid) })],
    ['the first process', () => ({ pid: 1 })],
    ['zero, which would be our own group', () => ({ pid: 0, startedAt: undefined })],
  ])('ends no process: %s', (_, change) => {
    const { pid } = startSleep()
    const { leftovers, saved } = startStep()
    leftovers.addChild(pid)
    const [child] = JSON.parse(saved()).children
    const state = { children: [null, 5, { ...child, ...change(pid) }], folders: [] }
    expect(removeLeftovers(JSON.stringify(state), {})).toEqual([])
    expect(isRunning(pid)).toBe(true)
  })

  test('removes no folder that is not where ours are made, or is not called like ours', () => {
    const parent = mkdtempSync(join(tmpdir(), 'elsewhere-'))
    onTestFinished(() => rmSync(parent, { recursive: true, force: true }))
    const folders = [`${PRIVATE_FOLDER}abcdef`, `${PRIVATE_FOLDER}repository`].map((name) => {
      const folder = join(parent, name)
      mkdirSync(folder)
      return folder
    })
    const strange = [...folders, `${makeFolder()}/..`, 5, null, `${PRIVATE_FOLDER}abcdef`, '/']
    removeLeftovers(JSON.stringify({ children: [], folders: strange }), {})
    for (const folder of folders) expect(existsSync(folder)).toBe(true)
    // In the runner's own folder for temporary files it is removed.
    const environment = { RUNNER_TEMP: parent }
    removeLeftovers(JSON.stringify({ children: [], folders }), environment)
    expect(folders.map((folder) => existsSync(folder))).toEqual([false, true])
  })

  test('that is none at all is refused', () => {
    for (const saved of ['{}', '[]', 'x', '{"children":{},"folders":[]}']) {
      expect(() => removeLeftovers(saved, {})).toThrow()
    }
  })
})
