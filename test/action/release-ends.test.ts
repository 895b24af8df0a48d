import { describe, expect, test } from 'vitest'
import {
  CREATE,
  cancelAt,
  deploy,
  type Edgegap,
  expectAllOutputs,
  imageOf,
  killAt,
  STATUS,
  STOP,
  startEdgegap,
} from './deploy.ts'

const APP = 'my-game'
const PASSWORD = 'r0bot-pull-token'

/** An account that is full: one version has to go before another can be made. A server stands. */
async function start(): Promise<Edgegap> {
  const edgegap = await startEdgegap({
    catalogue: { [APP]: { old: {}, prod: { docker_tag: 'v1' } } },
    maxVersions: 2,
    script: [{ afterMs: 600, status: 'READY' }],
  })
  edgegap.addDeployment({ version: 'prod', tags: ['staging'] })
  return edgegap
}

/** A whole pipeline in one step: make room, create the version, a server of it, replace, promote. */
const INPUTS = {
  version: '',
  image: imageOf('v2'),
  'registry-username': 'robot$my-org+pull',
  'registry-password': PASSWORD,
  'keep-versions': '2',
  promote: 'prod',
  group: 'staging',
  replace: 'after-ready',
}

const STAGES: readonly [stage: string, method: string, path: RegExp, count: number][] = [
  ['the plan is read', 'GET', /\/version\/prod$/, 1],
  ['an old version is deleted', 'DELETE', /\/version\/old$/, 1],
  ['the version is created', 'POST', /\/version$/, 1],
  ['the server is created', 'POST', CREATE, 1],
  ['the server is waited for', 'GET', STATUS, 1],
  ['the older server is stopped', 'DELETE', STOP, 1],
  ['the version to promote is read again', 'GET', /\/version\/prod$/, 2],
  ['the version is promoted', 'PATCH', /\/version\/prod$/, 1],
  ['the promoted version is read back', 'GET', /\/version\/prod$/, 3],
]

/** The older one or the new one: never both, never neither. */
function expectOneServer(edgegap: Edgegap): void {
  expect(edgegap.live().map(({ version, status }) => `${version} ${status}`)).toHaveLength(1)
}

const tagOfProd = (edgegap: Edgegap) => edgegap.catalogue.version(APP, 'prod')?.fields.docker_tag

describe.concurrent('a pipeline that is cancelled', () => {
  test.each(STAGES)(
    'while %s leaves one server, and tells what became of versions',
    async (...at) => {
      const [, method, path, count] = at
      await using edgegap = await start()
      // The request is under way when the signal comes.
      edgegap.faults.order({ kind: 'delay-reply', delayMs: 400, method, path })
      const { main } = await deploy(edgegap, INPUTS, {
        secrets: [PASSWORD],
        mainControl: cancelAt(edgegap, method, path, count),
      })
      expectAllOutputs(main)
      expect(main.outputs.outcome).toBe('cancelled')
      expectOneServer(edgegap)
      const isMade = edgegap.catalogue.version(APP, 'v2') !== undefined
      expect(main.outputs['version-action']).toBe(isMade ? 'created' : '')
      const promoted = [{ version: 'prod', from: imageOf('v1'), to: imageOf('v2') }]
      expect(JSON.parse(main.outputs.promoted ?? '')).toEqual(
        tagOfProd(edgegap) === 'v2' ? promoted : [],
      )
    },
  )
})

describe.concurrent('a pipeline that is killed', () => {
  test.each(STAGES)('while %s leaves one server, and can be run again', async (...at) => {
    const [, method, path, count] = at
    await using edgegap = await start()
    edgegap.faults.order({ kind: 'delay-reply', delayMs: 400, method, path })
    const killed = await deploy(edgegap, INPUTS, {
      secrets: [PASSWORD],
      mainControl: killAt(edgegap, method, path, count),
    })
    expectOneServer(edgegap)
    const log = killed.main.log.map(({ text }) => text).join('\n')
    if (tagOfProd(edgegap) === 'v2') expect(log).toMatch(/Moving the version prod from .*:v1/)
    edgegap.faults.clear()
    const { main } = await deploy(edgegap, INPUTS, { secrets: [PASSWORD] })
    expect(main.outputs.outcome).toBe('succeeded')
    expect(tagOfProd(edgegap)).toBe('v2')
    expectOneServer(edgegap)
  })
})
