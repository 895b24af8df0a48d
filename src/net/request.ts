import type { LookupFunction } from 'node:net'
import type { Readable } from 'node:stream'
import type { Dispatcher } from 'undici'
import Agent from 'undici/lib/dispatcher/agent.js'
import { ADDRESS_ATTEMPT_MS } from './addresses.ts'
import { ask } from './ask.ts'
import { connectionFailure, HttpFailure } from './http-failure.ts'
import { hasProxy } from './proxy.ts'
import { type HttpReply, readReply, SILENCE_MS, silence, watchPace } from './reply.ts'

export { HttpFailure, type HttpFailureReason } from './http-failure.ts'
export type { HttpReply } from './reply.ts'

export interface HttpRequest {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  url: URL
  headers?: Record<string, string>
  body?: string | Readable
  /** From now until the last byte of the reply, milliseconds. */
  deadlineMs: number
  signal?: AbortSignal
  /** Longest reply that is read; more is an error. Default 4 MiB. */
  maxReplyBytes?: number
  /**
   * Of a longer reply the end is kept, and of one that breaks off or is late what came; neither is an
   * error once its first byte was read. Such a reply may take long, but it must keep coming.
   */
  keepsEnd?: boolean
}

/** Sends a request; resolves for every status, rejects with `HttpFailure` only. */
export type HttpClient = (request: HttpRequest) => Promise<HttpReply>

const DEFAULT_MAX_REPLY_BYTES = 4 * 1024 * 1024

/** Codes of a reply that did not come, or not go on. */
const SILENT = new Set(['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT'])

/**
 * The one way out of this process over HTTP. It follows no redirect: a redirect to another host
 * would carry the API token there.
 *
 * @param environment where the proxy variables are looked up
 * @param lookup resolves host names instead of the system; without effect behind a proxy
 */
export function createHttpClient(environment: NodeJS.ProcessEnv, lookup?: HostLookup): HttpClient {
  let dispatcher: Promise<Dispatcher> | undefined
  return async (outgoing) => {
    dispatcher ??= openDispatcher(environment, lookup)
    return await send(await dispatcher, outgoing)
  }
}

/**
 * A connection pool: direct, or through the proxy that the environment names.
 *
 * @throws HttpFailure `unreachable` when what the environment names as a proxy is no URL
 */
export async function openDispatcher(
  environment: NodeJS.ProcessEnv,
  lookup?: HostLookup,
): Promise<Dispatcher> {
  // Deadlines are ours, per request. HTTP/1.1 only: nothing here gains from a second protocol.
  const options = {
    allowH2: false,
    connect: {
      timeout: 10_000,
      autoSelectFamilyAttemptTimeout: ADDRESS_ATTEMPT_MS,
      ...(lookup && { lookup: asNodeLookup(lookup) }),
    },
    headersTimeout: 0,
    bodyTimeout: 0,
    // Servers may offer to keep an idle connection for minutes, and what lies between drops it unseen.
    keepAliveMaxTimeout: 10_000,
  }
  if (!hasProxy(environment)) return new Agent(options)
  const { openProxyDispatcher } = await import('./proxy-dispatcher.ts')
  try {
    return openProxyDispatcher(environment, options)
  } catch {
    const why =
      'what http_proxy or https_proxy names is not the URL of an HTTP proxy (write special characters of its password in percent form, such as %40 for @)'
    throw new HttpFailure('unreachable', why)
  }
}

/** The address of a host. */
export type HostLookup = (host: string) => Promise<{ address: string; family: 4 | 6 }>

/** As `net.connect` wants it: all addresses, or one, by callback. */
function asNodeLookup(lookup: HostLookup): LookupFunction {
  return (host, options, callback) => {
    lookup(host).then(
      ({ address, family }) =>
        options.all ? callback(null, [{ address, family }]) : callback(null, address, family),
      (error: Error) => callback(error, ''),
    )
  }
}

async function send(dispatcher: Dispatcher, outgoing: HttpRequest): Promise<HttpReply> {
  // `AbortSignal.timeout` and `any` would keep all of it until the deadline, long after the reply.
  const deadline = new AbortController()
  const either = new AbortController()
  const abort = () => either.abort()
  const pace = outgoing.keepsEnd ? watchPace((reason) => either.abort(reason)) : undefined
  const timer = setTimeout(
    () => {
      deadline.abort()
      abort()
    },
    Math.max(0, outgoing.deadlineMs),
  )
  outgoing.signal?.addEventListener('abort', abort)
  if (outgoing.signal?.aborted) abort()
  const { signal } = either
  try {
    signal.throwIfAborted()
    const reply = await ask(dispatcher, {
      origin: outgoing.url.origin,
      path: outgoing.url.pathname + outgoing.url.search,
      method: outgoing.method,
      headers: outgoing.headers ?? null,
      body: outgoing.body ?? null,
      signal,
      ...(outgoing.keepsEnd && { headersTimeout: SILENCE_MS, bodyTimeout: SILENCE_MS }),
    })
    const maxBytes = outgoing.maxReplyBytes ?? DEFAULT_MAX_REPLY_BYTES
    return await readReply(reply, maxBytes, pace)
  } catch (error) {
    throw toFailure(error, outgoing, deadline.signal)
  } finally {
    clearTimeout(timer)
    pace?.end()
    outgoing.signal?.removeEventListener('abort', abort)
  }
}

/** What went wrong with a request, without anything that it carried. */
export function toFailure(
  error: unknown,
  outgoing: { url: URL; deadlineMs: number; signal?: AbortSignal },
  deadline: AbortSignal,
): HttpFailure {
  if (error instanceof HttpFailure) return error
  if (outgoing.signal?.aborted) return new HttpFailure('aborted', 'the request was given up')
  if (deadline.aborted) {
    return new HttpFailure(
      'deadline',
      `no whole reply within ${Math.round(outgoing.deadlineMs)} ms`,
    )
  }
  if (SILENT.has((error as NodeJS.ErrnoException).code ?? '')) return silence()
  return connectionFailure(error, outgoing.url.host)
}
