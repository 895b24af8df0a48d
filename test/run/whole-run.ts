import type { ActionError } from '../../src/base/errors.ts'
import { OneByOne } from '../../src/base/one-by-one.ts'
import type { Call } from '../../src/provider/call.ts'
import type { Members } from '../../src/provider/groups.ts'
import type { Observation, ServerLog, Target, Webhooks } from '../../src/provider/provider.ts'
import { Progress } from '../../src/report/progress.ts'
import { deploy } from '../../src/run/deploy.ts'
import { dryRun } from '../../src/run/dry-run.ts'
import type { Run } from '../../src/run/run.ts'
import type { ShowOnGitHub } from '../../src/run/show-on-github.ts'
import { stop } from '../../src/run/stop.ts'
import { makeVersion } from '../../src/run/version.ts'
import type {
  DeploySettings,
  Settings,
  StopSettings,
  VersionSettings,
} from '../../src/settings/model.ts'
import type { RunState } from '../../src/state/state.ts'
import { type ChannelOptions, WebhookChannel } from '../../src/webhook/channel.ts'
import { runReport } from '../report/fixtures.ts'
import { ENDING, FakeProvider, READY } from './fake-provider.ts'
import { FakeTunnel } from './fake-tunnel.ts'
import { setStage } from './stage.ts'

const SHARED = {
  provider: 'fake',
  token: 'a-token',
  apiUrl: new URL('https://a.test/'),
  wait: 'poll',
  timeoutMs: 60_000,
  pollIntervalMs: undefined,
  summary: false,
  dryRun: false,
  logLines: 5,
  logDir: undefined,
  github: { token: '', environment: '', environmentUrl: undefined, comment: false },
  own: {},
} as const

export const DEPLOY: DeploySettings = {
  ...SHARED,
  operation: 'deploy',
  application: 'my-game',
  version: 'v1',
  onFailure: 'stop',
  stopAfterJob: false,
  settleTimeMs: 0,
  probe: { probes: [], probeTimeoutMs: 0 },
  tunnel: { transport: 'none', why: 'wait is poll' },
  tunnelTimeoutMs: 1_000,
  group: undefined,
  replace: undefined,
}

/** When the runs of these tests begin, as milliseconds since 1970. */
export const WALL_AT_START_MS = 1_700_000_000_000

export const STOP: StopSettings = {
  ...SHARED,
  operation: 'stop',
  reach: { kind: 'deployment', id: 'a' },
}

export const VERSION: VersionSettings = {
  ...SHARED,
  operation: 'version',
  application: 'my-game',
  version: 'v1',
}

/** Settings of a run that has a tunnel of its own. */
export const WITH_TUNNEL: Partial<DeploySettings> = {
  wait: 'auto',
  tunnel: { transport: 'relay', relayUrl: new URL('https://relay.test') },
}

/** A hosting platform by script for several places, with a group, with logs and with webhooks. */
export class FakePlatform extends FakeProvider {
  override readonly targets: Target[] = [this.target]
  /** What the group has before the run. */
  members: Members = { members: [], unclear: [] }
  /** By id; of others there is none. */
  readonly logs = new Map<string, readonly string[]>()

  readonly groups = {
    members: async (_?: unknown): Promise<Members> => {
      this.calls.push('list')
      return this.members
    },
  }

  /** Each delivery names the deployment that it is about. */
  readonly webhooks: Webhooks = {
    read: async ({ body }) => ({ kind: 'notification', id: body.toString() }),
  }

  /** By id, what its checks read, one after the other; the last one is repeated. READY unless told. */
  readonly readings = new Map<string, (Observation | ActionError)[]>()

  override async observe(ids: readonly string[], _call: Call) {
    const read = new Map<string, Observation | ActionError>()
    for (const id of ids) {
      const script = this.readings.get(id) ?? []
      const next = script.length > 1 ? script.shift() : script[0]
      read.set(id, this.taken.has(id) ? ENDING : (next ?? READY))
    }
    return read
  }

