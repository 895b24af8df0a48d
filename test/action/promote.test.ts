import { describe, expect, test } from 'vitest'
import { error } from '../emulator/edgegap/script.ts'
import type { EdgegapOptions } from '../emulator/edgegap/settings.ts'
import type { Effect } from '../emulator/faults.ts'
import {
  annotations,
  CREATE,
  cancelAt,
  deploy,
  type Edgegap,
  expectAllOutputs,
  expectNothingLeft,
  imageOf,
  killAt,
  onlyError,
  startEdgegap,
  type With,
} from './deploy.ts'

const APP = 'my-game'
const PASSWORD = 'r0bot-pull-token'
const PROD = /\/version\/prod$/
const BETA = /\/version\/beta$/

/** An account in which `prod` and `beta` are what players get, and `v2` is new. */
function start(options: EdgegapOptions = {}): Promise<Edgegap> {
  const catalogue = {
    [APP]: { v2: {}, prod: { docker_tag: 'v1' }, beta: { docker_tag: 'v1' } },
  }
  return startEdgegap({ catalogue, ...options })
}

/** Deploys `v2` and promotes it. */
function release(edgegap: Edgegap, inputs: With = {}, options: Parameters<typeof deploy>[2] = {}) {
  const login = { 'registry-username': 'robot$my-org+pull', 'registry-password': PASSWORD }
  const given = { version: 'v2', promote: 'prod\nbeta', ...login, ...inputs }
  return deploy(edgegap, given, { ...options, secrets: [PASSWORD] })
}

const tagOf = (edgegap: Edgegap, name: string) =>
  edgegap.catalogue.version(APP, name)?.fields.docker_tag
const promoted = (outputs: Readonly<Record<string, string>>) => JSON.parse(outputs.promoted ?? '')
const moved = (version: string) => ({ version, from: imageOf('v1'), to: imageOf('v2') })
const patches = (edgegap: Edgegap) => edgegap.requestsTo('PATCH', /version/)

describe.concurrent('after a success', () => {
  test('the named versions are moved in order, and the outputs hold what a rollback needs', async () => {
    await using edgegap = await start()
    const { main } = await release(edgegap)
    expect(main.exitCode).toBe(0)
    expectAllOutputs(main)
    expect(main.outputs).toMatchObject({ outcome: 'succeeded', image: imageOf('v2') })
    expect(promoted(main.outputs)).toEqual([moved('prod'), moved('beta')])
    expect([tagOf(edgegap, 'prod'), tagOf(edgegap, 'beta')]).toEqual(['v2', 'v2'])
    expect(edgegap.live()).toHaveLength(1)
  })

  test('only the image and its login are sent, after the server was ready', async () => {
    await using edgegap = await start()
    await release(edgegap, { promote: 'prod' })
    const [patch] = patches(edgegap)
    expect(Object.keys((patch?.body ?? {}) as object).sort()).toEqual([
      'docker_image',
      'docker_repository',
      'docker_tag',
      'private_token',
      'private_username',
      'verify_image',
    ])
    const [create] = edgegap.requestsTo('POST', CREATE)
    expect(patch?.at).toBeGreaterThan(create?.at ?? Number.POSITIVE_INFINITY)
  })

  test('a version that has the image already is left as it is', async () => {
    await using edgegap = await start()
    edgegap.catalogue.changeVersion(APP, 'prod', { docker_tag: 'v2' })
    const { main } = await release(edgegap)
    expect(promoted(main.outputs)).toEqual([moved('beta')])
    expect(patches(edgegap)).toHaveLength(1)
  })

  test('what a promotion does not carry over is listed, without values of variables', async () => {
    await using edgegap = await start()
    edgegap.catalogue.changeVersion(APP, 'v2', {
      req_cpu: 1024,
      ports: [{ name: 'gameport', port: 7778, protocol: 'UDP' }],
      variables: [{ key: 'MODE', value: 'h1dden-mode', isSecret: false }],
    })
    const { main } = await release(edgegap, { promote: 'prod' })
    const [warning = ''] = annotations(main, 'warning')
    expect(warning).toMatch(
      /^Promotion changes only the image\. prod keeps .*cpu: 512 \(v2: 1024\)/,
    )
    expect(warning).toMatch(/7777.*7778/)
    expect(warning).toMatch(/version-env MODE/)
    expect(main.rawStdout).not.toContain('h1dden-mode')
  })
})

