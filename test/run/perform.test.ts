import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import type { ProviderDefinition } from '../../src/provider/definition.ts'
import type { ProviderContext } from '../../src/provider/provider.ts'
import { Ledger } from '../../src/run/ledger.ts'
import { createTools, perform, providerContext } from '../../src/run/perform.ts'
import { Printer } from '../../src/runner/printer.ts'
import type { ActionProcess } from '../../src/runner/process.ts'
import { Redactor } from '../../src/runner/redactor.ts'
import { GITHUB_STATE, LEDGER_STATE } from '../../src/runner/saved-states.ts'
import type { Settings } from '../../src/settings/model.ts'
import { fixedSchedule } from '../../src/wait/schedule.ts'
import { type GitHubEmulator, startGitHub } from '../emulator/github/emulator.ts'
import { environmentOf, removeEventFiles, SHA } from '../github/stage.ts'
import { RecordingRunner } from '../report/fixtures.ts'
import { errorOf, FAILED, PENDING, READY } from './fake-provider.ts'
import { DEPLOY, FakePlatform, STOP, VERSION } from './whole-run.ts'

/** A step from its settings to its last word, in this process and on the real clock. */
let runner: RecordingRunner
let provider: FakePlatform
let cancelled: AbortController
let over: AbortController
let action: ActionProcess
let context: ProviderContext

beforeEach(() => {
  runner = new RecordingRunner()
  provider = new FakePlatform()
  Object.assign(provider, { pollSchedule: () => fixedSchedule(10) })
  cancelled = new AbortController()
  over = new AbortController()
  const cancellation = { signal: cancelled.signal, over: over.signal }
  const printer = new Printer(runner, new Redactor(), systemClock)
  action = { runner, printer, cancellation, environment: { GITHUB_ACTIONS: 'true' } }
})

const definition = {
  name: 'fake',
  describe: () => ({ title: 'Deploying with Fake', lines: [] }),
  savedAccess: () => ({ organization: 'mine' }),
  open: async (_: Settings, given: ProviderContext) => {
    context = given
    return provider
  },
} as unknown as ProviderDefinition

const step = (settings: Settings, providerOutputs: string[] = []) =>
  perform({ settings, definition, providerOutputs }, action)
const deploy = (more: Partial<typeof DEPLOY> = {}) => step({ ...DEPLOY, ...more })
const output = (name: string) => runner.outputs.get(name)
/** What the post step would have to clean up. */
const saved = () => runner.states.filter(([name]) => name === LEDGER_STATE).at(-1)?.[1] ?? ''
/** As people read it. */
const summary = () => runner.summary.replaceAll('&#45;', '-')
const savedIds = () => {
  const { entries } = JSON.parse(saved() || '{"entries":[]}')
  return entries.map(({ id }: { id?: string }) => id)
}

