import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { Clock } from '../../../src/base/clock.ts'
import { HttpFailure, type HttpFailureReason } from '../../../src/net/http-failure.ts'
import type { HttpRequest } from '../../../src/net/request.ts'
import type { Call } from '../../../src/provider/call.ts'
import type { CreateResult, ProviderContext } from '../../../src/provider/provider.ts'
import { RockitEdge } from '../../../src/provider/rockit-edge/rockit-edge.ts'
import type { RockitEdgeSettings } from '../../../src/provider/rockit-edge/settings.ts'
import type { Build } from '../../emulator/rockit-edge/build.ts'
import { createSettings } from '../../emulator/rockit-edge/settings.ts'
import { type StorageHost, startStorageHost } from '../../emulator/rockit-edge/storage.ts'

/** A reply, or why there was none. */
export type Answer =
  | readonly [status: number, body?: unknown, headers?: Record<string, string>]
  | HttpFailureReason

/** By method and path, the last one again and again. */
export type Answers = Record<string, readonly Answer[] | ((body: unknown) => Answer)>

export const APP = { name: 'a', iCurBuild: 6, dxfName: 'old', processing: false, exporting: false }

/** The reply about one list, in the form that says how many there are. */
export function listed(name: 'tasks' | 'subscriptions', rows: readonly object[]): Answer {
  return [200, { [name]: rows, total: rows.length }]
}

/** A task of the app `a`, made just now. */
export function row(type: string, status: string, more: object = {}): object {
  const created = new Date().toISOString()
  return { name: `${type}_1`, appName: 'a', type, status, buildName: '0007', created, ...more }
}

export const tasks = (...rows: readonly object[]): Answer => listed('tasks', rows)

/** Time that is slept is over at once, but not before what is ready to happen has happened. */
export class HurriedClock implements Clock {
  readonly pausesMs: number[] = []
  #nowMs = 1_000

  nowMs(): number {
    return this.#nowMs
  }

  async sleep(durationMs: number): Promise<void> {
    this.pausesMs.push(durationMs)
    this.#nowMs += durationMs
    await new Promise((resolve) => setImmediate(resolve))
  }
}

export function newCall(signal: AbortSignal = new AbortController().signal): Call {
  return { deadlineMs: 20_000, signal }
}

/** The provider in front of an instance that answers as scripted; what it does is written down. */
export function openEdge(answers: Answers = {}, settings: Partial<RockitEdgeSettings> = {}) {
  const script: Answers = {
    'GET /apps/a': [[200, APP]],
    'GET /tasks': [tasks()],
    'GET /subscriptions': [listed('subscriptions', [])],
    ...answers,
  }
  const used = new Map<string, number>()
  const asked: string[] = []
  const [lines, notes, hidden] = [[], [], []] as [string[], string[], string[]]
  const clock = new HurriedClock()
  const http = async ({ method, url, body, signal }: HttpRequest) => {
    if (signal?.aborted) throw new HttpFailure('aborted', 'aborted')
    const name = `${method} ${url.pathname.replace('/be/v1', '')}`
    asked.push(`${name}${typeof body === 'string' ? ` ${body}` : ''}`)
    const own = script[name] ?? [[404, {}]]
    const count = used.get(name) ?? 0
    used.set(name, count + 1)
    const given = typeof body === 'string' ? JSON.parse(body) : undefined
    const answer = typeof own === 'function' ? own(given) : own[Math.min(count, own.length - 1)]
    if (answer === undefined) throw new Error(`no answer to ${name}`)
    if (typeof answer === 'string') throw new HttpFailure(answer, `it is ${answer}`)
    const [status, reply = '', headers = {}] = answer
    return { status, headers, text: typeof reply === 'string' ? reply : JSON.stringify(reply) }
  }
  const context: ProviderContext = {
    http,
    environment: {},
    clock,
    cleanUpNotes: {
      opened: (tag) => notes.push(`opened ${kindOf(tag)}`),
      created: (tag, id) => notes.push(`created ${kindOf(tag)} ${id.replace(tag, 'NAME')}`),
      closed: (tag) => notes.push(`closed ${kindOf(tag)}`),
    },
    log: (line) => lines.push(line),
    warn: (text) => lines.push(text),
    hide: (secret) => hidden.push(secret),
    newAttemptTag: () => 'tag',
  }
  const all: RockitEdgeSettings = {
    apiUrl: new URL('https://edge.example'),
    token: 'key',
    organization: 'acme',
    username: 'ci',
    application: 'a',
    source: { kind: 'url', url: new URL('https://builds.example/b.tar?k=1'), sizeBytes: undefined },
    waitUntil: 'deployed',
    wait: 'auto',
    ...settings,
  }
  const edge = new RockitEdge(all, context)
  const target = edge.targets[0] ?? { name: '', where: '' }
  const create = (call = newCall()): Promise<CreateResult> =>
    edge.create(target, { tag: 'tag', webhook: undefined }, call)
  const changes = () => asked.filter((request) => !request.startsWith('GET '))
  return { edge, create, asked, changes, lines, notes, hidden, clock, script, context }
}

/** Tags are made of time and chance. */
function kindOf(tag: string): string {
  return tag.startsWith('dgs_upload_') ? 'upload' : 'subscription'
}

/** A folder with one file, as a source of settings. */
export function folderSource(): RockitEdgeSettings['source'] {
  const path = mkdtempSync(join(tmpdir(), 'build-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  writeFileSync(join(path, 'game'), 'x'.repeat(5_000))
  return { kind: 'path', path }
}

/** A host that takes uploads. */
export async function openStorage(): Promise<
  StorageHost & { newUrl(onStored?: () => void): string }
> {
  const storage = await startStorageHost(createSettings({}))
  onTestFinished(() => storage.close())
  const build = { app: { name: 'a' }, name: '0007' } as Build
  return Object.assign(storage, { newUrl: (onStored = () => {}) => storage.open(build, onStored) })
}