describe.concurrent('nothing is promoted', () => {
  test('where the server fails', async () => {
    await using edgegap = await start({ script: error() })
    const { main } = await release(edgegap)
    expect(main.outputs).toMatchObject({ outcome: 'failed', promoted: '[]' })
    expect(patches(edgegap)).toEqual([])
    expectNothingLeft(edgegap)
  })

  test('where one of several servers fails', async () => {
    await using edgegap = await start()
    edgegap.nextScript([{ afterMs: 0, status: 'READY' }], error())
    const { main } = await release(edgegap, { locations: 'a 1,1\nb 2,2' })
    expect(main.outputs).toMatchObject({ outcome: 'failed', promoted: '[]' })
    expect(patches(edgegap)).toEqual([])
  })

  test('and nothing deployed where a version to promote does not exist', async () => {
    await using edgegap = await start()
    const { main } = await release(edgegap, { promote: 'production' })
    expect(main.outputs.outcome).toBe('rejected')
    expect(onlyError(main)).toMatch(/no version production.*Check promote/)
    expect(edgegap.writes()).toEqual([])
  })
})

describe.concurrent('a version that somebody else moved meanwhile', () => {
  /** Moves a version as somebody else, once the server is being created. */
  const moveAtCreate = (edgegap: Edgegap, version: string) => ({
    mainControl: async (step: { done: Promise<unknown> }) => {
      await edgegap.whenRequested('POST', CREATE, { timeoutMs: 20_000 })
      edgegap.catalogue.changeVersion(APP, version, { docker_tag: 'theirs' })
      await step.done
    },
  })

  test('is left alone: the step fails, and the new server stays up', async () => {
    await using edgegap = await start({ script: [{ afterMs: 1_000, status: 'READY' }] })
    const { main, post } = await release(edgegap, {}, moveAtCreate(edgegap, 'prod'))
    expect(main).toMatchObject({ exitCode: 1, outputs: { outcome: 'failed', promoted: '[]' } })
    expect(onlyError(main)).toMatch(
      /Somebody moved the version prod from .*:v1 to .*:theirs.*not moved: beta/,
    )
    expect([tagOf(edgegap, 'prod'), tagOf(edgegap, 'beta')]).toEqual(['theirs', 'v1'])
    expect(post?.exitCode).toBe(0)
    expect(edgegap.live()).toHaveLength(1)
    expect(main.outputs['deployment-id']).toBe(edgegap.live()[0]?.id)
    expect(annotations(main, 'notice').join()).toMatch(/stays up although the promotion failed/)
  })

  test('after another one was promoted: the outputs say which', async () => {
    await using edgegap = await start({ script: [{ afterMs: 1_000, status: 'READY' }] })
    const { main } = await release(edgegap, {}, moveAtCreate(edgegap, 'beta'))
    expect(main.outputs.outcome).toBe('failed')
    expect(promoted(main.outputs)).toEqual([moved('prod')])
    expect(onlyError(main)).toMatch(/version beta.*moved before it: prod to .*:v2/)
  })

  test('with stop-after-job the new server stays up for the job only', async () => {
    await using edgegap = await start({ script: [{ afterMs: 1_000, status: 'READY' }] })
    const { main } = await release(
      edgegap,
      { 'stop-after-job': 'true' },
      {
        ...moveAtCreate(edgegap, 'prod'),
        beforePost: async () => expect(edgegap.live()).toHaveLength(1),
      },
    )
    expect(main.outputs.outcome).toBe('failed')
    expectNothingLeft(edgegap)
  })
})

test('of two runs that promote at the same time, none overwrites what it has not seen', async () => {
  await using edgegap = await start()
  edgegap.catalogue.addVersion(APP, 'v3')
  const jobs = await Promise.all([
    release(edgegap, { promote: 'prod' }),
    release(edgegap, { version: 'v3', promote: 'prod' }),
  ])
  const winners = jobs.filter(({ main }) => main.outputs.outcome === 'succeeded')
  // Both may win where the one began after the other had ended.
  expect(winners.length).toBeGreaterThan(0)
  for (const { main } of jobs) {
    if (main.outputs.outcome === 'succeeded') continue
    // It is seen before the move, or right after it where both moved it in the same moment.
    expect(onlyError(main)).toMatch(/Somebody moved|another job may have moved it/)
  }
  const tags = winners.map(({ main }) => promoted(main.outputs)[0].to.split(':').at(-1))
  expect(tags).toContain(tagOf(edgegap, 'prod'))
})

test('what Edgegap calls an image can forge no output and show no secret', async () => {
  const hostile = `x\n::error::forged ${PASSWORD} </details>`
  await using edgegap = await start()
  edgegap.catalogue.changeVersion(APP, 'prod', { docker_tag: hostile })
  const { main } = await release(edgegap, { promote: 'prod' })
  expect(main.outputs.outcome).toBe('succeeded')
  expect(promoted(main.outputs)[0].from).toMatch(/x ?::error::forged \*\*\*/)
  expect(annotations(main, 'error')).toEqual([])
})

