import { type ChildEnd, TunnelFailure, type TunnelFailureKind } from '../tunnel.ts'

/** How to retry after a failure: a fresh process, after a pause, up to `times` times. */
export interface Retry {
  /** Shortest and longest pause, milliseconds; it is chosen at random between them. */
  pauseMs: readonly [number, number]
  times: number
  /** The connection to Cloudflare's edge failed: the other protocol (QUIC or HTTP/2) may work. */
  otherProtocol?: boolean
}

/** A failure after which a fresh process may succeed. */
export class Retryable extends TunnelFailure {
  readonly retry: Retry
  constructor(kind: TunnelFailureKind, message: string, retry: Retry) {
    super(kind, message)
    this.retry = retry
  }
}

/** Hosted runners share their IP addresses: too many requests from one hurt the others. */
const PATIENTLY: Retry = { pauseMs: [8_000, 15_000], times: 1 }
const SOON: Retry = { pauseMs: [2_000, 2_000], times: 1 }
export const AT_ONCE: Retry = { pauseMs: [0, 0], times: 2 }

/** The quick tunnel service wants fewer requests. */
export function rateLimited(): Retryable {
  return new Retryable(
    'rate-limited',
    'Cloudflare gives this address no more quick tunnels for now (429)',
    PATIENTLY,
  )
}

const LONGEST_QUOTE = 200

/**
 * Why a quick tunnel's process ended before it had a URL. cloudflared tells it in one bare line of
 * text, which is read for the choice of words and of the pause only: it has failed in any case.
 */
export function whyNoQuickTunnel(end: ChildEnd, lines: readonly string[]): TunnelFailure {
  const text = lines.join('\n')
  if (/status 429|error code: 1015/.test(text)) {
    return rateLimited()
  }
  const status = /status (5\d\d)/.exec(text)?.[1]
  if (status !== undefined) {
    return new Retryable('service', `Cloudflare's quick tunnel service failed (${status})`, SOON)
  }
  if (/provisioning failed|failed to parse quick Tunnel ID|unmarshal/.test(text)) {
    return new Retryable('service', "Cloudflare's quick tunnel service gave no tunnel", SOON)
  }
  if (text.includes('failed to request quick Tunnel')) {
    return new TunnelFailure(
      'service',
      "Cloudflare's quick tunnel service (api.trycloudflare.com) cannot be reached from here",
    )
  }
  return whyEnded(end, lines)
}

/** Why a process ended, where nothing more is known. */
export function whyEnded(end: ChildEnd, lines: readonly string[]): TunnelFailure {
  const text = lines.join('\n')
  if (end.code === undefined && /^E[A-Z]+$/.test(end.reason)) {
    return new TunnelFailure('unavailable', `cloudflared could not be started (${end.reason})`)
  }
  if (text.includes('Incorrect Usage')) {
    return new TunnelFailure('unavailable', 'this cloudflared is too old for the flags it is given')
  }
  const last = lines.at(-1)?.slice(0, LONGEST_QUOTE)
  const words = `cloudflared ended (${end.reason})${last ? `: ${last}` : ''}`
  return new Retryable('service', words, SOON)
}
