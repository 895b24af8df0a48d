import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, expect } from 'vitest'
import {
  type RockitEdgeEmulator,
  startRockitEdgeEmulator,
} from '../emulator/rockit-edge/emulator.ts'
import type { RockitEdgeOptions } from '../emulator/rockit-edge/settings.ts'
import { freePort } from '../emulator/tunnel/loopback-server.ts'
import { type JobResult, runJob } from '../harness/job.ts'
import { type ActionOptions, expectSound, type With } from './deploy.ts'

/** An emulator that closes itself at the end of the block: `await using edge = …`. */
export type Edge = RockitEdgeEmulator & AsyncDisposable

export async function startEdge(options?: RockitEdgeOptions): Promise<Edge> {
  const emulator = await startRockitEdgeEmulator(options)
  return Object.assign(emulator, { [Symbol.asyncDispose]: () => emulator.close() })
}

export const BUILD_URL = 'https://builds.example.com/game.tar?key=s1gned-k3y'

/** Runs the bundle's main and post as a job would, to publish by polling each second. */
export async function publish(
  edge: Edge,
  inputs: With = {},
  { secrets = [], ...options }: ActionOptions = {},
): Promise<JobResult> {
  const { organization, username, apiKey } = edge.settings
  const job = await runJob({
    ...options,
    inputs: {
      provider: 'rockit-edge',
      'api-token': apiKey,
      'api-url': edge.url,
      organization,
      username,
      application: 'my_game',
      wait: 'poll',
      'poll-interval': '1s',
      timeout: '25s',
      ...inputs,
    },
  })
  const uploadUrls = edge.builds.flatMap(({ uploadUrl }) => uploadUrl ?? [])
  const subscriptionSecrets = edge.subscriptions.map(({ secret }) => secret)
  const hidden = [apiKey, ...uploadUrls, ...subscriptionSecrets, ...secrets]
  for (const step of [job.main, job.post]) if (step) expectSound(step, hidden)
  expect(job.orphans).toEqual([])
  // What belongs to the API never goes to the storage host, whatever happened.
  expect(edge.storage.uploads.flatMap(({ apiHeaders }) => apiHeaders)).toEqual([])
  return job
}

/** Publishes what ROCKIT Edge downloads by itself: nothing is uploaded from here. */
export function publishUrl(
  edge: Edge,
  inputs: With = {},
  options: ActionOptions = {},
): Promise<JobResult> {
  return publish(
    edge,
    { 'build-url': BUILD_URL, ...inputs },
    { secrets: ['s1gned-k3y'], ...options },
  )
}

/** Inputs for a webhook that comes straight in, and is there from the beginning. */
export async function withWebhook(): Promise<With> {
  const port = String(await freePort())
  return {
    wait: 'webhook',
    tunnel: 'public',
    'public-url': `http://127.0.0.1:${port}`,
    'listen-port': port,
    'poll-interval': '10s',
  }
}

const folders: string[] = []
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

/** A folder of these files, removed when all tests of the file are over. */
export function buildFolder(
  files: Readonly<Record<string, string>> = { 'bin/game': 'run' },
): string {
  const folder = mkdtempSync(join(tmpdir(), 'build-'))
  folders.push(folder)
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), content)
  }
  return folder
}

/** More than fits into one part of an upload. */
export const BIG_BYTES = 3 * 1024 * 1024

/** A folder with one file that has holes only. */
export function bigFolder(bytes = BIG_BYTES): string {
  const folder = buildFolder({ 'game.pak': '' })
  truncateSync(join(folder, 'game.pak'), bytes)
  return folder
}

/** The import of this run ended like this at ROCKIT Edge. */
export function expectOwnEnd(edge: Edge, outcome: 'succeeded' | 'failed' = 'succeeded'): void {
  const own = edge.builds.find(({ origin }) => origin === 'import')
  expect(own?.outcome).toBe(outcome)
}

/** Waits for an event as long as a busy machine may need. */
export function whenEvent(edge: Edge, type: 'dltar' | 'mkraw' | 'deploy', event: 'begin' | 'end') {
  return edge.whenEvent({ type, event }, { timeoutMs: 20_000 })
}

export const IMPORT = /\/builds$/
export const TASKS = /\/tasks$/
export const APP = /\/apps\/my_game$/
export const SUBSCRIPTIONS = /\/subscriptions/

/** Nobody gets webhooks any more, and no upload is waited for. */
export function expectCleanEdge(edge: Edge): void {
  expect(edge.aliveSubscriptions().map(({ name }) => name)).toEqual([])
  const open = edge.tasks.filter(({ type, status }) => type === 'upload' && status === 'started')
  expect(open.map(({ name }) => name)).toEqual([])
}
