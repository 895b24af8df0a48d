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
