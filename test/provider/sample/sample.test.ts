import { EventEmitter } from 'node:events'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { systemClock } from '../../../src/base/clock.ts'
import { runMain } from '../../../src/main.ts'
import { runPost } from '../../../src/post.ts'
import { REGISTRY } from '../../../src/provider/registry.ts'
import { listenForCancel } from '../../../src/runner/cancellation.ts'
import { Printer } from '../../../src/runner/printer.ts'
import { Redactor } from '../../../src/runner/redactor.ts'
import { LEDGER_STATE } from '../../../src/runner/saved-states.ts'
import { inputEnvironment } from '../../harness/action.ts'
import { RecordingRunner } from '../../report/fixtures.ts'
import { sample } from './definition.ts'
import { type SampleServer, startSampleServer } from './server.ts'

/** One line more than the action has: all that a further provider touches outside its folder. */
const registry = [...REGISTRY, sample]

let server: SampleServer

beforeEach(async () => {
  server = await startSampleServer()
})

afterEach(() => server.close())

function inputsFor(inputs: Record<string, string>): NodeJS.ProcessEnv {
  const given = {
    provider: 'sample',
    'api-token': 'sample-key-1',
    'api-url': server.url,
    application: 'game',
    version: 'v1',
    ...inputs,
  }
  return inputEnvironment(given)
}

async function runStep(
  run: typeof runMain,
  environment: NodeJS.ProcessEnv,
): Promise<{ succeeded: boolean; runner: RecordingRunner }> {
  const runner = new RecordingRunner()
  const printer = new Printer(runner, new Redactor(), systemClock)
  const cancellation = listenForCancel(new EventEmitter(), systemClock)
  const decide = await run({ runner, printer, cancellation, environment }, registry)
  return { succeeded: decide(), runner }
}

describe('a provider that is only a folder and a line in the registry', () => {
  test('deploys, and its inputs, outputs and secrets are taken care of', async () => {
    const environment = inputsFor({ region: 'SOUTH', 'server-password': 'hush-hush' })
    const { succeeded, runner } = await runStep(runMain, environment)
    expect(runner.messages('error')).toEqual([])
    expect(succeeded).toBe(true)
    expect(Object.fromEntries(runner.outputs)).toMatchObject({
      outcome: 'succeeded',
      address: '127.0.0.1:7777',
      slot: 'A',
      'build-name': '',
    })
    expect(runner.messages('add-mask')).toEqual(['sample-key-1', 'hush-hush'])
    expect(runner.lines).toEqual(expect.arrayContaining(['Deploying on Sample', 'region: south']))
    expect(server.requests[0]?.body).toMatchObject({ region: 'south', password: 'hush-hush' })
    expect(runner.messages('warning')).toEqual([])
  })

  test('has its mistakes reported like any other', async () => {
    const environment = inputsFor({ region: 'nort', version: '', regoin: 'x', 'settle-time': '5s' })
    const { succeeded, runner } = await runStep(runMain, environment)
    expect(succeeded).toBe(false)
    expect(runner.messages('error')).toEqual([
      'version is empty: name the version',
      'region is "nort": use one of north, south; did you mean north?',
    ])
    // What is missing may be there under another name.
    expect(runner.messages('warning')).toEqual([
      'regoin is not an input of this action and has no effect. Did you mean region?',
    ])
    expect(server.requests).toEqual([])
  })

  test('warns of what has no effect with it, and of its inputs with others', async () => {
    const other = { tags: 'x', 'log-dir': 'logs', regoin: 'x' }
    const { runner } = await runStep(runMain, inputsFor(other))
    expect(runner.messages('warning')).toEqual([
      'regoin is not an input of this action and has no effect. Did you mean region?',
      'log-dir has no effect with provider: sample.',
      'tags has no effect with provider: sample.',
    ])
  })

  test('is reached again by the post step, which stops what was created', async () => {
    const environment = inputsFor({ 'stop-after-job': 'true' })
    const main = await runStep(runMain, environment)
    expect(server.rows).toHaveLength(1)
    const [, ledger] = main.runner.states.findLast(([name]) => name === LEDGER_STATE) ?? []
    const post = await runStep(runPost, { ...inputsFor({ region: '' }), STATE_ledger: ledger })
    expect(post.runner.messages('error')).toEqual([])
    expect(post.succeeded).toBe(true)
    expect(server.rows).toEqual([])
  })

  /** As GitHub's runner does in an action within an action within another. */
  async function postWithoutInputs(variables: Record<string, string>) {
    const environment = inputsFor({ 'stop-after-job': 'true' })
    const main = await runStep(runMain, environment)
    const [, ledger] = main.runner.states.findLast(([name]) => name === LEDGER_STATE) ?? []
    const token = environment['INPUT_API-TOKEN'] ?? ''
    const given = Object.entries(variables).map(([name, text]) => [name, text.replace('*', token)])
    return await runStep(runPost, { ...Object.fromEntries(given), STATE_ledger: ledger })
  }

  test.each([[{ GAME_TOKEN: '*' }], [{ A: 'other', 'INPUT_API-TOKEN': '', Z: '  * ' }]])(
    'is reached by a post step that gets no inputs, with the token of a variable (%j)',
    async (variables) => {
      const post = await postWithoutInputs(variables)
      expect(post.runner.messages('error')).toEqual([])
      expect(post.succeeded).toBe(true)
      expect(server.rows).toEqual([])
    },
  )

  test('is named, with what to do, by a post step that has the token nowhere', async () => {
    const post = await postWithoutInputs({ GAME_TOKEN: 'x*' })
    expect(post.succeeded).toBe(false)
    expect(post.runner.messages('error')).toEqual([
      expect.stringMatching(/may still run: api-token is empty in the post step.*env of the job/),
    ])
    expect(server.rows).toHaveLength(1)
  })

  test('finds a server whose create got lost', async () => {
    server.faults.order({ kind: 'reset', when: 'after', method: 'POST', path: /servers/, times: 1 })
    const { succeeded } = await runStep(runMain, inputsFor({}))
    expect(succeeded).toBe(true)
    expect(server.rows).toHaveLength(1)
  })
})
