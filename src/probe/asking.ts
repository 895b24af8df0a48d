import type { LookupAddress } from 'node:dns'
import type { Clock } from '../base/clock.ts'

/**
 * Why there was no answer, the least telling first: a name that resolves later was only slow, a
 * refusal says more than silence, and what the server itself says is worth most.
 */
export const CAUSES = [
  /** The name has no address. */
  'unresolved',
  /** No way there from this machine. */
  'no-route',
  /** Nothing came back. */
  'silent',
  /** The host is there, and nothing listens at the port. */
  'refused',
  /** The connection was cut before the answer was whole. */
  'cut',
  /** Something answered, and it was not what the protocol asks for. */
  'wrong-answer',
  /** The certificate does not verify. Asking again changes nothing. */
  'bad-certificate',
] as const
export type Cause = (typeof CAUSES)[number]

/** One attempt that brought no answer. The message may hold remote text, already cleaned. */
export class NoAnswer extends Error {
  readonly kind: Cause
  constructor(kind: Cause, message: string) {
    super(message)
    this.name = 'NoAnswer'
    this.kind = kind
  }
}

/** All addresses of a name; rejects with the resolver's error. */
export type Resolve = (host: string) => Promise<readonly LookupAddress[]>

/** Whom to ask, and what asking needs. */
export interface Asking {
  readonly host: string
  readonly port: number
  readonly clock: Clock
  /** From 0 up to, not including, 1. */
  readonly random: () => number
  readonly resolve: Resolve
  /** Aborts when the attempt is over. */
  readonly signal: AbortSignal
  /** Counts a packet, or the beginning of a connection. */
  readonly onSent: () => void
  /** A failure that does not end the attempt. */
  readonly onFailure: (failure: NoAnswer) => void
}

/**
 * Asks a server in one protocol.
 *
 * @returns what it answered, as a short cleaned text
 * @throws NoAnswer
 */
export type Ask = (asking: Asking) => Promise<string>

const FIRST_PAUSE_MS = 250
const LONGEST_PAUSE_MS = 2_000

/** The pause after attempt 1, 2, …: half as much again each time, and never quite the same. */
export function pauseAfterMs(attempt: number, random: () => number): number {
  const grown = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 1.5 ** (attempt - 1))
  return grown * (0.9 + 0.1 * random())
}
