import { describe, expect, test } from 'vitest'
import { adaptiveSchedule } from '../../src/wait/schedule.ts'
import { error, never, ready } from '../emulator/edgegap/script.ts'
import { startStep } from '../harness/step.ts'
import type { StepResult } from '../harness/step-result.ts'
import { fault, play, ready as readyReading } from '../wait/scene.ts'
import {
  annotations,
  CREATE,
  cancelAt,
  deploy,
  expectAllOutputs,
  expectNothingLeft,
  gaps,
  onlyError,
  run,
  STATUS,
  STOP,
  startEdgegap,
} from './deploy.ts'

/**
 * Ten faults that were reproduced in other deployment actions and in the libraries that they rest
 * on. Each is asked of the built bundle here, so that none of them comes up in this action.
 */

/** A line of a stack trace, which no user of an action can do anything with. */
const STACK_TRACE = /^\s+at .+[(:]/m

describe.concurrent('E1: an interval typed with or without a unit', () => {
  test.each([
    ['poll-interval', '5'],
    ['poll-interval', '5 seconds'],
    ['poll-interval', 'NaN'],
    ['timeout', '600'],
    ['timeout', 'Infinity'],
    ['timeout', '1e3'],
    ['tunnel-timeout', '3'],
    ['log-lines', '5s'],
  ])('is never guessed at: %s "%s" is an error before any request', async (input, value) => {
    await using edgegap = await startEdgegap()
    const { main } = await deploy(edgegap, { [input]: value })
    expect(main.exitCode).toBe(1)
    expect(onlyError(main)).toContain(`${input} is "${value}"`)
    expect(edgegap.requests).toEqual([])
  })

  test('is kept to where it is right: no storm of status requests', async () => {
    await using edgegap = await startEdgegap({ script: ready(2_500) })
    const { main } = await deploy(edgegap, { 'poll-interval': '1s', wait: 'poll' })
    expect(main.outputs.outcome).toBe('succeeded')
    const asked = edgegap.requestsTo('GET', STATUS)
    // A request that arrives late is nearer to the next one: a storm is something else.
    for (const gapMs of gaps(asked)) expect(gapMs).toBeGreaterThan(300)
    const spanMs = (asked.at(-1)?.at ?? 0) - (asked[0]?.at ?? 0)
    expect(asked.length).toBeLessThanOrEqual(spanMs / 1_000 + 2)
  })
})

describe.concurrent('E2: status requests that are answered 500', () => {
  test('more than ten in all, with a success between, do not end a healthy deployment', async () => {
    await using edgegap = await startEdgegap({ script: ready(500) })
    const broken = { kind: 'status', status: 500, method: 'GET', path: STATUS } as const
    edgegap.faults.order({ ...broken, times: 6 })
    // Pending once: had the count of failures not begun anew, the second row would be its end.
    const once = { current_status: 'Status.DEPLOYING', running: false }
    edgegap.faults.order({ ...broken, status: 200, body: once, times: 1 })
    edgegap.faults.order({ ...broken, times: 6 })
    const { main } = await deploy(edgegap, { wait: 'poll' })
    expect(main).toMatchObject({ exitCode: 0, outputs: { outcome: 'succeeded' } })
    expect(edgegap.requestsTo('GET', STATUS).length).toBeGreaterThanOrEqual(14)
  })

  test('are asked again after a pause that grows to seconds, not to milliseconds', async () => {
    await using edgegap = await startEdgegap({ script: ready(100) })
    edgegap.faults.order({ kind: 'status', status: 500, method: 'GET', path: STATUS, times: 6 })
    await deploy(edgegap, { wait: 'poll' })
    const waits = gaps(edgegap.requestsTo('GET', STATUS))
    // One that arrives late is nearer to the next one.
    for (const gapMs of waits) expect(gapMs).toBeGreaterThan(100)
    expect(waits.at(-1)).toBeGreaterThan(1_000)
  })

  test('for 50 seconds delay the news by ten seconds at most', async () => {
    const { result } = await play(({ atMs }) => (atMs < 50_000 ? fault() : readyReading), {
      pollSchedule: adaptiveSchedule(Math.random),
    })
    expect(result).toMatchObject({ ending: 'settled', last: readyReading })
    expect(result.elapsedMs).toBeLessThanOrEqual(60_000)
  })
})

describe.concurrent('E3: status requests whose connection is reset', () => {
  test('count as failures, are told in the log, and are asked again', async () => {
    await using edgegap = await startEdgegap({ script: ready(100) })
    edgegap.faults.order({ kind: 'reset', method: 'GET', path: STATUS, times: 4 })
    const { main } = await deploy(edgegap, { wait: 'poll' })
    expect(main).toMatchObject({ exitCode: 0, outputs: { outcome: 'succeeded' } })
    expect(main.rawStdout).toMatch(/ECONNRESET|reset|connection/i)
  })

  test('every one of them, are named as the reason when the time is over', async () => {
    await using edgegap = await startEdgegap({ script: ready(100) })
    edgegap.faults.order({ kind: 'reset', method: 'GET', path: STATUS })
    const { main } = await deploy(
      edgegap,
      { wait: 'poll', timeout: '3s' },
      { beforePost: async () => edgegap.faults.clear() },
    )
    expect(main).toMatchObject({ exitCode: 1, outputs: { outcome: 'timed-out' } })
    expect(onlyError(main)).toMatch(/connection|ECONNRESET/i)
    expectNothingLeft(edgegap)
  })
})

describe.concurrent('E4: a status request that is never answered', () => {
  test('does not hold the step beyond its timeout', async () => {
    await using edgegap = await startEdgegap({ script: never(), stopPendingAtOnce: true })
    edgegap.faults.order({ kind: 'hang', method: 'GET', path: STATUS, times: 1 })
    const { main } = await deploy(edgegap, { wait: 'poll', timeout: '3s' })
    expect(main.outputs.outcome).toBe('timed-out')
    expect(Number(main.outputs.seconds)).toBeLessThan(6)
    expectNothingLeft(edgegap)
  })

  test('is given up while there is time, so that the next one brings the news', async () => {
    await using edgegap = await startEdgegap({ script: ready(100) })
    edgegap.faults.order({ kind: 'hang', method: 'GET', path: STATUS, times: 1 })
    const { main } = await deploy(edgegap, { wait: 'poll', timeout: '60s' })
    expect(main.outputs.outcome).toBe('succeeded')
  })
})

describe.concurrent('E5: a SIGINT while the create is in flight', () => {
  test.each(['delay', 'delay-reply'] as const)(
    'leaves no server behind that the provider makes afterwards (%s)',
    async (kind) => {
      await using edgegap = await startEdgegap()
      edgegap.faults.order({ kind, delayMs: 1_000, method: 'POST', path: CREATE })
      const { main } = await deploy(edgegap, {}, { mainControl: cancelAt(edgegap, 'POST', CREATE) })
      expect(edgegap.created).toBe(1)
      expect(main.outputs.outcome).toBe('cancelled')
      expectAllOutputs(main)
      expectNothingLeft(edgegap)
    },
  )
})

describe.concurrent('E6: a reply that ends in the middle of its body', () => {
  test('of the create is no silent success: the server is found by its tag', async () => {
    await using edgegap = await startEdgegap({ script: ready(100) })
    edgegap.faults.order({ kind: 'truncate', method: 'POST', path: CREATE, times: 1 })
    const { main } = await deploy(edgegap, { wait: 'poll' })
    expect(main).toMatchObject({ exitCode: 0, outputs: { outcome: 'succeeded' } })
    expect(edgegap.created).toBe(1)
    expect(main.outputs['deployment-id']).toBe(edgegap.deployments[0]?.id)
  })

  test('of a status is asked for again', async () => {
    await using edgegap = await startEdgegap({ script: ready(100) })
    edgegap.faults.order({ kind: 'truncate', method: 'GET', path: STATUS, times: 2 })
    const { main } = await deploy(edgegap, { wait: 'poll' })
    expect(main.outputs).toMatchObject({
      outcome: 'succeeded',
      'deployment-id': edgegap.deployments[0]?.id,
    })
  })

  test('of every status is red, and says why', async () => {
    await using edgegap = await startEdgegap({ script: ready(100) })
    edgegap.faults.order({ kind: 'truncate', method: 'GET', path: STATUS })
    const { main } = await deploy(
      edgegap,
      { wait: 'poll', timeout: '2s' },
      { beforePost: async () => edgegap.faults.clear() },
    )
    expect(main).toMatchObject({ exitCode: 1, conclusion: 'failure' })
    expect(onlyError(main)).not.toBe('')
    expectAllOutputs(main)
    expectNothingLeft(edgegap)
  })
})

describe.concurrent('E7: a SIGINT while the step waits', () => {
  test('stops the server, sets the outputs and says what was done', async () => {
    await using edgegap = await startEdgegap({ script: never(), stopPendingAtOnce: true })
    const mainControl = cancelAt(edgegap, 'GET', STATUS, 2)
    const { main } = await deploy(edgegap, {}, { mainControl })
    const id = edgegap.deployments[0]?.id
    expect(edgegap.requestsTo('DELETE', STOP)).not.toEqual([])
    expectAllOutputs(main)
    expect(main.outputs).toMatchObject({ outcome: 'cancelled', 'deployment-id': id })
    expect(annotations(main, 'warning').join()).toContain(`Stopped ${id}`)
    expect(main.summary).toContain('was cancelled')
    expectNothingLeft(edgegap)
  })
})

describe.concurrent('E8: a bad or missing input', () => {
  const nothing: Record<string, string> = {}
  test.each([
    ['no input at all', nothing, /api-token is empty/],
    ['a provider that does not exist', { provider: '__proto__', 'api-token': 'x' }, /provider is/],
    ['an operation that does not exist', { operation: 'toString', 'api-token': 'x' }, /operation/],
    ['a URL that is none', { 'api-url': 'http://[', 'api-token': 'x' }, /api-url is/],
    ['a token with a line break in it', { 'api-token': 'a\nb' }, /api-token/],
  ])('is an annotation without a stack trace: %s', async (_name, inputs, problem) => {
    const main = await startStep({ entry: 'main', inputs }).done
    expect(main).toMatchObject({ exitCode: 1, signal: null, rawStderr: '' })
    expect(annotations(main, 'error').join('\n')).toMatch(problem)
    expect(main.rawStdout).not.toMatch(STACK_TRACE)
  })

  test('that is bad in the post step as well is quiet there: nothing was made', async () => {
    await using edgegap = await startEdgegap()
    const { post } = await run(edgegap, { provider: 'azure' })
    expect(post).toMatchObject({ exitCode: 0, log: [] })
  })
})

/** What the runner would obey if it came to the log as it is. */
const COMMANDS = [
  '::warning::forged',
  '   ::error::forged after blanks',
  '\t::set-output name=address::evil.example:1',
  'a line\r::add-mask::ready',
  'in the middle ##[error]forged',
  '::stop-commands::silence',
].join('\n')

function expectNoForgedCommand(main: StepResult): void {
  // `run` has seen to it that only commands of this action's own kinds were obeyed.
  const forged = [...annotations(main, 'warning'), ...annotations(main, 'error')]
  expect(forged.filter((text) => text.startsWith('forged'))).toEqual([])
  expect(main.masks).not.toContain('ready')
  expect(main.commands.filter(({ form }) => form === 'brackets')).toEqual([])
}

describe.concurrent('E9: remote text with a line that is a workflow command', () => {
  test('from the log of a failed server is shown and obeyed by nobody', async () => {
    await using edgegap = await startEdgegap({ script: error(100), logs: COMMANDS })
    const { main } = await deploy(edgegap)
    expect(main.rawStdout).toContain('forged after blanks')
    expectNoForgedCommand(main)
  })

  test('from the provider’s own words is shown and obeyed by nobody', async () => {
    await using edgegap = await startEdgegap({ script: error(100, COMMANDS) })
    const { main } = await deploy(edgegap)
    expect(onlyError(main)).toContain('forged')
    expectNoForgedCommand(main)
  })
})

describe.concurrent('E10: remote text with <, &, " and | in it', () => {
  test('is escaped in the summary, in tables, headings and links', async () => {
    const markup = '<img src="https://evil.example/x.png"> & </table> | cell | [a](javascript:b)'
    const wire = {
      fqdn: markup,
      location: { city: markup, country: markup },
      ports: { [markup]: { internal: 1, external: 2, protocol: markup, name: markup } },
    }
    const script = [
      { afterMs: 0, status: 'DEPLOYING' },
      { afterMs: 100, status: 'ERROR', errorDetail: markup, wire },
    ]
    await using edgegap = await startEdgegap({ script })
    const { main } = await deploy(edgegap)
    const { summary } = main
    expect(summary).toContain('evil.example')
    // What is left without the summary's own elements is text.
    const own = /<th align="left">|<\/?(?:table|tr|td|th|code|details|summary)>/g
    expect(summary.replace(own, '')).not.toMatch(/<img|<\/table|" ?>|\]\(/)
    const rows = summary.split('\n').filter((line) => line.startsWith('|'))
    // Key and value: a bar from outside would make a third cell.
    for (const row of rows) expect(row.match(/(?<!\\)\|/g)?.length).toBeLessThanOrEqual(7)
    expect(summary).not.toContain(`| cell |`)
  })
})
