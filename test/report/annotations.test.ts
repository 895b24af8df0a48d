import { describe, expect, it, test } from 'vitest'
import { ActionError } from '../../src/base/errors.ts'
import { publish, publishOutputs } from '../../src/report/publish.ts'
import { Printer } from '../../src/runner/printer.ts'
import { Redactor } from '../../src/runner/redactor.ts'
import type { DeploymentState, RunState } from '../../src/state/state.ts'
import { VirtualClock } from '../wait/virtual-clock.ts'
import { deploymentReport, RecordingRunner, runReport } from './fixtures.ts'

/** What the runner is given for a run that ended so. */
async function published(
  more: Partial<RunState>,
  { withSummary = false, redactor = new Redactor(), runner = new RecordingRunner() } = {},
): Promise<RecordingRunner> {
  const printer = new Printer(runner, redactor, new VirtualClock())
  const providerOutputs = ['build-name']
  const publishing = { printer, runner, providerOutputs, withSummary }
  publishOutputs(runReport(more), publishing)
  await publish(runReport(more), publishing)
  return runner
}

const error = (what: string, next?: string) =>
  new ActionError({ kind: 'deployment-failed', what, ...(next === undefined ? {} : { next }) })
const cancel = new ActionError({ kind: 'cancelled', what: 'The run was cancelled.' })
const { observation: _seen, ...unseen } = deploymentReport()
const server = (more: Partial<DeploymentState>) => deploymentReport(more)
const withFacts = (facts: object, reason?: string): DeploymentState =>
  server({
    observation: {
      state: 'succeeded',
      status: 'READY',
      known: true,
      facts,
      ...(reason && { reason }),
    },
  })

describe('a ready server has a notice', () => {
  it('although nothing was read of it', async () => {
    expect((await published({ deployments: [unseen] })).messages('notice')).toEqual([
      'a69f8e3e0555 is ready after 4.2 s.',
    ])
  })

  test.each<[string, DeploymentState, string]>([
    [
      'with the address of its first port',
      server({}),
      'a69f8e3e0555 is ready at a69f8e3e0555.pr.edgegap.net:31500 after 4.2 s.',
    ],
    [
      'else with its host',
      withFacts({ host: 'a.example' }),
      'a69f8e3e0555 is ready at a.example after 4.2 s.',
    ],
    ['or with none', withFacts({ ports: [] }), 'a69f8e3e0555 is ready after 4.2 s.'],
    [
      'with its placement and what the provider says of it',
      withFacts({ host: 'a.example', placement: 'in Paris' }, 'equal to the current one'),
      'a69f8e3e0555 is ready at a.example (in Paris) after 4.2 s: equal to the current one.',
    ],
    [
      'with no second full stop',
      withFacts({}, 'It is equal.'),
      'a69f8e3e0555 is ready after 4.2 s: It is equal.',
    ],
    [
      'that says that it is not waited for',
      server({ outcome: 'started' }),
      'a69f8e3e0555 was accepted; this step does not wait for it (wait: none).',
    ],
  ])('%s', async (_, one, notice) => {
    const runner = await published({ deployments: [one] })
    expect(runner.messages('notice')).toEqual([notice])
    expect(runner.messages('error')).toEqual([])
  })

  it('each, and one that was stopped has none', async () => {
    const deployments = [server({}), server({ outcome: 'stopped' }), server({})]
    expect((await published({ deployments })).messages('notice')).toHaveLength(2)
  })
})

describe('a failure is an error', () => {
  it('of the run alone where the run itself failed', async () => {
    const deployments = [server({}), server({ outcome: 'failed', error: error('of a server') })]
    const runner = await published({ outcome: 'failed', deployments, error: error('of the run') })
    expect(runner.messages('error')).toEqual([expect.stringContaining('of the run')])
    expect(runner.messages('notice')).toEqual([])
    expect(runner.commands.find(({ name }) => name === 'error')?.properties).toMatchObject({
      title: 'Edgegap: failed',
    })
  })

  it('of each server, with its outcome for a title, once for each cause', async () => {
    const bad = (what: string) => server({ outcome: 'failed', error: error(what) })
    const late = server({ outcome: 'timed-out', error: error('late') })
    const runner = await published({
      outcome: 'failed',
      deployments: [bad('one'), bad('two'), bad('one'), late, server({ outcome: 'failed' })],
    })
    const errors = runner.commands.filter(({ name }) => name === 'error')
    expect(errors.map(({ message }) => message)).toEqual([
      expect.stringContaining('one'),
      expect.stringContaining('two'),
      expect.stringContaining('late'),
    ])
    expect(errors.map(({ properties }) => properties.title)).toEqual([
      'Edgegap: failed',
      'Edgegap: failed',
      'Edgegap: timed-out',
    ])
  })

  it('that says where its log is, where there is one', async () => {
    const withLog = (tail: string[]) =>
      server({ outcome: 'failed', error: error('x'), log: { tail, isCut: false } })
    const shown = async (one: DeploymentState) =>
      (await published({ outcome: 'failed', deployments: [one] }, { withSummary: true }))
        .messages('error')
        .join()
    const hint = 'Its log is in this step and in the summary.'
    expect(await shown(withLog(['a line']))).toContain(hint)
    expect(await shown(withLog([]))).not.toContain(hint)
    expect(await shown(server({ outcome: 'failed', error: error('x') }))).not.toContain(hint)
  })
})