describe('a step that deploys', () => {
  it('publishes how it ended', async () => {
    const facts = { host: 'a.test', outputs: { 'build-name': 'b1' } }
    provider.readings.set('a', [{ ...READY, facts }])
    const decide = await step({ ...DEPLOY, summary: true }, ['build-name'])
    expect(decide()).toBe(true)
    expect(output('outcome')).toBe('succeeded')
    expect(output('deployment-id')).toBe('a')
    expect(output('build-name')).toBe('b1')
    expect(runner.messages('group')[0]).toBe('Settings')
    expect(runner.log).toContain('Deploying with Fake')
    expect(runner.messages('notice').join()).toContain('a is ready at a.test')
    expect(summary()).toContain('my-game')
  })

  it('calls a success by the word of the platform, and says nothing of other servers', async () => {
    Object.assign(provider, { successWord: 'published' })
    await deploy({ summary: true })
    expect(summary()).toContain('my-game v1 is published')
    expect(runner.log).toContain('] accepted as a')
  })

  it('writes no summary where none is wanted', async () => {
    await deploy()
    expect(summary()).toBe('')
  })

  it('leaves the server to the post step until its very last word', async () => {
    const decide = await deploy()
    expect(savedIds()).toEqual(['a'])
    expect(JSON.parse(saved()).access).toMatchObject({
      provider: 'fake',
      own: { organization: 'mine' },
    })
    expect(decide()).toBe(true)
    expect(saved()).toBe('')
  })

  it('leaves the server to the post step where it ends with the job', async () => {
    expect((await deploy({ stopAfterJob: true }))()).toBe(true)
    expect(savedIds()).toEqual(['a'])
  })

  it('fails where its server does, and leaves nothing', async () => {
    provider.readings.set('a', [FAILED])
    provider.stops.push('gone')
    expect((await deploy())()).toBe(false)
    expect(output('outcome')).toBe('failed')
    expect(saved()).toBe('')
  })

  it.each(['keep', 'stop'] as const)(
    'lets what came up live on beside a failure only with on-failure: keep (%s)',
    async (onFailure) => {
      provider.targets.push({ name: 'y', where: '1,2' })
      provider.creates.push({ kind: 'created', id: 'a' }, { kind: 'created', id: 'b' })
      provider.readings.set('b', [FAILED])
      provider.stops.push('gone')
      expect((await deploy({ onFailure }))()).toBe(false)
      expect(savedIds()).toEqual([])
      expect(provider.calls.includes('stop a')).toBe(onFailure === 'stop')
      // Of several, each line says which one it is about.
      expect(runner.log).toContain('y: accepted as b')
    },
  )

  it('leaves the server up where only a promotion failed, and fails', async () => {
    const versions = {
      ensure: async () => ({ version: 'v1', action: 'reused' }),
      expectUnmoved: async () => {},
      promote: () => Promise.reject(errorOf('refused')),
      prune: async () => {},
    }
    Object.assign(provider, { versions })
    const decide = await deploy()
    expect(savedIds()).toEqual(['a'])
    expect(decide()).toBe(false)
    expect(saved()).toBe('')
  })

  it('leaves to the post step what may have been created', async () => {
    provider.creates.push({ kind: 'unknown', error: errorOf('connection-lost') })
    provider.finds.push(() => {
      cancelled.abort()
      over.abort()
      return errorOf('connection-lost')
    })
    expect((await deploy())()).toBe(false)
    expect(savedIds()).toEqual([undefined])
    expect(runner.messages('warning').join()).toContain('The post step stops what was created')
  })

  it('says itself what took the place of older ones, so the post step need not', async () => {
    provider.members = { members: [{ id: 'old', tags: [] }], unclear: [] }
    provider.stops.push('gone')
    const reach = { kind: 'application', application: 'my-game' } as const
    const decide = await deploy({ replace: { when: 'after-ready', reach } })
    expect(JSON.parse(saved())).toMatchObject({ entries: [], inPlace: ['a'] })
    expect(decide()).toBe(true)
    expect(saved()).toBe('')
  })
})

/** Cancelled, with no time left for cleaning up. */
function cancelLater(): void {
  setImmediate(() => {
    cancelled.abort()
    over.abort()
  })
}