describe.concurrent('a lost reply to the PATCH', () => {
  const lost: [string, Effect][] = [
    ['reset', { kind: 'reset', when: 'after' }],
    ['cut in the middle', { kind: 'truncate' }],
    ['a 500', { kind: 'status', status: 500, when: 'after' }],
    ['never handled', { kind: 'status', status: 503 }],
  ]
  test.each(lost)('(%s) is settled by reading the version', async (_, effect) => {
    await using edgegap = await start()
    edgegap.faults.order({ ...effect, method: 'PATCH', path: PROD, times: 1 })
    const { main } = await release(edgegap)
    expect(main.outputs.outcome).toBe('succeeded')
    expect(promoted(main.outputs)).toEqual([moved('prod'), moved('beta')])
  })

  test('that cannot be settled is said, and what came after it was left alone', async () => {
    await using edgegap = await start()
    edgegap.faults.order({ kind: 'reset', when: 'after', method: 'PATCH', path: PROD })
    edgegap.faults.order({ kind: 'reset', method: 'GET', path: PROD, afterRequests: 2 })
    const { main } = await release(edgegap)
    expect(main.outputs).toMatchObject({ outcome: 'failed', promoted: '[]' })
    expect(onlyError(main)).toMatch(/not known whether the version prod was moved.*not moved: beta/)
    expect(tagOf(edgegap, 'beta')).toBe('v1')
  })
})

describe.concurrent('a read that still shows the image from before the move', () => {
  const stale = {
    kind: 'status',
    status: 200,
    body: {
      name: 'prod',
      docker_repository: 'registry.edgegap.com',
      docker_image: 'my-org/my-game',
      docker_tag: 'v1',
    },
    method: 'GET',
    path: PROD,
    // The plan and the check right before the move.
    afterRequests: 2,
  } as const

  test('for some seconds does not fail the promotion, and what was moved is in the outputs', async () => {
    await using edgegap = await start()
    edgegap.faults.order({ ...stale, times: 3 })
    const { main } = await release(edgegap)
    expect(main.outputs).toMatchObject({ outcome: 'succeeded', error: '' })
    expect(promoted(main.outputs)).toEqual([moved('prod'), moved('beta')])
    expect(annotations(main, 'warning')).toEqual([])
  })

  test('for good fails the step', async () => {
    await using edgegap = await start()
    edgegap.faults.order(stale)
    const { main } = await release(edgegap)
    expect(main.outputs).toMatchObject({ outcome: 'failed', promoted: '[]' })
    expect(onlyError(main)).toMatch(
      /accepted the move of the version prod .* shows .*:v1 all the same/,
    )
  })
})

describe.concurrent('a refused PATCH', () => {
  test.each([
    [403, /HTTP 403/],
    [424, /could not pull the image/],
  ])('(%i) fails the step with what was promoted before it', async (status, text) => {
    await using edgegap = await start()
    edgegap.faults.order({ kind: 'status', status, method: 'PATCH', path: BETA })
    const { main } = await release(edgegap)
    expect(main.outputs.outcome).toBe('failed')
    expect(promoted(main.outputs)).toEqual([moved('prod')])
    expect(onlyError(main)).toMatch(text)
    expect(edgegap.live()).toHaveLength(1)
  })
})

describe.concurrent('a run that ends in the middle of a promotion', () => {
  test('by a cancel: the PATCH on its way is awaited, and the outputs are right', async () => {
    await using edgegap = await start()
    edgegap.faults.order({ kind: 'delay', delayMs: 1_000, method: 'PATCH', path: PROD })
    const { main } = await release(edgegap, {}, { mainControl: cancelAt(edgegap, 'PATCH', PROD) })
    expect(main.outputs.outcome).toBe('cancelled')
    expect(promoted(main.outputs)).toEqual([moved('prod')])
    expect([tagOf(edgegap, 'prod'), tagOf(edgegap, 'beta')]).toEqual(['v2', 'v1'])
    expectNothingLeft(edgegap)
  })

  test('by a cancel that no answer comes to: the log says what is not known', async () => {
    await using edgegap = await start()
    edgegap.faults.order({ kind: 'hang', method: 'PATCH', path: PROD })
    const { main } = await release(edgegap, {}, { mainControl: cancelAt(edgegap, 'PATCH', PROD) })
    expect(main.outputs).toMatchObject({ outcome: 'cancelled', promoted: '[]' })
    expect(annotations(main, 'warning').join()).toMatch(/not known whether the version prod was/)
    expectNothingLeft(edgegap)
  })

  test('by a kill: the log tells what was about to be moved, and no server is left', async () => {
    await using edgegap = await start()
    edgegap.faults.order({ kind: 'hang', when: 'after', method: 'PATCH', path: PROD })
    const { main } = await release(edgegap, {}, { mainControl: killAt(edgegap, 'PATCH', PROD) })
    expect(main.log.map(({ text }) => text)).toContain(
      `Moving the version prod from ${imageOf('v1')} to ${imageOf('v2')}`,
    )
    expectNothingLeft(edgegap)
  })
})
