import { EventEmitter } from 'node:events'
import type { Observation } from '../../src/provider/provider.ts'
import { REGISTRY } from '../../src/provider/registry.ts'
import { type CreatingRun, createOnce } from '../../src/run/create.ts'
import { Ledger } from '../../src/run/ledger.ts'
import { listenForCancel } from '../../src/runner/cancellation.ts'
import { Printer } from '../../src/runner/printer.ts'
import { Redactor } from '../../src/runner/redactor.ts'
import { readSettings } from '../../src/settings/settings.ts'
import { SharedPoll } from '../../src/wait/shared-poll.ts'
import { waitForOutcome } from '../../src/wait/wait.ts'
import type { VirtualClock } from '../../test/wait/virtual-clock.ts'
import type { Organization } from './organization.ts'

export const TIMEOUT_MS = 600_000

/** What the jobs of a herd share. */
export interface Scene {
  readonly clock: VirtualClock
  readonly organization: Organization
  readonly random: () => number
}

/** One job: creates a server and waits for it. Gives the server's id when it is ready. */
export type Job = (scene: Scene, number: number) => Promise<string>

const API = new URL('https://api.example/')
const INPUTS = {
  'INPUT_API-TOKEN': 'herd-key',
  'INPUT_API-URL': API.href,
  INPUT_APPLICATION: 'my-game',
  INPUT_VERSION: 'v1',
  INPUT_WAIT: 'poll',
}
const ACCESS = { provider: 'edgegap', apiUrl: API.href, own: {}, seal: 'x.y' }

/** This action's own create, provider, schedule and wait; only the network and the time are made up. */
export const ours: Job = async ({ clock, organization, random }, number) => {
  const runner = {
    write: () => {},
    command: () => {},
    setOutput: () => {},
    saveState: () => {},
    appendSummary: async () => {},
  }
  const printer = new Printer(runner, new Redactor(), clock)
  let tags = 0
  const newAttemptTag = () => `job-${number}-${++tags}-`
  const { settings, definition } = await readSettings(INPUTS, REGISTRY)
  const provider = await definition.open(settings, {
    http: organization.http,
    environment: {},
    clock,
    cleanUpNotes: { opened: () => {}, created: () => {}, closed: () => {} },
    newAttemptTag,
    log: () => {},
    warn: () => {},
    hide: () => {},
  })
  const run: CreatingRun = {
    clock,
    provider,
    cancellation: listenForCancel(new EventEmitter(), clock),
    ledger: new Ledger(runner, ACCESS),
    printer,
    random,
    newAttemptTag,
  }
  const { signal } = new AbortController()
  const [target] = provider.targets
  if (!target) throw new Error('no target')
  const options = { webhook: undefined, patienceMs: TIMEOUT_MS, signal }
  const created = await createOnce(run, target, options)
  if (created.kind !== 'created') throw new Error(`create: ${created.kind}`)
  const { id, acceptedAtMs } = created
  const poll = new SharedPoll<Observation>(clock, (ids, call) => provider.observe(ids, call), {
    isShared: false,
    signal,
  })
  const result = await waitForOutcome<Observation>({
    clock,
    acceptedAtMs,
    timeoutMs: TIMEOUT_MS,
    pollSchedule: provider.pollSchedule(random),
    observe: (deadlineMs, aborted) => poll.observe(id, { deadlineMs, signal: aborted }),
    signal,
    random,
  })
  if (result.ending !== 'settled') throw new Error(`wait: ${result.ending}`)
  return id
}

/**
 * A loop as others write it, to its advantage without any fault: whatever is refused is asked again
 * after the interval, and nothing else is done about it.
 */
export function fixedLoop(intervalMs: number): Job {
  return async ({ clock, organization }, number) => {
    const call = { deadlineMs: 10_000, headers: {} }
    const body = JSON.stringify({ tags: [`job-${number}-`] })
    let id: string | undefined
    while (id === undefined) {
      const url = new URL('/v2/deployments', API)
      const reply = await organization.http({ ...call, method: 'POST', url, body })
      if (reply.status === 202) id = (JSON.parse(reply.text) as { request_id: string }).request_id
      else await clock.sleep(intervalMs)
    }
    const endMs = clock.nowMs() + TIMEOUT_MS
    while (clock.nowMs() < endMs) {
      await clock.sleep(intervalMs)
      const url = new URL(`/v1/status/${id}`, API)
      const { text } = await organization.http({ ...call, method: 'GET', url })
      if (text.includes('Status.READY')) return id
    }
    throw new Error('wait: timed-out')
  }
}
