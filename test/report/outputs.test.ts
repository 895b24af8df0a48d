import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { ActionError } from '../../src/base/errors.ts'
import { REGISTRY } from '../../src/provider/registry.ts'
import { buildOutputs, maskedOutputWarnings } from '../../src/report/outputs.ts'
import { Redactor } from '../../src/runner/redactor.ts'
import { deploymentReport, runReport } from './fixtures.ts'
import { hostileTexts } from './hostile-texts.ts'

const OWN = REGISTRY.flatMap(({ outputs }) => outputs)

const same = (text: string) => text
const asIs = { redact: same, redactFact: same }
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
    const outputs = buildOutputs(report, asIs, OWN)
    expect(Object.keys(outputs).sort()).toEqual(declared)
    for (const value of Object.values(outputs)) expect(value).toBeTypeOf('string')
  })

  it('tell of a success', () => {
    const { deployments, ports, ...rest } = buildOutputs(runReport({ tunnel: 'ssh' }), asIs, OWN)
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
        probe: [],
      },
    ])
  })

  it('tell the error of the run, else of the first deployment that has one', () => {
    const error = (what: string) => new ActionError({ kind: 'deployment-failed', what })
    const deployments = [deploymentReport(), deploymentReport({ error: error('the second') })]
    expect(buildOutputs(runReport({ deployments }), asIs, OWN).error).toBe('the second')
    const report = runReport({ deployments, error: error('the\nrun') })
    expect(buildOutputs(report, asIs, OWN).error).toBe('the run')
  })

  it('are one line each and hold no secret, whatever the provider sends', () => {
    const hide = (text: string) => text.replaceAll('evil', '***')
    const redact = { redact: hide, redactFact: hide }
    for (const text of hostileTexts) {
      const port = { name: text, internal: 1, external: 2, protocol: text, address: text }
      const facts = { host: text, ip: text, location: text, ports: [port] }
      const observation = { state: 'failed' as const, status: text, known: false, facts }
      const error = new ActionError({ kind: 'internal', what: text })
      const deployments = [deploymentReport({ observation, error })]
      for (const value of Object.values(buildOutputs(runReport({ deployments }), redact, OWN))) {
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
    const outputs = buildOutputs(
      runReport({ deployments: [deploymentReport({ observation })] }),
      asIs,
      OWN,
    )
    const names = Object.keys(JSON.parse(outputs.ports ?? '') as object)
    expect(names.sort()).toEqual(['7777', '__proto__', 'constructor', 'toString'])
    expect(outputs.address).toBe('h:31500')
  })
})

describe('outputs in which a secret value stands', () => {
  const redactor = new Redactor()
  redactor.add('3150', { input: 'secret-env ADMIN_PIN', mayBePublic: true })
  redactor.add('edgegap.net', { input: 'secret-env BACKEND_DOMAIN', mayBePublic: true })
  redactor.add('York', { input: 'secret-env NAME', mayBePublic: true })
  const texts = {
    redact: (text: string) => redactor.clean(text),
    redactFact: (text: string) => redactor.cleanFact(text),
    inputsIn: (text: string) => redactor.inputsIn(text),
  }

  it('keep the address whole', () => {
    const outputs = buildOutputs(runReport(), texts, OWN)
    const address = 'a69f8e3e0555.pr.edgegap.net:31500'
    expect(outputs).toMatchObject({
      address,
      host: 'a69f8e3e0555.pr.edgegap.net',
      port: '31500',
      location: 'New ***, United States',
    })
    expect(JSON.parse(outputs.ports ?? '')).toMatchObject({
      gameport: { external: 31500, address },
    })
    expect(JSON.parse(outputs.deployments ?? '')[0]).toMatchObject({ address })
  })

  it('are warned of by the name of the input, with what was replaced', () => {
    const warnings = maskedOutputWarnings(runReport(), texts, OWN)
    expect(warnings.map((text) => text.slice(0, text.indexOf(' The runner')))).toEqual([
      'The secret value of secret-env BACKEND_DOMAIN stands in the outputs host, address, ports, deployments. They are complete here.',
      'The secret value of secret-env ADMIN_PIN stands in the outputs port, address, ports, deployments. They are complete here.',
      'The secret value of secret-env NAME stands in the outputs location, deployments. It was replaced by *** in: location, deployments.',
    ])
    for (const warning of warnings) expect(warning).not.toMatch(/3150|edgegap\.net|York/)
  })

  it('are not warned of when only an error quotes the secret', () => {
    const error = new ActionError({ kind: 'deployment-failed', what: 'PIN 3150 is bad' })
    const report = runReport({ deployments: [], error, outcome: 'rejected', tunnelError: '3150' })
    expect(maskedOutputWarnings(report, texts, OWN)).toEqual([])
  })
})