describe('a cancel is a warning', () => {
  test.each<[string, Partial<RunState>]>([
    ['by the error of the run', { error: cancel }],
    ['by its outcome alone', {}],
  ])('%s, with what became of the servers', async (_, more) => {
    const deployments = [server({ id: 'a1', outcome: 'cancelled', error: cancel })]
    const runner = await published({
      outcome: 'cancelled',
      deployments,
      stoppedIds: ['a1'],
      ...more,
    })
    expect(runner.messages('warning')).toEqual(['Cancelled. Stopped a1.'])
    expect(runner.messages('error')).toEqual([])
  })
})

describe('a stop has a line', () => {
  test.each<[string, Partial<RunState>, string[]]>([
    [
      'with the ids',
      { stoppedIds: ['a1', 'b2'], stop: { group: 'x', onlyAccepted: false } },
      ['Stopped a1, b2.'],
    ],
    [
      'that says that its end is not waited for',
      { stoppedIds: ['a1'], stop: { id: 'a1', onlyAccepted: true } },
      ['Stops accepted: a1. This step does not wait until they are gone (wait: none).'],
    ],
    ['unless nothing was stopped', { stop: { id: 'a1', onlyAccepted: false } }, []],
  ])('%s', async (_, more, lines) => {
    const runner = await published({ outcome: 'stopped', deployments: [], ...more })
    expect(runner.lines).toEqual(lines)
  })

  it('although nobody says what was to be stopped', async () => {
    const { lines } = await published({
      outcome: 'stopped',
      deployments: [],
      stoppedIds: ['a1'],
    })
    expect(lines).toEqual(['Stopped a1.'])
  })

  it('only as an operation of its own', async () => {
    expect((await published({ stoppedIds: ['a1'] })).lines).toEqual([])
  })
})

describe('the log of a server', () => {
  it('is printed with its id, and what looks like an error once more', async () => {
    const logs = [['fine', 'ERROR: bad'], ['fine'], undefined]
    const deployments = logs.map((tail, n) =>
      server({ id: `s${n}`, ...(tail && { log: { tail, isCut: false } }) }),
    )
    const runner = await published({ deployments })
    expect(runner.messages('group')).toEqual(['Log of s0', 'Log of s1'])
    expect(runner.lines).toEqual([
      '| fine',
      '| ERROR: bad',
      'Of its lines these look like errors:',
      '| ERROR: bad',
      '| fine',
    ])
  })

  it('is printed where there is no id either', async () => {
    const { id: _, ...unborn } = server({ log: { tail: ['x'], isCut: false } })
    expect((await published({ deployments: [unborn] })).messages('group')).toEqual(['Log of '])
  })
})

describe('outputs and summary', () => {
  it('are written; the outputs are those of the core and of the provider', async () => {
    const { outputs, summary } = await published({}, { withSummary: true })
    expect(outputs.get('outcome')).toBe('succeeded')
    expect(outputs.get('build-name')).toBe('')
    expect(summary).toMatch(/^### ✅ my/)
  })

  it('are written without a summary where none is wanted', async () => {
    expect((await published({})).summary).toBe('')
  })

  it('warn of a secret that stands in an output', async () => {
    const redactor = new Redactor()
    redactor.add('31500', { input: 'secret-env PORT', mayBePublic: true })
    const runner = await published({}, { redactor })
    expect(runner.messages('warning')).toEqual([
      expect.stringMatching(/^The outputs port, add.* contain the secret value of secret-env PORT/),
    ])
  })

  it('are there although the summary cannot be written, which is a warning', async () => {
    class FullDisk extends RecordingRunner {
      override async appendSummary(): Promise<void> {
        throw new Error('no space left')
      }
    }
    const runner = await published({}, { withSummary: true, runner: new FullDisk() })
    expect(runner.outputs.get('outcome')).toBe('succeeded')
    expect(runner.messages('warning')).toEqual([
      expect.stringMatching(/^The job summary could not be written: .*no space left/),
    ])
  })
})
