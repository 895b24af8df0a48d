import { describe, expect, test } from 'vitest'
import { parseFault } from '../../emulator/src/faults.ts'
import { parseRunning } from '../../emulator/src/record.ts'
import { DEFAULTS, KNOWN_INPUTS, readSettings } from '../../emulator/src/settings.ts'
import {
  EMULATOR_ACTION_FILE,
  readActionFile,
  readActionMetadata,
} from '../../scripts/action-metadata.ts'
import { BadInputs } from '../../src/settings/problems.ts'

const { inputs } = readActionMetadata(readActionFile(EMULATOR_ACTION_FILE))

describe('the inputs', () => {
  test('are those that action.yml declares, in its order, with its defaults', () => {
    expect(KNOWN_INPUTS).toEqual(inputs.map(({ name }) => name))
    const declared = inputs.flatMap((input) =>
      input.default === undefined ? [] : [[input.name, input.default]],
    )
    expect(Object.fromEntries(declared)).toEqual(DEFAULTS)
  })

  test('may all be left empty, as workflows that pass their own inputs on do', () => {
    const empty = Object.fromEntries(inputs.map(({ name }) => [`INPUT_${name.toUpperCase()}`, '']))
    expect(readSettings(empty)).toEqual(readSettings({}))
    expect(readSettings({}).settings).toMatchObject({
      operation: 'start',
      leftRunning: 'fail',
      plan: { faults: [], refusedCreates: 0, options: { applications: { 'my-game': '*' } } },
    })
  })

  test('of start do not matter to stop', () => {
    const environment = { INPUT_OPERATION: 'stop', INPUT_PORT: '80' }
    expect(readSettings(environment).settings).toEqual({ operation: 'stop', leftRunning: 'fail' })
  })

  test('name versions for all applications or for none', () => {
    const environment = { INPUT_APPLICATIONS: '# ours\nmy-game v1, v2\nother\nmy-game v3' }
    expect(readSettings(environment).settings).toMatchObject({
      plan: { options: { catalogue: { 'my-game': ['v1', 'v2', 'v3'], other: [] } } },
    })
  })

  test('count the trouble of a deployment from ready on', () => {
    const environment = { INPUT_OUTCOMES: 'ready-then-ends', 'INPUT_READY-AFTER': '4s' }
    const { settings } = readSettings(environment)
    const script = settings.operation === 'start' ? settings.plan.options.script : []
    expect(script?.slice(-2)).toMatchObject([
      { afterMs: 4000, status: 'READY' },
      { afterMs: 7000, status: 'TERMINATED' },
    ])
  })

  test.each(['ready soon', 'error: why', 'never ready'])('refuse the outcome "%s"', (line) => {
    expect(() => readSettings({ INPUT_OUTCOMES: line })).toThrow(BadInputs)
  })
})

describe('a fault', () => {
  test('is a method, a path, what goes wrong, and how often', () => {
    expect(parseFault('get /v1/status/* status 503 times=3 skip=1')).toEqual({
      kind: 'status',
      status: 503,
      body: { message: 'A fault of the emulator: status 503' },
      method: 'GET',
      path: /^\/v1\/status\/.*$/,
      times: 3,
      afterRequests: 1,
    })
    expect(parseFault('* /v2/deployments delay 1m')).toEqual({
      kind: 'delay',
      delayMs: 60_000,
      path: /^\/v2\/deployments$/,
    })
    expect(parseFault('POST /v2/deployments reset when=after')).toMatchObject({ when: 'after' })
  })

  test('takes every character of a path but the star as it is', () => {
    const fault = parseFault('GET /v1/app/a.b+c(d)/*/x hang')
    const path = typeof fault === 'string' ? undefined : fault.path
    expect(path?.test('/v1/app/a.b+c(d)/version/1/x')).toBe(true)
    expect(path?.test('/v1/app/aXb+c(d)/version/x')).toBe(false)
  })

  test.each([
    ['', 'write METHOD PATH FAULT'],
    ['FETCH /v1/* hang', 'METHOD is'],
    ['GET v1/* hang', 'PATH begins with /'],
    ['GET /v1/* explode', 'write METHOD PATH FAULT'],
    ['GET /v1/* status', 'a status is a number'],
    ['GET /v1/* status 99', 'a status is a number'],
    ['GET /v1/* delay 5', 'write how long'],
    ['GET /v1/* hang 5s', '"5s" is unknown'],
    ['GET /v1/* hang times=many', '"times=many" is unknown'],
    ['GET /v1/* truncate when=after', 'when=after may follow'],
    ['GET /v1/* hang when=before', 'when=after may follow'],
  ])('"%s" is none', (line, problem) => {
    expect(parseFault(line)).toContain(problem)
  })
})

describe('the note of a running emulator', () => {
  const good = { pid: 4711, startedAt: '1', url: 'u', controlUrl: 'c', controlKey: 'k' }

  test('is read back', () => {
    expect(parseRunning(JSON.stringify(good))).toEqual(good)
  })

  test.each([
    'nonsense',
    'null',
    '{}',
    JSON.stringify({ ...good, pid: -4711 }),
    JSON.stringify({ ...good, pid: 1 }),
    JSON.stringify({ ...good, startedAt: undefined }),
  ])('is not believed where it is %s', (text) => {
    expect(parseRunning(text)).toBeUndefined()
  })
})
