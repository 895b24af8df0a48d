import { beforeEach, describe, expect, it } from 'vitest'
import type { Observation } from '../../src/provider/provider.ts'
import { type StopOptions, stopDeployment } from '../../src/run/stop-deployment.ts'
import { ENDING, errorOf, READY } from './fake-provider.ts'
import { setStage } from './stage.ts'

/** What a stop makes of answers that are lost, late or strange. */
let stage: ReturnType<typeof setStage>

beforeEach(() => {
  stage = setStage()
})

const ENDED: Observation = { ...ENDING, status: 'TERMINATED', end: 'ended' }
const stop = (options?: StopOptions) => stage.run(stopDeployment(stage.context, 'a', options))
const count = () => stage.provider.calls.filter((call) => call === 'stop a').length
const log = () => stage.runner.log

describe('a stop whose answer is a fault', () => {
  beforeEach(() => stage.provider.stops.push(errorOf('server-fault')))

  it('was carried out if the server is ending, and is not sent again', async () => {
    stage.provider.statuses.push(ENDING)
    expect(await stop()).toEqual({ kind: 'stopped' })
    expect(count()).toBe(1)
    expect(log()).toContain('a is ending')
  })

  it('has its status checked once where that says all', async () => {
    let checks = 0
    stage.provider.statuses.push(() => {
      checks += 1
      return ENDING
    })
    await stop()
    expect(checks).toBe(1)
  })

  it('counts as taken if the server is ending, where no more is wanted', async () => {
    stage.provider.statuses.push(ENDING, READY)
    expect(await stop({ until: 'accepted' })).toEqual({ kind: 'stopped' })
    expect(count()).toBe(1)
  })

  it('was carried out if the server has ended: it did not end by itself before', async () => {
    stage.provider.statuses.push(ENDED)
    expect(await stop()).toEqual({ kind: 'stopped' })
    expect(count()).toBe(1)
    expect(log()).toContain('a has ended')
  })

  it('is sent again while the server runs, and what has ended then was stopped by it', async () => {
    stage.provider.stops.push('gone')
    stage.provider.statuses.push(READY)
    expect(await stop()).toEqual({ kind: 'stopped' })
    expect(count()).toBe(2)
  })
})

it('a server that nobody knows to stop and that is seen to end was stopped', async () => {
  stage.provider.stops.push('unknown')
  stage.provider.statuses.push(ENDING)
  expect(await stop()).toEqual({ kind: 'stopped' })
})

it.each([
  ['that was accepted, and whose server has ended by the first check', ['accepted'], ENDED, {}],
  ['that was accepted before, and finds nothing any more', ['gone'], READY, { isAccepted: true }],
  ['that found nothing while the server ran, and finds it ended', ['unknown', 'gone'], READY, {}],
] as const)('a stop %s has stopped it', async (_, replies, status, options) => {
  stage.provider.stops.push(...replies)
  stage.provider.statuses.push(status)
  expect(await stop(options)).toEqual({ kind: 'stopped' })
})

it('a server that has ended before the first stop was not stopped by it, and the log says so', async () => {
  stage.provider.stops.push('gone')
  expect(await stop()).toEqual({ kind: 'gone' })
  expect(log()).toContain('a has ended')
})

it('a server that the stop does not find, and whose status has ended, is gone', async () => {
  stage.provider.stops.push('unknown')
  stage.provider.statuses.push(ENDED)
  expect(await stop()).toEqual({ kind: 'gone' })
  expect(log()).toContain('a has ended')
})

it('a fault between does not keep an unknown server from counting as gone later', async () => {
  stage.provider.stops.push('unknown', errorOf('server-fault'), 'unknown')
  stage.provider.statuses.push(errorOf('not-found') as never)
  expect(await stop()).toEqual({ kind: 'gone' })
  expect(stage.clock.elapsedMs).toBeGreaterThanOrEqual(12_000)
})

it('a status that says nothing of the server is no failure: it may run', async () => {
  stage.provider.observe = async () => new Map()
  expect(await stop()).toMatchObject({ kind: 'unconfirmed', isAccepted: true })
  expect(log()).not.toContain('failed')
})

it('no call is given more time than the whole stop has left', async () => {
  const calls: [leftMs: number, deadlineMs: number][] = []
  stage.provider.stops.push((_, { deadlineMs }) => {
    calls.push([5_000 - stage.clock.elapsedMs, deadlineMs])
    return 'accepted'
  })
  stage.provider.statuses.push(READY)
  await stop({ limitMs: 5_000 })
  expect(calls.length).toBeGreaterThan(3)
  for (const [leftMs, deadlineMs] of calls) {
    expect(deadlineMs).toBeLessThanOrEqual(Math.max(500, leftMs) + 0.001)
  }
})

describe('a stop that was accepted and never seen to end', () => {
  it('says so, and what to do', async () => {
    stage.provider.statuses.push(READY)
    const end = await stop({ limitMs: 3_000 })
    expect(end).toMatchObject({
      error: {
        kind: 'stop-unconfirmed',
        message: 'The stop of a was accepted, but the server has not been seen to end',
        next: 'Check it in the dashboard: you pay for it until it has ended.',
      },
    })
  })
})
