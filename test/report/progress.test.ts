import { beforeEach, describe, expect, it } from 'vitest'
import type { Observation } from '../../src/provider/provider.ts'
import { Progress } from '../../src/report/progress.ts'
import { Printer } from '../../src/runner/printer.ts'
import { Redactor } from '../../src/runner/redactor.ts'
import { fault } from '../wait/scene.ts'
import { VirtualClock } from '../wait/virtual-clock.ts'
import { deploymentReport, RecordingRunner } from './fixtures.ts'

let clock: VirtualClock
let runner: RecordingRunner
let progress: Progress

beforeEach(() => {
  clock = new VirtualClock()
  runner = new RecordingRunner()
  progress = new Progress(new Printer(runner, new Redactor(), clock), clock, false)
})

const deployment = deploymentReport()
function reading(status: string, more: Partial<Observation> = {}, changed = true) {
  const observation = { state: 'pending', status, known: true, facts: {}, ...more } as const
  progress.waiting(deployment, {
    type: 'reading',
    source: 'poll',
    reading: observation,
    changed,
    atMs: 1_500,
  })
}

describe('the account of a wait', () => {
  it('tells every state once, with its time', () => {
    reading('SEEKING')
    reading('SEEKING', {}, false)
    reading('ERROR', { state: 'failed', reason: 'no image' })
    expect(runner.lines).toEqual(['[  1.5 s] SEEKING', '[  1.5 s] ERROR: no image'])
  })

  it('warns once of a state that it does not know, not of an unknown end', () => {
    reading('REBALANCING', { known: false })
    reading('REBALANCING', { known: false })
    reading('GONE', { known: false, state: 'failed' })
    expect(runner.messages('warning')).toHaveLength(1)
  })

  it('tells the first three failures in a row, and then every tenth', () => {
    for (let consecutive = 1; consecutive <= 25; consecutive++) {
      const error = fault('server-fault')
      progress.waiting(deployment, {
        type: 'failure',
        error,
        consecutive,
        nextInMs: 1_000,
        atMs: 0,
      })
    }
    progress.waiting(deployment, { type: 'recovered', after: 25, atMs: 9_000 })
    expect(runner.lines).toHaveLength(6)
    expect(runner.lines.at(-1)).toContain('after 25 failed status checks')
  })

  it('says which deployment it is about where there are several', () => {
    const several = new Progress(new Printer(runner, new Redactor(), clock), clock, true)
    several.accepted(deployment)
    expect(runner.lines[0]).toContain('new-york: accepted as a69f8e3e0555')
  })
})

describe('a silence', () => {
  it('is broken at least every thirty seconds, until the deployment is settled', async () => {
    await clock.run(
      progress.whileRunning(async () => {
        progress.accepted(deployment)
        await clock.sleep(100_000)
      }),
    )
    expect(runner.lines.slice(1).map((line) => line.trim())).toEqual([
      expect.stringContaining('still accepted'),
      expect.stringContaining('still accepted'),
      expect.stringContaining('still accepted'),
    ])
    expect(clock.pending).toBe(0)
  })

  it('is broken by what is going on where no deployment is waited for', async () => {
    await clock.run(progress.whileRunning(() => clock.sleep(70_000), 'moving versions'))
    expect(runner.lines).toEqual([
      '[ 30.0 s] still moving versions',
      '[ 60.0 s] still moving versions',
    ])
  })

  it('is none where lines come anyway', async () => {
    await clock.run(
      progress.whileRunning(async () => {
        progress.accepted(deployment)
        for (let count = 0; count < 20; count++) {
          await clock.sleep(20_000)
          reading(`STEP ${count}`)
        }
      }),
    )
    expect(runner.log).not.toContain('still')
  })

  it('ends with the work, also when that fails', async () => {
    const work = progress.whileRunning(() => Promise.reject(new Error('broken')))
    await expect(clock.run(work)).rejects.toThrow('broken')
    expect(clock.pending).toBe(0)
  })
})

