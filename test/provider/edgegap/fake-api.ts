import type { ActionError } from '../../../src/base/errors.ts'
import type { Call } from '../../../src/provider/call.ts'
import type { EdgegapClient, EdgegapRequest } from '../../../src/provider/edgegap/client.ts'
// Loaded before time begins: no virtual time passes while a module is read from the disk.
import '../../../src/provider/edgegap/wire.ts'
import type { VirtualClock } from '../../wait/virtual-clock.ts'

/** A request that was sent, with the time that it was given and the time at which it came. */
export interface Asked extends EdgegapRequest {
  readonly deadlineMs: number
  readonly atMs: number
}

export interface Answer {
  /** 200 unless given. */
  readonly status?: number
  /** Sent as JSON; a string as it is. */
  readonly body?: unknown
  /** How long it takes. */
  readonly afterMs?: number
  readonly isCut?: boolean
}

export interface FakeApi {
  readonly send: EdgegapClient
  readonly asked: Asked[]
}

/**
 * Edgegap's API in this process and in virtual time, for what the emulator cannot be made to answer.
 *
 * @param answer the reply to each request, or the error in place of one
 */
export function fakeApi(
  clock: VirtualClock,
  answer: (asked: Asked) => Answer | ActionError,
): FakeApi {
  const asked: Asked[] = []
  const send: EdgegapClient = async (request, { deadlineMs, signal }) => {
    const one = { ...request, deadlineMs, atMs: clock.elapsedMs }
    asked.push(one)
    const given = answer(one)
    if (given instanceof Error) throw given
    const { status = 200, body = {}, afterMs = 0, isCut } = given
    if (afterMs > 0) await clock.sleep(afterMs, signal)
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    const name = `${request.method} ${request.path}`
    return { status, headers: {}, text, request: name, ...(isCut && { isCut }) }
  }
  return { send, asked }
}

export function call(deadlineMs = 5_000): Call {
  return { deadlineMs, signal: new AbortController().signal }
}

/** The filters of a request for the list. */
export function filtersOf({ query }: EdgegapRequest): unknown {
  return JSON.parse(query?.query ?? '{}').filters
}