  /** The second answer about one that was stopped is that it is gone, unless told otherwise. */
  override async stop(id: string, call: Call) {
    const isAgain = this.calls.includes(`stop ${id}`)
    const reply = await super.stop(id, call)
    return isAgain && this.stops.length === 0 ? 'gone' : reply
  }

  async readLog(id: string, _: Call): Promise<ServerLog | undefined> {
    this.calls.push(`log ${id}`)
    const lines = this.logs.get(id)
    return lines && { lines, isCut: false }
  }
}

/** What a person would see on GitHub, as a part of the history of calls. */
function gitHubIn(calls: string[]): ShowOnGitHub {
  const note = (what: string) => (state: RunState) => {
    const ids = state.deployments.map(({ id }) => id ?? '?')
    calls.push(`github ${what} ${ids.join()}`)
  }
  return { started: note('started'), tookPlace: note('took place') } as unknown as ShowOnGitHub
}

/** A whole run without a process around it: what the bundle does, in virtual time. */
export function setWholeRun() {
  const stage = setStage()
  const provider = new FakePlatform()
  const tunnel = new FakeTunnel()
  const { clock, context, runner } = stage
  const state = runReport({
    ...{ title: 'Fake', outcome: 'failed', versionAction: '', deployments: [] },
  })
  const channelTools: Omit<ChannelOptions, keyof Parameters<Run['openChannel']>[0]> = {
    ...context,
    runner,
    environment: {},
    load: async () => tunnel.transport,
  }
  const tools: Omit<Run, 'settings'> = {
    ...context,
    provider,
    state,
    // The clock on the wall has another beginning.
    wallMs: () => WALL_AT_START_MS + clock.elapsedMs,
    logWrites: new OneByOne(),
    progress: new Progress(context.printer, clock, false),
    openChannel: async (options) => WebhookChannel.open({ ...channelTools, ...options }),
    probePorts: () => Promise.reject(new Error('no probe in this test')),
  }
  // The history of calls is the platform's, saves to disk included.
  runner.saveState = (_, value) => {
    const { entries = [], inPlace } = value === '' ? {} : JSON.parse(value)
    const tags = entries.map(({ tag, id }: Record<string, string>) => (id ? `${tag}=${id}` : tag))
    const staying = inPlace ? [`in place ${inPlace}`] : []
    provider.calls.push(`save ${[...tags, ...staying].join() || 'nothing'}`)
  }
  const carryOut = async <S extends Settings>(
    work: (run: Run<S>) => Promise<void>,
    settings: S,
  ) => {
    await clock.run(work({ ...tools, settings }))
    return state
  }
  return {
    ...{ clock, provider, tunnel, state, runner, tools },
    logWrites: tools.logWrites,
    ...{ cancel: stage.cancel, ledger: context.ledger },
    /** Notes each status check from now on. */
    watchChecks: () => {
      const checks: ({ ids: readonly string[]; atMs: number } & Call)[] = []
      const observe = provider.observe.bind(provider)
      provider.observe = async (ids, call) => {
        checks.push({ ids, atMs: clock.elapsedMs, ...call })
        return await observe(ids, call)
      }
      return checks
    },
    /** From now on what GitHub is told is in the history of calls. */
    showOnGitHub: () => {
      tools.github = gitHubIn(provider.calls)
    },
    deploy: (settings: Partial<DeploySettings> = {}) =>
      carryOut(deploy, { ...DEPLOY, ...settings }),
    stop: (settings: Partial<StopSettings> = {}) => carryOut(stop, { ...STOP, ...settings }),
    makeVersion: () => carryOut(makeVersion, VERSION),
    dryRun: {
      deploy: (settings: Partial<DeploySettings> = {}) =>
        carryOut<Settings>(dryRun, { ...DEPLOY, ...settings }),
      stop: (settings: Partial<StopSettings> = {}) =>
        carryOut<Settings>(dryRun, { ...STOP, ...settings }),
    },
  }
}