describe('a step that is cancelled', () => {
  it('ends when the time for cleaning up is over, whatever hangs', async () => {
    provider.observe = async () => {
      cancelled.abort()
      return new Map([['a', PENDING]])
    }
    provider.stop = () => {
      over.abort()
      return new Promise(() => {})
    }
    provider.readLog = async () => undefined
    const decide = await deploy()
    expect(output('outcome')).toBe('cancelled')
    expect(JSON.parse(output('deployments') ?? '')).toMatchObject([
      { id: 'a', outcome: 'cancelled' },
    ])
    expect(runner.messages('warning').join()).toContain('The post step stops')
    expect(decide()).toBe(false)
    expect(savedIds()).toEqual(['a'])
    expect(output('error')).toContain('cancelled')
  })

  it('that is killed while it prepares reports that nothing was created', async () => {
    provider.prepare = () => new Promise(() => {})
    cancelLater()
    expect((await deploy())()).toBe(false)
    expect(output('outcome')).toBe('cancelled')
    expect(output('error')).toContain('cancelled')
    expect(runner.messages('warning').join()).toContain('Nothing was created.')
  })

  it('that is killed while its server is created reports no failure of it', async () => {
    provider.create = () => {
      cancelled.abort()
      over.abort()
      return new Promise(() => {})
    }
    await deploy()
    expect(JSON.parse(output('deployments') ?? '')).toMatchObject([{ outcome: 'cancelled' }])
    expect(savedIds()).toEqual([undefined])
  })

  it('keeps the server of a success, and is cancelled all the same', async () => {
    const decide = await deploy()
    expect(output('outcome')).toBe('succeeded')
    cancelled.abort()
    expect(decide()).toBe(false)
    expect(savedIds()).toEqual(['a'])
    // The runner takes the last value: later steps must not count on a server that is stopped.
    expect(output('outcome')).toBe('cancelled')
    expect(output('deployments')).toContain('"outcome":"cancelled"')
  })

  it('keeps what has taken the place of older ones, and how each one ended', async () => {
    provider.targets.push({ name: 'y', where: '1,2' })
    provider.creates.push({ kind: 'created', id: 'a' }, { kind: 'created', id: 'b' })
    provider.members = { members: [{ id: 'old', tags: [] }], unclear: [] }
    provider.stop = () => {
      cancelled.abort()
      over.abort()
      return new Promise(() => {})
    }
    const reach = { kind: 'application', application: 'my-game' } as const
    await deploy({ replace: { when: 'after-ready', reach } })
    expect(JSON.parse(output('deployments') ?? '')).toMatchObject([
      { id: 'a', outcome: 'succeeded' },
      { id: 'b', outcome: 'succeeded' },
    ])
    expect(output('outcome')).toBe('cancelled')
    expect(runner.messages('warning').join()).toContain('a, b stay in place of what was replaced')
  })

  it('keeps the reason of what had failed before', async () => {
    provider.readings.set('a', [FAILED])
    provider.stop = () => {
      cancelled.abort()
      over.abort()
      return new Promise(() => {})
    }
    await deploy()
    expect(JSON.parse(output('deployments') ?? '')).toMatchObject([{ id: 'a', outcome: 'failed' }])
    // The step itself was cancelled.
    expect(output('error')).toBe('The run was cancelled.')
  })
})

describe('a step one of whose outputs cannot be written', () => {
  beforeEach(() => {
    const setOutput = runner.setOutput.bind(runner)
    runner.setOutput = (name, value) => {
      if (name === 'address') throw errorOf('unusable-runner')
      setOutput(name, value)
    }
  })
  const errors = () => runner.messages('error')

  it('fails, and leaves its server to the post step: later steps do not find it', async () => {
    const decide = await deploy({ summary: true })
    expect(errors()).toEqual([expect.stringContaining('unusable-runner')])
    expect(summary()).toContain('my-game v1 failed')
    expect(output('deployment-id')).toBe('a')
    expect(decide()).toBe(false)
    expect(savedIds()).toEqual(['a'])
  })

  it('lets its server live on with on-failure: keep', async () => {
    expect((await deploy({ onFailure: 'keep' }))()).toBe(false)
    expect(savedIds()).toEqual([])
  })

  it('keeps the cause of what had failed before', async () => {
    provider.readings.set('a', [FAILED])
    provider.stops.push('gone')
    expect((await deploy())()).toBe(false)
    expect(errors()).toEqual([
      expect.stringContaining('unusable-runner'),
      expect.stringContaining('ERROR'),
    ])
  })

  it.each([
    ['has stopped what it was to stop', STOP, 'is stopped'],
    ['has planned what it was to plan', { ...DEPLOY, dryRun: true }, 'Dry run: 0 changes planned'],
  ])('%s, and fails all the same', async (_, settings, said) => {
    expect((await step({ ...settings, summary: true }))()).toBe(false)
    expect(errors()).toEqual([expect.stringContaining('unusable-runner')])
    expect(summary()).toContain(said)
  })
})

