import type { ActionError } from '../../../../src/base/errors.ts'
import type { Call } from '../../../../src/provider/call.ts'
import type { EdgegapReply, EdgegapRequest } from '../../../../src/provider/edgegap/client.ts'
import type { VersionApi } from '../../../../src/provider/edgegap/versions/api.ts'
import { toVersion, type Version } from '../../../../src/provider/edgegap/versions/version.ts'

/** What Edgegap answers to one request. */
export interface Answer {
  readonly status?: number
  /** Text as it is; everything else as JSON. */
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
  /** How long it takes. */
  readonly takesMs?: number
  /** No reply comes: this is thrown. */
  readonly fault?: ActionError
}

export interface Sent extends EdgegapRequest {
  readonly deadlineMs: number
  readonly signal: AbortSignal
  readonly atMs: number
}

/** Edgegap without a connection and without waiting, for what depends on deadlines and on odd replies. */
export interface Scripted extends VersionApi {
  readonly sent: readonly Sent[]
  /** The pauses, in order. */
  readonly pausesMs: readonly number[]
  /** What happens during the next pause. */
  onPause(work: () => void): void
}

/** @param answer gives the reply to a request and its number, from 0 */
export function scripted(answer: (request: Sent, index: number) => Answer): Scripted {
  const sent: Sent[] = []
  const pausesMs: number[] = []
  let nowMs = 1_000
  let during: (() => void) | undefined
  const clock = {
    nowMs: () => nowMs,
    async sleep(durationMs: number) {
      pausesMs.push(durationMs)
      nowMs += durationMs
      during?.()
      during = undefined
    },
  }
  async function send(
    request: EdgegapRequest,
    { deadlineMs, signal }: Call,
  ): Promise<EdgegapReply> {
    const one = { ...request, deadlineMs, signal, atMs: nowMs }
    sent.push(one)
    const {
      status = 200,
      body = {},
      headers = {},
      takesMs = 0,
      fault,
    } = answer(one, sent.length - 1)
    nowMs += takesMs
    if (fault) throw fault
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    return { status, headers, text, request: `${request.method} ${request.path}` } as EdgegapReply
  }
  const onPause = (work: () => void) => {
    during = work
  }
  return { send, clock, application: 'my-game', sent, pausesMs, onPause }
}

/** Gives the answers one after the other, and the last one for ever. */
export function inTurn(...answers: readonly Answer[]) {
  return (_: Sent, index: number): Answer => answers[Math.min(index, answers.length - 1)] ?? {}
}

/** A version in Edgegap's own words. */
export function versionJson(tag: string, more: Readonly<Record<string, unknown>> = {}) {
  return {
    name: 'prod',
    docker_repository: 'registry.edgegap.com',
    docker_image: 'my-org/my-game',
    docker_tag: tag,
    ...more,
  }
}

export function versionOf(tag: string, more: Readonly<Record<string, unknown>> = {}): Version {
  const version = toVersion(versionJson(tag, more))
  if (version === undefined) throw new Error('no version')
  return version
}

/** An image as requests have it. */
export function imageOf(tag: string) {
  return { registry: 'registry.edgegap.com', name: 'my-org/my-game', tag }
}

export function callWithin(deadlineMs: number, signal = new AbortController().signal): Call {
  return { deadlineMs, signal }
}

/** Versions by their names, in Edgegap's words. */
export type Shelf = Map<string, Record<string, unknown>>

/** Is asked first and may change the versions; what it gives is answered instead. */
export type Intercept = (request: Sent, shelf: Shelf) => Answer | undefined

/** How Edgegap behaves while something is carried out there, and how long that may take. */
export interface Behaviour {
  intercept?: Intercept
  deadlineMs?: number
  signal?: AbortSignal
}

/**
 * Edgegap with versions that can be read, made and changed.
 */
export function shelfOf(
  versions: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
  intercept: Intercept = () => undefined,
) {
  const shelf: Shelf = new Map(
    Object.entries(versions).map(([name, one]) => [name, { ...one, name }]),
  )
  const api = scripted((request) => intercept(request, shelf) ?? handle(request, shelf))
  const written = () => api.sent.filter(isWrite)
  return { ...api, shelf, written }
}

export const isWrite = ({ method }: EdgegapRequest) => method !== 'GET'

/** To intercept with: the first `times` writes are lost, after they were done or instead. */
export function losing(fault: ActionError, when: 'after' | 'instead', times = 1) {
  let count = 0
  return (request: Sent, shelf: Shelf): Answer | undefined => {
    if (!isWrite(request) || count >= times) return undefined
    count += 1
    if (when === 'after') handle(request, shelf)
    return { fault }
  }
}

/** Does what the request asks for. */
function handle({ method, path, body }: EdgegapRequest, shelf: Shelf): Answer {
  const name = decodeURIComponent(/\/version\/(.*)$/.exec(path)?.[1] ?? '')
  const given = body as Record<string, unknown>
  if (method === 'POST' && shelf.has(String(given.name)))
    return { status: 409, body: { message: 'taken' } }
  if (method === 'POST') shelf.set(String(given.name), given)
  else if (!shelf.has(name)) return { status: 404, body: { message: 'unknown' } }
  if (method === 'PATCH') shelf.set(name, { ...shelf.get(name), ...given })
  if (method === 'DELETE') shelf.delete(name)
  return { body: method === 'GET' ? shelf.get(name) : { success: true } }
}