describe('a line of the account', () => {
  it('says how a deployment was accepted, and where', () => {
    progress.accepted(deployment)
    expect(runner.lines).toEqual(['[   0 ms] accepted as a69f8e3e0555, new-york (40.71,-74.01)'])
  })

  it.each<[string, Partial<Observation>, string]>([
    ['', {}, '[  1.5 s] (no status)'],
    ['READY', { reason: 'as before' }, '[  1.5 s] READY: as before'],
    [
      'READY',
      { state: 'succeeded', facts: { placement: 'in Paris' } },
      '[  1.5 s] READY, in Paris',
    ],
    ['DEPLOYING', { facts: { placement: 'in Paris' } }, '[  1.5 s] DEPLOYING'],
  ])('has the status %j of %j', (status, more, line) => {
    reading(status, more)
    expect(runner.lines).toEqual([line])
  })

  it('says what the webhook brought', () => {
    const observation = { state: 'pending', status: 'A', known: true, facts: {} } as const
    progress.waiting(deployment, {
      type: 'reading',
      source: 'webhook',
      reading: observation,
      changed: true,
      atMs: 1_500,
    })
    expect(runner.lines).toEqual(['[  1.5 s] A (webhook)'])
  })

  it('says which status checks failed, why, and when the next one is due', () => {
    const fail = (consecutive: number) =>
      progress.waiting(deployment, {
        type: 'failure',
        error: fault('server-fault'),
        consecutive,
        nextInMs: 2_500,
        atMs: 61_000,
      })
    for (const count of [1, 2, 3, 4, 9, 10, 11, 20]) fail(count)
    expect(runner.lines).toEqual([
      '[ 61.0 s] a status check failed: server-fault (next one in 2.5 s)',
      ...[2, 3, 10, 20].map(
        (n) => `[ 61.0 s] ${n} status checks failed in a row: server-fault (next one in 2.5 s)`,
      ),
    ])
  })

  it('warns of an unknown status by its name, each of them once', () => {
    reading('REBALANCING', { known: false })
    reading('MOVING', { known: false })
    reading('MOVING', { known: false })
    reading('DEPLOYING', { known: true })
    expect(runner.messages('warning')).toEqual(
      ['REBALANCING', 'MOVING'].map(
        (status) =>
          `The provider reports the status "${status}", which this action does not know. It goes on waiting.`,
      ),
    )
  })

  it('has the time since the deployment was accepted, or none', async () => {
    await clock.run(clock.sleep(10_000))
    progress.says({ ...deployment, acceptedAtMs: clock.nowMs() - 4_000 }, 'settling')
    progress.says(deployment, 'stopping')
    expect(runner.lines).toEqual(['[  4.0 s] settling', '[   0 ms] stopping'])
  })
})

describe('what a silence is broken with', () => {
  const whileSilent = async (begin: () => void, durationMs = 31_000) => {
    await clock.run(
      progress.whileRunning(async () => {
        begin()
        await clock.sleep(durationMs)
      }),
    )
    return runner.lines.filter((line) => line.includes('still'))
  }

  it('is the last status, and the time since it was accepted', async () => {
    const lines = await whileSilent(() => {
      progress.accepted(deployment)
      reading('DEPLOYING')
    })
    expect(lines).toEqual(['[ 30.0 s] still DEPLOYING'])
  })

  it('is a word where there is no status', async () => {
    const lines = await whileSilent(() => {
      progress.accepted(deployment)
      reading('')
    })
    expect(lines).toEqual(['[ 30.0 s] still without status'])
  })

  it('is what is done with a deployment that is ready, from when it was accepted', async () => {
    await clock.run(clock.sleep(10_000))
    const ready = { ...deployment, acceptedAtMs: clock.nowMs() - 4_000 }
    const lines = await whileSilent(() => progress.begins(ready, 'settling'))
    expect(runner.lines[0]).toBe('[  4.0 s] settling')
    expect(lines).toEqual(['[ 34.0 s] still settling'])
  })

  it('is what is done from now on where nobody knows when it was accepted', async () => {
    await clock.run(clock.sleep(10_000))
    expect(await whileSilent(() => progress.begins(deployment, 'settling'))).toEqual([
      '[ 30.0 s] still settling',
    ])
  })

  it('is nothing once the deployment has ended, or is not waited for', async () => {
    const ended = await whileSilent(() => {
      progress.accepted(deployment)
      reading('READY', { state: 'succeeded' })
    }, 100_000)
    expect(ended).toEqual([])
    const done = await whileSilent(() => {
      progress.accepted(deployment)
      progress.done(deployment)
    }, 100_000)
    expect(done).toEqual([])
  })

  it('is not said of a deployment that was never accepted', async () => {
    expect(await whileSilent(() => reading('DEPLOYING'), 100_000)).toEqual([])
  })

  it('is what goes on and every deployment, each on a line of its own', async () => {
    const other = { ...deployment, target: { name: 'paris', where: '' } }
    const several = new Progress(new Printer(runner, new Redactor(), clock), clock, true)
    await clock.run(
      several.whileRunning(async () => {
        several.accepted(deployment)
        several.accepted(other)
        await clock.sleep(31_000)
      }, 'deploying'),
    )
    expect(runner.lines.slice(2)).toEqual([
      '[ 30.0 s] still deploying',
      '[ 30.0 s] new-york: still accepted',
      '[ 30.0 s] paris: still accepted',
    ])
  })

  it('comes thirty seconds after the last line, whenever that was', async () => {
    await clock.run(
      progress.whileRunning(async () => {
        progress.accepted(deployment)
        await clock.sleep(29_500)
        progress.says(deployment, 'a line')
        await clock.sleep(30_500)
      }),
    )
    expect(runner.lines.at(-1)).toBe('[ 59.5 s] still accepted')
  })

  it('gives what the work gives', async () => {
    expect(await clock.run(progress.whileRunning(async () => 42))).toBe(42)
  })
})
