import type { ActionError } from '../../src/base/errors.ts'
import { OneByOne } from '../../src/base/one-by-one.ts'
import type { Call } from '../../src/provider/call.ts'
import type { Members } from '../../src/provider/groups.ts'
import type { Observation, Target } from '../../src/provider/provider.ts'
import { Progress } from '../../src/report/progress.ts'
import { deploy } from '../../src/run/deploy.ts'
import type { Run } from '../../src/run/run.ts'
import { stop } from '../../src/run/stop.ts'
import type { DeploySettings, StopSettings } from '../../src/settings/model.ts'
import { runReport } from '../report/fixtures.ts'
import { ENDING, FakeProvider, READY } from './fake-provider.ts'
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

const DEPLOY: DeploySettings = {
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

/** A hosting platform by script for several places, with a group and with logs. */
export class FakePlatform extends FakeProvider {
  override readonly targets: Target[] = [this.target]
  /** What the group has before the run. */
  members: Members = { members: [], unclear: [] }
  /** By id; of others there is none. */
  readonly logs = new Map<string, readonly string[]>()

  readonly groups = {
    members: async (): Promise<Members> => {
      this.calls.push('list')
      return this.members
    },
  }

  /** By id, what its checks read, one after the other; the last one is repeated. READY unless told. */
  readonly readings = new Map<string, (Observation | ActionError)[]>()

  override async observe(ids: readonly string[]) {
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

  async readLog(id: string) {
    this.calls.push(`log ${id}`)
    const lines = this.logs.get(id)
    return lines && { lines, isCut: false }
  }
}

/** A whole run without a process around it: what the bundle does, in virtual time. */
export function setWholeRun() {
  const stage = setStage()
  const provider = new FakePlatform()
  const { clock, context, runner } = stage
  const state = runReport({
    ...{ title: 'Fake', outcome: 'failed', versionAction: '', deployments: [] },
  })
  const tools = {
    ...context,
    provider,
    state,
    wallMs: () => clock.nowMs(),
    logWrites: new OneByOne(),
    progress: new Progress(context.printer, clock, false),
    openChannel: () => Promise.reject(new Error('no channel in this test')),
  }
  // The history of calls is the platform's, saves to disk included.
  runner.saveState = (_, value) => {
    const { entries = [], inPlace } = value === '' ? {} : JSON.parse(value)
    const tags = entries.map(({ tag, id }: Record<string, string>) => (id ? `${tag}=${id}` : tag))
    const staying = inPlace ? [`in place ${inPlace}`] : []
    provider.calls.push(`save ${[...tags, ...staying].join() || 'nothing'}`)
  }
  return {
    ...{ clock, provider, state, runner, cancel: stage.cancel, ledger: context.ledger },
    logWrites: tools.logWrites,
    deploy: async (settings: Partial<DeploySettings> = {}) => {
      const run: Run = { ...tools, settings: { ...DEPLOY, ...settings } }
      await clock.run(deploy(run))
      return state
    },
    stop: async (settings: Partial<StopSettings> = {}) => {
      const reach = { kind: 'deployment', id: 'a' } as const
      const whole: StopSettings = { ...SHARED, operation: 'stop', reach, ...settings }
      await clock.run(stop({ ...tools, settings: whole }))
      return state
    },
  }
}
