import { beforeEach, describe, expect, it } from 'vitest'
import type { ProbeResult } from '../../src/probe/probe.ts'
import type { ProbedServer, ProbeReport } from '../../src/probe/probe-ports.ts'
import type { Facts } from '../../src/provider/provider.ts'
import type { ProbeSpec } from '../../src/settings/probe.ts'
import { errorOf, FAILED, PENDING, READY } from './fake-provider.ts'
import { setWholeRun, WITH_TUNNEL } from './whole-run.ts'

/** What `probe` asks of a ready server. The servers answer by script, in virtual time. */
let run: ReturnType<typeof setWholeRun>
/** What was asked, when, and for how long. */
let asked: { specs: readonly ProbeSpec[]; server: ProbedServer; timeoutMs: number; atMs: number }[]

beforeEach(() => {
  run = setWholeRun()
  asked = []
})

const GAME: ProbeSpec = { port: 'gameport', protocol: 'a2s' }
const WEB: ProbeSpec = { port: 'web', protocol: 'http', path: '/' }
const probe = { probe: { probes: [GAME], probeTimeoutMs: 60_000 } }
const NOT_ANSWERED = errorOf('deployment-failed')
const outcomes = () => run.state.deployments.map(({ id, outcome }) => `${id} ${outcome}`)
const statuses = () => run.state.deployments[0]?.timeline.map(({ status }) => status)

const resultOf = ({ port, protocol }: ProbeSpec, more: Partial<ProbeResult>): ProbeResult => ({
  ...{ port, protocol, answered: false, seconds: 3, detail: 'nothing came back' },
  ...{ address: 'a.test:1', transport: 'udp', sent: 2, cause: 'silent' },
  ...more,
})
const reportOf = (results: ProbeResult[], more: Partial<ProbeReport> = {}): ProbeReport => {
  return { results, error: undefined, stopped: false, ...more }
}

/** The server answers, or is found not to, after some time; unless the probe is ended before. */
function after(durationMs: number, then: 'answers' | 'is silent') {
  run.tools.probePorts = async (specs, server, { signal, timeoutMs, clock }, onResult) => {
    asked.push({ specs, server, timeoutMs, atMs: run.clock.elapsedMs })
    await clock.sleep(durationMs, signal)
    const how: Partial<ProbeResult> = signal.aborted
      ? { cause: 'stopped', detail: 'not asked to the end' }
      : then === 'answers'
        ? { answered: true, cause: undefined, detail: '0 of 8 players' }
        : {}
    const results = specs.map((spec) => resultOf(spec, how))
    for (const result of results) onResult?.(result)
    if (signal.aborted) return reportOf(results, { stopped: true })
    return reportOf(results, then === 'answers' ? {} : { error: NOT_ANSWERED })
  }
}

describe('a server that is asked', () => {
  it('counts once it has answered', async () => {
    run.provider.readings.set('a', [PENDING, READY])
    after(3_000, 'answers')
    expect(await run.deploy(probe)).toMatchObject({
      outcome: 'succeeded',
      stoppedIds: [],
      deployments: [
        {
          probes: [
            {
              ...{ port: 'gameport', protocol: 'a2s', answered: true, seconds: 3 },
              detail: '0 of 8 players',
            },
          ],
        },
      ],
    })
    expect(statuses()).toEqual(['DEPLOYING', 'READY', 'answered'])
    expect(run.state.deployments[0]?.elapsedMs).toBe(4_000)
    expect(run.state.deployments[0]?.timeline.at(-1)?.atMs).toBe(4_000)
  })

  it('is asked all lines, once it is ready, where the platform says that it is', async () => {
    const ports = [
      { name: 'gameport', internal: 1, external: 2, protocol: 'UDP', address: 'a.test:2' },
    ]
    const facts: Facts = { host: 'a.test', ip: '192.0.2.1', ports }
    run.provider.readings.set('a', [PENDING, { ...READY, facts }])
    after(0, 'answers')
    await run.deploy({ probe: { probes: [GAME, WEB], probeTimeoutMs: 45_000 } })
    expect(asked).toEqual([
      {
        specs: [GAME, WEB],
        server: { host: 'a.test', ip: '192.0.2.1', ports },
        timeoutMs: 45_000,
        atMs: 1_000,
      },
    ])
    expect(run.runner.log).toContain('[  1.0 s] asking gameport (a2s), web (http)')
  })

  it('is asked although the platform says nothing of where it is', async () => {
    after(0, 'answers')
    await run.deploy(probe)
    expect(asked[0]?.server).toEqual({ host: '', ip: '', ports: [] })
  })

  it('has each answer in the log as it comes', async () => {
    after(3_000, 'answers')
    await run.deploy(probe)
    expect(run.runner.log).toContain(
      '[  3.0 s] gameport (a2s) answered after 3.0 s: 0 of 8 players',
    )
  })

  it('is seen to be asked in the log, with a line every half minute', async () => {
    after(40_000, 'answers')
    await run.deploy(probe)
    expect(run.runner.log).toContain('still asking gameport (a2s)')
  })

  it('fails and is stopped when it does not answer', async () => {
    after(60_000, 'is silent')
    expect(await run.deploy(probe)).toMatchObject({
      outcome: 'failed',
      stoppedIds: ['a'],
      deployments: [{ error: NOT_ANSWERED, probes: [{ answered: false }] }],
    })
    expect(run.runner.log).toContain('gameport (a2s) did not answer within 3.0 s')
    expect(statuses()).toEqual(['READY'])
    expect(run.provider.calls).toContain('log a')
  })

  it('does not have the time counted into timeout', async () => {
    after(50_000, 'answers')
    expect((await run.deploy({ ...probe, timeoutMs: 5_000 })).outcome).toBe('succeeded')
  })

  it('fails when it cannot be asked', async () => {
    const error = errorOf('unusable-input')
    run.tools.probePorts = () => Promise.reject(error)
    expect(await run.deploy(probe)).toMatchObject({ outcome: 'failed', deployments: [{ error }] })
    expect(run.clock.elapsedMs).toBeLessThan(5_000)
  })

  it('is not asked where nothing is to be asked', async () => {
    after(0, 'is silent')
    expect((await run.deploy()).outcome).toBe('succeeded')
    expect(asked).toEqual([])
  })
})

