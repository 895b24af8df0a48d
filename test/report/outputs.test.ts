import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { ActionError } from '../../src/base/errors.ts'
import { REGISTRY } from '../../src/provider/registry.ts'
import { buildOutputs, maskedOutputWarnings } from '../../src/report/outputs.ts'
import { Redactor } from '../../src/runner/redactor.ts'
import type { DeploymentState, RunState } from '../../src/state/state.ts'
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

  it('tell what was done with versions, and to which images', () => {
    const promoted = [{ version: 'prod', from: 'r/g:1', to: 'r/g:2' }]
    const report = runReport({
      versionAction: 'updated',
      image: 'r/g:2',
      previousImage: 'r/g:1',
      promoted,
    })
    const outputs = buildOutputs(report, asIs, OWN)
    expect(outputs).toMatchObject({
      'version-action': 'updated',
      image: 'r/g:2',
      'previous-image': 'r/g:1',
      promoted: JSON.stringify(promoted),
    })
    expect(buildOutputs(runReport(), asIs, OWN)).toMatchObject({
      image: '',
      'previous-image': '',
      promoted: '[]',
    })
  })

  it('tell of the probes, the tunnel, the stops and the files', () => {
    const probe = { port: 'gameport', protocol: 'a2s', answered: true, seconds: 0.6, detail: 'ok' }
    const probes = [probe] as NonNullable<DeploymentState['probes']>
    const report = runReport({
      deployments: [deploymentReport({ probes })],
      tunnelError: 'no sshd',
      stoppedIds: ['a1'],
      logFiles: ['/w/a1.log'],
    })
    const outputs = buildOutputs(report, asIs, OWN)
    expect(outputs).toMatchObject({
      'tunnel-error': 'no sshd',
      'stopped-ids': '["a1"]',
      'log-files': '["/w/a1.log"]',
    })
    expect(JSON.parse(outputs.deployments ?? '')[0].probe).toEqual([probe])
    expect(buildOutputs(runReport(), asIs, OWN)['log-files']).toBe('[]')
  })

  it('tell what only some providers know', () => {
    const observation = {
      state: 'succeeded',
      status: 'deploy END',
      known: true,
      facts: { outputs: { 'build-name': 'b-1' } },
    } as const
    const report = runReport({ deployments: [deploymentReport({ observation })] })
    const outputs = buildOutputs(report, asIs, ['build-name', 'dxf-name'])
    expect(outputs).toMatchObject({ 'build-name': 'b-1', 'dxf-name': '', status: 'deploy END' })
  })

  it('are JSON where a provider gives a long list', () => {
    const names = JSON.stringify(Array.from({ length: 300 }, (_, index) => `deployment_${index}`))
    const facts = { outputs: { 'failed-deployments': names } }
    const observation = { state: 'failed', status: 'deploy error', known: true, facts } as const
    const report = runReport({ deployments: [deploymentReport({ observation })] })
    expect(buildOutputs(report, asIs, OWN)['failed-deployments']).toBe(names)
  })

  it('are empty of a run that created nothing', () => {
    const outputs = buildOutputs(runReport({ deployments: [], outcome: 'rejected' }), asIs, OWN)
    const said = Object.entries(outputs).filter(([, value]) => value !== '')
    expect(Object.fromEntries(said)).toEqual({
      outcome: 'rejected',
      ports: '{}',
      deployments: '[]',
      version: 'v1',
      'version-action': 'unmanaged',
      promoted: '[]',
      tunnel: 'none',
      'stopped-ids': '[]',
      'log-files': '[]',
    })
  })

  it('of a server that was refused have no seconds, and its reason', () => {
    const refused: DeploymentState = {
      target: { name: 'paris', where: '1,2' },
      outcome: 'rejected',
      timeline: [],
      elapsedMs: 0,
      error: new ActionError({ kind: 'refused', what: 'no quota' }),
    }
    const outputs = buildOutputs(runReport({ deployments: [refused] }), asIs, OWN)
    expect(outputs).toMatchObject({ seconds: '', error: 'no quota', port: '', status: '' })
    expect(JSON.parse(outputs.deployments ?? '')).toEqual([
      {
        id: '',
        name: 'paris',
        host: '',
        ip: '',
        port: '',
        address: '',
        location: '',
        ports: {},
        outcome: 'rejected',
        status: '',
        seconds: 0,
        error: 'no quota',
        probe: [],
      },
    ])
  })

  it('name what a stop was to stop', () => {
    const stop = { id: 'a1', onlyAccepted: false }
    const idOf = (report: RunState) => buildOutputs(report, asIs, OWN)['deployment-id']
    expect(idOf(runReport({ deployments: [], stop }))).toBe('a1')
    expect(idOf(runReport({ stop }))).toBe('a69f8e3e0555')
    expect(idOf(runReport({ deployments: [], stop: { onlyAccepted: false } }))).toBe('')
  })

  it('say of a cancelled run that it was cancelled, unless it has an error of its own', () => {
    const errorOf = (more: Partial<RunState>) => buildOutputs(runReport(more), asIs, OWN).error
    expect(errorOf({ outcome: 'cancelled' })).toMatch(/cancelled/)
    const error = new ActionError({ kind: 'cancelled', what: 'by SIGTERM' })
    expect(errorOf({ outcome: 'cancelled', error })).toBe('by SIGTERM')
    expect(errorOf({ outcome: 'stopped' })).toBe('')
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
      'The outputs host, address, ports, deployments contain the secret value of secret-env BACKEND_DOMAIN. They are complete in this step.',
      'The outputs port, address, ports, deployments contain the secret value of secret-env ADMIN_PIN. They are complete in this step.',
      'The outputs location, deployments contain the secret value of secret-env NAME. It was replaced by *** in: location, deployments.',
    ])
    for (const warning of warnings) expect(warning).not.toMatch(/3150|edgegap\.net|York/)
  })

  it('are not warned of when only an error quotes the secret', () => {
    const error = new ActionError({ kind: 'deployment-failed', what: 'PIN 3150 is bad' })
    const report = runReport({ deployments: [], error, outcome: 'rejected', tunnelError: '3150' })
    expect(maskedOutputWarnings(report, texts, OWN)).toEqual([])
    const deployments = [deploymentReport({ error })]
    const names = maskedOutputWarnings(runReport({ deployments }), texts, OWN)
    expect(names.join()).not.toContain('error')
  })
})
