import { describe, expect, it, test } from 'vitest'
import { timeline } from '../../src/report/timeline.ts'
import type { DeploymentState, RunState } from '../../src/state/state.ts'
import { deploymentReport, runReport } from './fixtures.ts'

const same = (text: string) => text

function chartOf(deployments: DeploymentState[], more: Partial<RunState> = {}) {
  return timeline(runReport({ deployments, ...more }), same)?.replaceAll('\u200b', '')
}

/** The bars and the sections of a chart. */
function barsOf(deployments: DeploymentState[], more: Partial<RunState> = {}) {
  const lines = chartOf(deployments, more)?.split('\n') ?? []
  return lines.filter((line) => / :|^ {2}section/.test(line)).map((line) => line.trim())
}

const states = (...entries: [status: string, atMs: number][]) =>
  entries.map(([status, atMs]) => ({ status, atMs }))
const up = (more: Partial<DeploymentState> = {}) => deploymentReport(more)
const observed = (state: 'pending' | 'succeeded' | 'failed', status = 'READY') =>
  ({ state, status, known: true, facts: {} }) as const

describe('the chart of one server', () => {
  it('has a bar for each status and a moment for the last', () => {
    expect(barsOf([up()])).toEqual([
      'deploying · 4.1 s :120, 4110ms',
      'ready · at 4.2 s :milestone, 4230, 0ms',
    ])
  })

  it('has its beginning where that took some of the time', () => {
    const timeline = states(['DEPLOYING', 400], ['READY', 10_000])
    expect(barsOf([up({ timeline, elapsedMs: 10_000 })])[0]).toBe('accepted · 400 ms :0, 400ms')
    const quick = states(['DEPLOYING', 399], ['READY', 10_000])
    expect(barsOf([up({ timeline: quick, elapsedMs: 10_000 })])[0]).toMatch(/^deploying/)
  })

  it('has a bar for the last status where that is not the end', () => {
    const late = up({
      outcome: 'timed-out',
      elapsedMs: 5_000,
      timeline: states(['Status.SEEKING', 0], ['Status.DEPLOYING', 2_000]),
    })
    expect(barsOf([{ ...late, observation: observed('pending') }])).toEqual([
      'seeking · 2.0 s :0, 2000ms',
      'deploying · 3.0 s :crit, 2000, 3000ms',
    ])
    const { observation: _, ...unseen } = late
    expect(barsOf([unseen])[1]).toBe('deploying · 3.0 s :crit, 2000, 3000ms')
  })

  test.each<[DeploymentState['outcome'], string]>([
    ['succeeded', 'milestone'],
    ['stopped', 'milestone'],
    ['cancelled', 'milestone'],
    ['failed', 'crit, milestone'],
    ['rejected', 'crit, milestone'],
    ['timed-out', 'crit, milestone'],
  ])('of one that is %s ends so', (outcome, tags) => {
    expect(barsOf([up({ outcome })]).at(-1)).toBe(`ready · at 4.2 s :${tags}, 4230, 0ms`)
    expect(barsOf([up({ outcome })])[0]).not.toContain('crit')
  })

  it('has twelve statuses at most', () => {
    const many = (count: number) =>
      up({
        elapsedMs: 13_000,
        timeline: Array.from({ length: count }, (_, n) => ({ status: `S${n}`, atMs: n * 1_000 })),
      })
    expect(barsOf([many(12)]).at(-1)).toBe('s11 · at 11.0 s :milestone, 11000, 0ms')
    expect(barsOf([many(12)])).toHaveLength(12)
    expect(barsOf([many(13)])).toHaveLength(12)
    expect(barsOf([many(13)]).at(-1)).toBe('further states · 2.0 s :11000, 2000ms')
  })

  test.each([
    ['Status.READY', 'ready'],
    ['READY_TO_GO', 'ready to go'],
    ['Ready', 'Ready'],
    ['deploy WIP', 'deploy WIP'],
    ['v1.2', '2'],
    ['a.B.C_D', 'c d'],
    ['Status.', 'Status.'],
    ['', 'no status'],
  ])('calls %j %j', (status, name) => {
    const server = up({ timeline: states(['A', 0], [status, 4_230]) })
    expect(barsOf([server]).at(-1)).toBe(`${name} · at 4.2 s :milestone, 4230, 0ms`)
  })
})

