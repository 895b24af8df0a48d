import { existsSync } from 'node:fs'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import type { Delivery } from '../../src/base/delivery.ts'
import { Printer } from '../../src/runner/printer.ts'
import { Redactor } from '../../src/runner/redactor.ts'
import type { TunnelSettings } from '../../src/settings/tunnel.ts'
import type { Wake } from '../../src/wait/waker.ts'
import { type ChannelOptions, WebhookChannel } from '../../src/webhook/channel.ts'
import { type LoadedTransport, loadTransport } from '../../src/webhook/tunnels/load.ts'
import { descendantsOf, isRunning } from '../emulator/tunnel/process-tree.ts'

export interface OpenOptions {
  opensWithinMs?: number
  environment?: NodeJS.ProcessEnv
  load?: (settings: TunnelSettings) => Promise<LoadedTransport>
  readNotification?: ChannelOptions['readNotification']
}

export interface OpenedChannel {
  channel: WebhookChannel
  /** All that was written to the log so far, commands to the runner included. */
  log(): string
  deliveries: Delivery[]
  /** The runner's temporary folder. */
  temp: string
  /** The state that the post step would find. */
  leftovers(): string
  /** Resolves when it is verified or has failed. */
  settled(): Promise<void>
  /** Resolves with what wakes the wait of the deployment `id` next. */
  nextWake(id?: string): Promise<Wake>
  /** Resolves when `condition` holds. */
  until(condition: () => boolean | Promise<boolean>, what: string): Promise<void>
  /** Sends a notification as the provider would. */
  post(body?: unknown): Promise<number>
}

const WAIT_MS = 15_000

/** A real channel whose log and runner are lists; closed when the test ends, and looked after. */
export async function openChannel(
  settings: TunnelSettings,
  options: OpenOptions = {},
): Promise<OpenedChannel> {
  const temp = await mkdtemp(join(tmpdir(), 'channel-test-'))
  const written: string[] = []
  const state = new Map<string, string>()
  const runner = {
    write: (text: string) => void written.push(text),
    command: (name: string, _properties: object, message: string) =>
      void written.push(`::${name}::${message}\n`),
    setOutput: () => {},
    saveState: (name: string, value: string) => void state.set(name, value),
    appendSummary: async () => {},
  }
  const deliveries: Delivery[] = []
  const never = new AbortController().signal
  const channel = WebhookChannel.open({
    settings,
    opensWithinMs: options.opensWithinMs ?? 10_000,
    readNotification: async (delivery) => {
      deliveries.push(delivery)
      return options.readNotification?.(delivery) ?? { kind: 'notification', id: undefined }
    },
    clock: systemClock,
    cancellation: { signal: never, over: never },
    printer: new Printer(runner, new Redactor(), systemClock),
    runner,
    environment: { PATH: process.env.PATH, RUNNER_TEMP: temp, ...options.environment },
    random: () => 0.5,
    load: options.load ?? loadTransport,
  } as ChannelOptions)
  onTestFinished(async () => {
    await channel.close()
    await rm(temp, { recursive: true, force: true })
  })
  const until: OpenedChannel['until'] = async (condition, what) => {
    const endMs = performance.now() + WAIT_MS
    while (!(await condition())) {
      if (performance.now() > endMs) throw new Error(`not within ${WAIT_MS} ms: ${what}`)
      await systemClock.sleep(20)
    }
  }
  return {
    channel,
    deliveries,
    temp,
    until,
    log: () => written.join(''),
    leftovers: () => state.get('leftovers') ?? '',
    settled: () => channel.whenSettled(WAIT_MS, never),
    nextWake: (id = 'any') => channel.wakerFor(id).nextWake(AbortSignal.timeout(WAIT_MS)),
    post: async (body = { hello: 'world' }) => {
      if (channel.url === undefined) throw new Error('there is no URL')
      const reply = await fetch(channel.url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-test': 'yes' },
        body: JSON.stringify(body),
      })
      await reply.arrayBuffer()
      return reply.status
    },
  }
}

/** Running descendants of this process whose command line holds `text`. */
export async function childrenWith(text: string): Promise<number[]> {
  const { readFile } = await import('node:fs/promises')
  const pids = descendantsOf(process.pid).filter(isRunning)
  const lines = await Promise.all(
    pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')),
  )
  return pids.filter((_, index) => lines[index]?.replaceAll('\0', ' ').includes(text))
}

/** What is left of a channel that is closed or has failed: nothing, one hopes. */
export async function filesIn(folder: string): Promise<string[]> {
  return existsSync(folder) ? await readdir(folder) : []
}
