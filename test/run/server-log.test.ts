import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { OneByOne } from '../../src/base/one-by-one.ts'
import type { Call } from '../../src/provider/call.ts'
import type { ServerLog } from '../../src/provider/provider.ts'
import { keepLogs, type LogRun, showLogs } from '../../src/run/server-log.ts'
import { errorOf } from './fake-provider.ts'
import { setStage } from './stage.ts'

/** What is shown and kept of servers' logs, and how long that may hold up their stops. */
let stage: ReturnType<typeof setStage>
let run: LogRun & { settings: { logLines: number; logDir: string | undefined } }
/** Each log that was asked for. */
let asked: [id: string, call: Call][]
let folder: string

const LOG: ServerLog = { lines: ['1', '2', '3'], isCut: false }
const warnings = () => stage.runner.messages('warning').join('\n')
const seconds = () => stage.clock.elapsedMs / 1_000

function logs(read: (id: string, call: Call) => Promise<ServerLog | undefined>) {
  const readLog = async (id: string, call: Call) => {
    asked.push([id, call])
    return await read(id, call)
  }
  Object.assign(stage.provider, { readLog })
}

beforeEach(() => {
  stage = setStage()
  asked = []
  folder = mkdtempSync(join(tmpdir(), 'server-log-'))
  const logWrites = new OneByOne()
  run = { ...stage.context, logWrites, settings: { logLines: 5, logDir: undefined }, state: {} }
  logs(async () => LOG)
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const keep = (...ids: string[]) => stage.run(keepLogs(run, ids))

describe('what is shown of a log', () => {
  it.each([
    ['all of a short one', 3, LOG, { tail: ['1', '2', '3'], isCut: false }],
    ['the end of a long one', 2, LOG, { tail: ['2', '3'], isCut: true }],
    ['nothing where none is wanted', 0, LOG, { tail: [], isCut: true }],
    ['nothing of an empty one', 0, { ...LOG, lines: [] }, { tail: [], isCut: false }],
    ['that it was cut before it came', 9, { ...LOG, isCut: true }, { isCut: true }],
    ['how the process ended', 1, { ...LOG, crash: 'exit code 1' }, { crash: 'exit code 1' }],
  ])('is %s', async (_, logLines, log, expected) => {
    run.settings.logLines = logLines
    logs(async () => log)
    const { shown } = await keep('a')
    expect([...shown.keys()]).toEqual(['a'])
    expect(shown.get('a')).toMatchObject(expected)
  })

  it('is printed at once where nothing is wrong with the server', async () => {
    run.settings.logLines = 2
    await stage.run(showLogs(run, ['a']))
    expect(stage.runner.messages('group')).toEqual(['Log of a, last 2 lines'])
    expect(stage.runner.log).toBe('| 2\n| 3\n')
  })

  it('is nothing, and nothing is read, where neither lines nor files are wanted', async () => {
    run.settings.logLines = 0
    const { shown, written } = await stage.run(showLogs(run, ['a']))
    await written
    expect(shown.size).toBe(0)
    expect(asked).toEqual([])
  })
})

describe('a log that cannot be had', () => {
  it('of a platform that has none is not missed', async () => {
    Object.assign(stage.provider, { readLog: undefined })
    const { shown, written } = await keep('a')
    await written
    expect(shown.size).toBe(0)
    expect(stage.runner.log).toBe('')
    expect(seconds()).toBe(0)
  })

  it('is no matter where there is no server', async () => {
    const { written } = await keep()
    await written
    expect(asked).toEqual([])
    expect(seconds()).toBe(0)
  })

  it.each([
    ['there is none', async () => undefined, 'a left no log'],
    [
      'the server has ended',
      async () => Promise.reject(errorOf('not-found')),
      'a has no log: not-found',
    ],
  ])('because %s is worth a line, not a warning', async (_, read, line) => {
    logs(read)
    const { shown } = await keep('a')
    expect(shown.size).toBe(0)
    expect(stage.runner.log).toContain(line)
    expect(warnings()).toBe('')
  })

  it('for another reason is warned of, and the others are read', async () => {
    logs(async (id) => {
      if (id === 'a') throw errorOf('server-fault')
      return LOG
    })
    const { shown } = await keep('a', 'b')
    expect([...shown.keys()]).toEqual(['b'])
    expect(warnings()).toBe('No log of a: server-fault')
  })
})

describe('the time for logs', () => {
  const tenServers = [...'abcdefghij']

  it('is 20 s for one that comes, and four come at the same time', async () => {
    let [now, most] = [0, 0]
    logs(async () => {
      now += 1
      most = Math.max(most, now)
      await stage.clock.sleep(1_000)
      now -= 1
      return LOG
    })
    const { shown } = await keep(...tenServers)
    expect(shown.size).toBe(10)
    expect(most).toBe(4)
    expect(seconds()).toBe(3)
    expect(asked.map(([, { deadlineMs }]) => deadlineMs)).toEqual(tenServers.map(() => 20_000))
  })

  it('is over after 5 s for those that were not begun, which are named', async () => {
    logs(() => stage.clock.sleep(2_500).then(() => LOG))
    const { shown } = await keep(...tenServers)
    expect([...shown.keys()]).toEqual([...'abcdefgh'])
    expect(warnings()).toBe('No log of i, j: there was no time left for it')
    expect(seconds()).toBe(5)
  })

  it('is 2 s for all of it in a run that is cancelled', async () => {
    stage.cancel()
    logs(async (_, { signal }) => {
      await stage.clock.sleep(10_000, signal)
      throw errorOf('connection-lost')
    })
    await keep(...tenServers)
    expect(asked.map(([id]) => id)).toEqual([...'abcd'])
    expect(warnings()).toContain('No log of e, f, g, h, i, j: there was no time left')
    expect(seconds()).toBe(2)
  })

  it('ends 2 s after a cancel that comes meanwhile', async () => {
    stage.clock.at(1_000, () => stage.cancel())
    logs((_, { signal }) => stage.clock.sleep(10_000, signal).then(() => LOG))
    await keep('a')
    expect(seconds()).toBe(3)
  })

  it('is over when that for cleaning up is', async () => {
    const over = AbortSignal.abort()
    run = { ...run, cancellation: { ...run.cancellation, over } }
    const { shown } = await keep('a', 'b')
    expect(shown.size).toBe(0)
    expect(asked).toEqual([])
    expect(warnings()).toContain('No log of a, b')
  })
})

describe('log-dir', () => {
  beforeEach(() => {
    run.settings.logDir = join(folder, 'logs')
    run.settings.logLines = 0
    // Files are written in real time.
    Object.assign(run, { clock: systemClock })
  })

  const show = async (...ids: string[]) => {
    const { written } = await showLogs(run, ids)
    await written
  }
  const pathOf = (id: string) => join(folder, 'logs', `${id}.log`)

  it('gets the whole log of each server, however few lines are shown', async () => {
    await show('a', 'b')
    expect(readFileSync(pathOf('a'), 'utf8')).toBe('1\n2\n3\n')
    expect(run.state.logFiles?.toSorted()).toEqual([pathOf('a'), pathOf('b')])
    expect(stage.runner.log).toContain(`Log of a: ${pathOf('a')}`)
    expect(stage.runner.log).not.toContain('| 3')
  })

  it('is added to what was written before, and no file is named twice', async () => {
    run = { ...run, state: { logFiles: ['/tmp/x.log'] } }
    await show('a')
    await show('a')
    expect(run.state.logFiles).toEqual(['/tmp/x.log', pathOf('a')])
  })

  it('holds no secrets', async () => {
    stage.context.printer.hide('top-secret')
    logs(async () => ({ lines: ['key: top-secret'], isCut: false }))
    await show('a')
    expect(readFileSync(pathOf('a'), 'utf8')).not.toContain('top-secret')
  })

  it('that cannot be written to is warned of, and no file is named', async () => {
    writeFileSync(join(folder, 'file'), '')
    run.settings.logDir = join(folder, 'file')
    await show('a')
    expect(warnings()).toMatch(/^The log of a could not be written to log-dir: /)
    expect(run.state.logFiles).toBeUndefined()
  })

  it('is left alone where none is named', async () => {
    Object.assign(run.settings, { logDir: undefined, logLines: 5 })
    await show('a')
    expect(run.state.logFiles).toBeUndefined()
    expect(readdirSync(folder)).toEqual([])
  })

  describe('on a slow disk', () => {
    // Too many parts to be written before the virtual time has passed.
    const huge: ServerLog = { lines: new Array(100_000).fill('x'), isCut: false }
    const isWritten = () => vi.waitUntil(() => existsSync(pathOf('a')), { timeout: 15_000 })

    beforeEach(() => {
      Object.assign(run, { clock: stage.clock })
      logs(async () => huge)
    })

    it('holds up the stops by 5 s, and the end of the step by 20 s more', async () => {
      const { written } = await keep('a')
      expect(seconds()).toBe(5)
      await stage.run(written)
      expect(seconds()).toBe(25)
      expect(existsSync(pathOf('a'))).toBe(false)
      await isWritten()
    })

    it('holds up neither when the time for cleaning up is over', async () => {
      stage.cancel()
      const { written } = await keep('a')
      expect(seconds()).toBe(2)
      await stage.run(written)
      expect(seconds()).toBe(6.5)
      await isWritten()
    })
  })
})