describe('the chart of a run', () => {
  const phases = [
    { name: 'version created', fromMs: 1_000, untilMs: 2_500 },
    { name: 'probe', fromMs: 7_000, untilMs: 7_600 },
  ]

  it('has the steps of the run on the same clock, in their order', () => {
    const server = up({ acceptedAtMs: 2_500 })
    expect(barsOf([server], { phases })).toEqual([
      'version created · 1.5 s :0, 1500ms',
      'deploying · 4.1 s :1620, 4110ms',
      'ready · at 5.7 s :milestone, 5730, 0ms',
      'probe · 600 ms :6000, 600ms',
    ])
    const begun = up({ acceptedAtMs: 2_500, timeline: states(['A', 1_000], ['B', 4_230]) })
    expect(barsOf([begun], { phases }).slice(0, 3)).toEqual([
      'version created · 1.5 s :0, 1500ms',
      'accepted · 1.0 s :1500, 1000ms',
      'a · 3.2 s :2500, 3230ms',
    ])
  })

  it('begins with what began first', () => {
    const server = up({ acceptedAtMs: 500 })
    expect(barsOf([server], { phases })[0]).toBe('deploying · 4.1 s :120, 4110ms')
  })

  it('has twenty steps at most', () => {
    const many = Array.from({ length: 21 }, (_, n) => ({
      name: `step ${n}`,
      fromMs: n,
      untilMs: n + 1,
    }))
    expect(barsOf([up()], { phases: many }).filter((bar) => bar.startsWith('step'))).toHaveLength(
      20,
    )
  })

  it('has a section for each server, and one for the steps', () => {
    const servers = [
      up({ acceptedAtMs: 2_000, target: { name: 'paris', where: '' } }),
      up({ acceptedAtMs: 2_100, target: { name: 'oslo', where: '' }, outcome: 'failed' }),
    ]
    expect(barsOf(servers, { phases: phases.slice(0, 1) })).toEqual([
      'section Steps',
      'version created · 1.5 s :0, 1500ms',
      'section paris',
      'ready · 4.2 s :1000, 4230ms',
      'section oslo',
      'ready · 4.2 s :crit, 1100, 4230ms',
    ])
    expect(barsOf(servers)[0]).toBe('section paris')
  })

  it('calls a server of several by its status, else by the last that was seen', () => {
    const { observation: _, ...unseen } = up({ timeline: states(['SEEKING', 1], ['DEPLOYING', 2]) })
    expect(barsOf([unseen, up({ observation: observed('failed', 'ERROR') })])).toEqual([
      'section new-york',
      'deploying · 4.2 s :0, 4230ms',
      'section new-york',
      'error · 4.2 s :0, 4230ms',
    ])
  })

  it('shows no secret', () => {
    const hide = (text: string) => text.replaceAll('hush', '***')
    const server = up({
      target: { name: 'hush', where: '' },
      timeline: states(['hush', 0], ['hush', 1]),
      observation: observed('succeeded', 'hush'),
    })
    const secret = [{ name: 'hush', fromMs: 0, untilMs: 1 }]
    for (const deployments of [[server], [server, server]])
      expect(timeline(runReport({ deployments, phases: secret }), hide)).not.toContain('hush')
  })

  test.each<[string, DeploymentState[]]>([
    ['nothing was created', []],
    ['nothing took any time', [up({ elapsedMs: 0 })]],
    ['no status was seen', [up({ timeline: [] })]],
    ['there are too many', Array.from({ length: 13 }, () => up())],
  ])('is missing where %s', (_, deployments) => {
    expect(chartOf(deployments)).toBeUndefined()
  })

  it('has twelve servers at most, and only those that took time', () => {
    const twelve = Array.from({ length: 12 }, () => up())
    const sections = barsOf([...twelve, up({ elapsedMs: 0 }), up({ timeline: [] })])
    expect(sections.filter((line) => line.startsWith('section'))).toHaveLength(12)
  })
})