describe('another operation', () => {
  it('stops one server', async () => {
    provider.stops.push('gone')
    const settings: Settings = { ...STOP, reach: { kind: 'deployment', id: 'x' }, summary: true }
    expect((await step(settings))()).toBe(true)
    expect(output('outcome')).toBe('stopped')
    expect(provider.calls).toContain('stop x')
    expect(output('deployment-id')).toBe('x')
    expect(output('version')).toBe('')
    expect(summary()).toMatch(/^### .*\bx\b/)
    expect(summary()).toContain('x')
  })

  it.each([
    ['ended', 'auto', /^Stopped a\.$/m],
    ['was accepted', 'none', /^Stops accepted: a\. .*wait: none/m],
  ] as const)('says of a stop that it %s', async (_, wait, line) => {
    provider.stops.push('accepted', 'gone')
    await step({ ...STOP, wait })
    expect(runner.log).toMatch(line)
  })

  it.each([
    [{ kind: 'group', application: 'my-game', group: 'pr-12' }, 'pr-12'],
    [{ kind: 'application', application: 'my-game' }, 'my-game'],
  ] as const)('stops %j, and names it', async (reach, name) => {
    expect((await step({ ...STOP, reach, summary: true }))()).toBe(true)
    expect(summary()).toContain(name)
    expect(summary()).toContain('my-game')
    expect(output('deployment-id')).toBe('')
  })

  it('makes a version', async () => {
    const versions = {
      ensure: async () => ({ version: 'v2', action: 'created', image: 'i:2' }),
      promote: async () => {},
      prune: async () => {},
    }
    Object.assign(provider, { versions })
    expect((await step(VERSION))()).toBe(true)
    expect(output('version')).toBe('v2')
    expect(output('version-action')).toBe('created')
    expect(provider.calls).toEqual([])
  })

  it.each([DEPLOY, STOP, VERSION])(
    'plans a dry run of $operation, and does nothing',
    async (settings) => {
      expect((await step({ ...settings, dryRun: true }))()).toBe(true)
      expect(output('outcome')).toBe('planned')
      expect(provider.calls).toEqual([])
      expect(runner.states).toEqual([])
    },
  )

  it('that fails before it knows its version reports the one that was asked for', async () => {
    provider.prepare = () => Promise.reject(errorOf('refused'))
    expect((await deploy())()).toBe(false)
    expect(output('version')).toBe('v1')
    expect(output('version-action')).toBe('')
    expect(output('outcome')).toBe('rejected')
  })
})

describe('GitHub beside a step', () => {
  let gitHub: GitHubEmulator

  beforeEach(async () => {
    gitHub = await startGitHub()
    gitHub.state.pulls.push({ number: 12, state: 'open', branch: 'feature', sha: SHA })
    action = { ...action, environment: environmentOf(gitHub) }
  })
  afterEach(async () => {
    removeEventFiles()
    await gitHub.close()
  })

  it('is up to date when the step ends', async () => {
    const github = {
      token: gitHub.token,
      environment: '',
      environmentUrl: undefined,
      comment: true,
    }
    await deploy({ github })
    expect(gitHub.state.comments.map(({ body }) => body)).toEqual([
      expect.stringContaining('v1 is up in here'),
    ])
  })

  /** What the post step would have to show. */
  const savedForGitHub = () => runner.states.filter(([name]) => name === GITHUB_STATE).at(-1)?.[1]
  const withComment = () => ({
    github: { token: gitHub.token, environment: '', environmentUrl: undefined, comment: true },
  })

  it('is left to the post step until the servers may stay', async () => {
    const decide = await deploy(withComment())
    expect(savedForGitHub()).toContain('succeeded')
    expect(decide()).toBe(true)
    expect(savedForGitHub()).toBe('')
    expect(saved()).toBe('')
  })

  it('is left to the post step where that will stop the servers', async () => {
    const decide = await deploy({ ...withComment(), stopAfterJob: true })
    expect(decide()).toBe(true)
    expect(savedForGitHub()).toContain('succeeded')
  })

  it('may be under way when a cancel comes: the post step stops the server and shows that', async () => {
    const patch = gitHub.whenRequested('PATCH', /\/comments\//).then(() => cancelled.abort())
    gitHub.faults.order({ kind: 'delay', delayMs: 200, method: 'PATCH' })
    const decide = await deploy(withComment())
    await patch
    expect(decide()).toBe(false)
    expect(output('outcome')).toBe('cancelled')
    expect(JSON.parse(output('deployments') ?? '')).toMatchObject([{ outcome: 'cancelled' }])
    expect(savedIds()).toEqual(['a'])
    expect(savedForGitHub()).toContain('succeeded')
  })

  it('is not asked where nothing is to be shown', async () => {
    await deploy()
    expect(gitHub.requests).toEqual([])
  })
})

describe('what a run works with', () => {
  const toolsIn = (environment: NodeJS.ProcessEnv) =>
    createTools({ ...action, environment }, new Ledger(runner, {} as never))

  it.each([
    ['names its run', { GITHUB_RUN_ID: '123' }, /^dgs-123-[0-9a-f]{12}$/],
    ['is a plain word elsewhere', { GITHUB_RUN_ID: 'a//b c' }, /^dgs-a-b-c-[0-9a-f]{12}$/],
    ['has at most 40 characters', { GITHUB_RUN_ID: '9'.repeat(99) }, /^dgs-9{20}-[0-9a-f]{12}$/],
    ['has a word where there is no run', {}, /^dgs-local-[0-9a-f]{12}$/],
  ])('the tag of a create %s', (_, environment, form) => {
    const { newAttemptTag } = toolsIn(environment)
    expect(newAttemptTag()).toMatch(form)
    expect(newAttemptTag()).not.toBe(newAttemptTag())
  })

  it('a platform can note what the post step must clean up, and speak to people', async () => {
    await deploy({ dryRun: true })
    const { cleanUpNotes } = context
    cleanUpNotes.opened('t1')
    expect(JSON.parse(saved()).entries).toEqual([{ tag: 't1', isAuxiliary: true }])
    cleanUpNotes.created('t1', 's1')
    expect(JSON.parse(saved()).entries).toEqual([{ tag: 't1', id: 's1', isAuxiliary: true }])
    cleanUpNotes.closed('t1')
    expect(saved()).toBe('')
    context.hide('top-secret')
    context.log('a line with top-secret')
    context.warn('a warning')
    expect(runner.log).toContain('a line with ***')
    expect(runner.messages('warning')).toEqual(['a warning'])
  })

  it('a platform has tags of the same kind', () => {
    const tools = toolsIn({ GITHUB_RUN_ID: '7' })
    expect(providerContext(action, tools).newAttemptTag()).toMatch(/^dgs-7-/)
  })

  it('a tunnel is opened by the same clock, and a probe asked', async () => {
    const tools = toolsIn({})
    const tunnel = { transport: 'none', why: 'not wanted' } as const
    const readNotification = () => ({ kind: 'ignored', why: '' }) as const
    const options = { settings: tunnel, opensWithinMs: 1, readNotification }
    const channel = await tools.openChannel(options)
    await channel.whenSettled(5_000, cancelled.signal)
    expect(channel.error).toBe('not wanted')
    await channel.close()
    const server = { host: '127.0.0.1', ip: '', ports: [] }
    const { signal } = cancelled
    const probe = { clock: tools.clock, timeoutMs: 1, signal, random: tools.random }
    const asked = tools.probePorts([{ port: 'game', protocol: 'tcp' }], server, probe)
    await expect(asked).rejects.toThrow('no port named game')
  })
})
