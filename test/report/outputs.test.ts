import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { ActionError } from '../../src/base/errors.ts'
import { REGISTRY } from '../../src/provider/registry.ts'
import { buildOutputs } from '../../src/report/outputs.ts'
import type { RunState } from '../../src/state/state.ts'
import { launchReport, runReport } from './fixtures.ts'
import { hostileTexts } from './hostile-texts.ts'

const asIs = (text: string) => text
const own = REGISTRY.flatMap((definition) => definition.outputs)
const outputsOf = (report: RunState, redact = asIs) => buildOutputs(report, redact, own)
const action = parse(readFileSync(new URL('../../action.yml', import.meta.url), 'utf8')) as {
  outputs: Record<string, unknown>
}
const declared = Object.keys(action.outputs).sort()

describe('the outputs', () => {
  it.each([
    ['a success', runReport()],
    ['a run that created nothing', runReport({ outcome: 'rejected', deployments: [] })],
    [
      'a deployment that was refused',
      runReport({
        deployments: [
          { target: { name: 'a', where: 'b' }, outcome: 'rejected', timeline: [], elapsedMs: 0 },
        ],
      }),
    ],
  ])('of %s are exactly those that action.yml declares', (_, report) => {
    const outputs = outputsOf(report)
    expect(Object.keys(outputs).sort()).toEqual(declared)
    for (const value of Object.values(outputs)) expect(value).toBeTypeOf('string')
  })

  it('tell of a success', () => {
    const { deployments, ports, ...rest } = outputsOf(runReport({ tunnel: 'ssh' }))
    expect(rest).toMatchObject({
      outcome: 'succeeded',
      'deployment-id': 'a69f8e3e0555',
      host: 'a69f8e3e0555.pr.edgegap.net',
      ip: '203.0.113.9',
      port: '31500',
      address: 'a69f8e3e0555.pr.edgegap.net:31500',
      location: 'New York, United States',
      version: 'v1',
      'version-action': 'unmanaged',
      status: 'Status.READY',
      signal: 'poll',
      seconds: '4.2',
      error: '',
      'stopped-ids': '[]',
    })
    const port = {
      internal: 7777,
      external: 31500,
      protocol: 'UDP',
      address: 'a69f8e3e0555.pr.edgegap.net:31500',
    }
    expect(JSON.parse(ports ?? '')).toEqual({ gameport: port })
    expect(JSON.parse(deployments ?? '')).toEqual([
      {
        id: 'a69f8e3e0555',
        name: 'new-york',
        host: 'a69f8e3e0555.pr.edgegap.net',
        ip: '203.0.113.9',
        port: '31500',
        address: 'a69f8e3e0555.pr.edgegap.net:31500',
        location: 'New York, United States',
        ports: { gameport: port },
        outcome: 'succeeded',
        status: 'Status.READY',
        seconds: 4.2,
        error: '',
      },
    ])
  })

  it('tell the error of the run, else of the first deployment that has one', () => {
    const error = (what: string) => new ActionError({ kind: 'deployment-failed', what })
    const deployments = [launchReport(), launchReport({ error: error('the second') })]
    expect(outputsOf(runReport({ deployments })).error).toBe('the second')
    const report = runReport({ deployments, error: error('the\nrun') })
    expect(outputsOf(report).error).toBe('the run')
  })

  it('are one line each and hold no secret, whatever the provider sends', () => {
    const redact = (text: string) => text.replaceAll('evil', '***')
    for (const text of hostileTexts) {
      const port = { name: text, internal: 1, external: 2, protocol: text, address: text }
      const facts = { host: text, ip: text, location: text, ports: [port] }
      const observation = { state: 'failed' as const, status: text, known: false, facts }
      const error = new ActionError({ kind: 'internal', what: text })
      const deployments = [launchReport({ observation, error })]
      for (const value of Object.values(outputsOf(runReport({ deployments }), redact))) {
        expect(value).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]|evil/)
        expect(value.isWellFormed()).toBe(true)
      }
    }
  })

  it('take a port of any name, `__proto__` too', () => {
    const ports = ['__proto__', 'constructor', 'toString', '7777'].map((name) => ({
      name,
      internal: undefined,
      external: 31500,
      protocol: 'TCP',
      address: 'h:31500',
    }))
    const observation = {
      state: 'succeeded' as const,
      status: 'READY',
      known: true,
      facts: { ports },
    }
    const outputs = outputsOf(runReport({ deployments: [launchReport({ observation })] }))
    const names = Object.keys(JSON.parse(outputs.ports ?? '') as object)
    expect(names.sort()).toEqual(['7777', '__proto__', 'constructor', 'toString'])
    expect(outputs.address).toBe('h:31500')
  })
})