describe('a server that is to settle and to answer', () => {
  const both = { ...probe, settleTimeMs: 10_000 }

  it('settles first', async () => {
    after(1_000, 'answers')
    expect((await run.deploy(both)).outcome).toBe('succeeded')
    expect(statuses()).toEqual(['READY', 'settled', 'answered'])
    expect(asked.map(({ atMs }) => atMs)).toEqual([10_000])
  })

  it('is not asked where it does not settle', async () => {
    run.provider.readings.set('a', [READY, FAILED])
    after(1_000, 'answers')
    expect((await run.deploy(both)).outcome).toBe('failed')
    expect(asked).toEqual([])
  })
})

describe('while a server is asked, its status is checked:', () => {
  it('that it fails ends the probe, and is the reason', async () => {
    run.provider.readings.set('a', [READY, READY, { ...FAILED, reason: 'it crashed' }])
    after(60_000, 'is silent')
    expect(await run.deploy(probe)).toMatchObject({ outcome: 'failed', stoppedIds: ['a'] })
    const [one] = run.state.deployments
    expect(one?.error?.message).toContain('was ready but did not stay ready')
    expect(one?.error?.message).toContain('it crashed')
    expect(run.clock.elapsedMs).toBeLessThan(8_000)
    // The line that was broken off says nothing of the server.
    expect(run.runner.log).not.toContain('not asked to the end')
    expect(one?.probes).toMatchObject([{ answered: false }])
  })

  it('that somebody stops it ends the probe', async () => {
    run.provider.readings.set('a', [READY, { ...PENDING, end: 'ending' }])
    after(60_000, 'is silent')
    expect((await run.deploy(probe)).outcome).toBe('failed')
    expect(run.clock.elapsedMs).toBeLessThan(8_000)
  })

  it('that the token is refused ends the probe, and is the reason', async () => {
    run.provider.readings.set('a', [READY, errorOf('unauthorized')])
    after(600_000, 'is silent')
    const settings = { probe: { probes: [GAME], probeTimeoutMs: 600_000 } }
    expect(await run.deploy(settings)).toMatchObject({
      deployments: [{ outcome: 'failed', error: { kind: 'unauthorized' } }],
    })
    expect(run.clock.elapsedMs).toBeLessThan(100_000)
  })

  it('that it went back to an earlier step is no reason: what the probe says counts', async () => {
    run.provider.readings.set('a', [READY, PENDING])
    after(59_900, 'answers')
    expect((await run.deploy(probe)).outcome).toBe('succeeded')
    expect(statuses()).toEqual(['READY', 'DEPLOYING', 'answered'])
  })

  it('that a check fails is no reason either', async () => {
    run.provider.readings.set('a', [READY, errorOf('server-fault')])
    after(20_000, 'answers')
    expect((await run.deploy(probe)).outcome).toBe('succeeded')
  })

  it('a notification brings the check forward', async () => {
    run.provider.readings.set('a', [READY, READY, FAILED])
    after(50_000, 'answers')
    run.clock.at(0, () => run.tunnel.comesUp())
    run.clock.at(3_000, () => run.tunnel.delivers('a'))
    await run.deploy({ ...WITH_TUNNEL, ...probe, pollIntervalMs: 40_000 })
    expect(outcomes()).toEqual(['a failed'])
    expect(run.clock.elapsedMs).toBeLessThan(10_000)
  })

  it('it may take longer to ask than its time: then the status counts no more', async () => {
    after(70_000, 'answers')
    expect((await run.deploy(probe)).outcome).toBe('succeeded')
    expect(statuses()).toEqual(['READY', 'answered'])
  })
})

describe('a probe that is ended from outside', () => {
  it('by a cancel stops the server, at once', async () => {
    after(60_000, 'answers')
    run.clock.at(5_000, () => run.cancel())
    expect(await run.deploy(probe)).toMatchObject({
      outcome: 'cancelled',
      stoppedIds: ['a'],
      deployments: [{ outcome: 'cancelled' }],
    })
    expect(run.clock.elapsedMs).toBeLessThan(12_000)
    expect(statuses()).toEqual(['READY'])
  })

  it('because another server failed stops this one as well', async () => {
    run.provider.targets.push({ name: 'y', where: '1,2' })
    run.provider.creates.push({ kind: 'created', id: 'a' }, { kind: 'created', id: 'b' })
    run.provider.readings.set('b', [PENDING, PENDING, FAILED])
    after(60_000, 'answers')
    expect((await run.deploy(probe)).outcome).toBe('failed')
    expect(outcomes()).toEqual(['a stopped', 'b failed'])
    expect(run.clock.elapsedMs).toBeLessThan(15_000)
  })

  it('in the moment in which it answers is ended all the same', async () => {
    run.tools.probePorts = async (specs) => {
      run.cancel()
      return reportOf(specs.map((spec) => resultOf(spec, { answered: true, cause: undefined })))
    }
    expect((await run.deploy(probe)).outcome).toBe('cancelled')
    expect(statuses()).toEqual(['READY'])
  })
})
