import type { Delivery } from '../../../base/delivery.ts'
import { isRecord, parseJson } from '../../../base/json.ts'

/** What an event of a channel holds. */
export type Payload = { kind: 'ping'; nonce: string } | { kind: 'delivery'; delivery: Delivery }

/** What the relays add beside the sender's headers. */
const NOT_HEADERS = new Set(['body', 'bodyB', 'query', 'timestamp'])
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/

/**
 * Reads what a relay made of a POST: an object with the sender's headers at its top level and, beside
 * them, `body` (smee: parsed, so its bytes are lost) or `bodyB` (gosmee: the bytes in base64).
 *
 * @returns undefined for everything else, such as greetings and what a stranger made up
 */
export function readPayload(data: string): Payload | undefined {
  const envelope = parseObject(data)
  if (envelope === undefined) return undefined
  const body = readBody(envelope)
  if (body === undefined) return undefined
  const nonce = readPing(body)
  if (nonce !== undefined) return { kind: 'ping', nonce }
  const headers: Record<string, string> = Object.create(null)
  for (const [name, value] of Object.entries(envelope)) {
    if (typeof value === 'string' && !NOT_HEADERS.has(name)) headers[name.toLowerCase()] = value
  }
  return { kind: 'delivery', delivery: { headers, body } }
}

/** The body of a self-ping, as `readPayload` recognises it. */
export function pingBody(nonce: string): string {
  return JSON.stringify({ ping: nonce })
}

function readBody({ body, bodyB }: Record<string, unknown>): Buffer | undefined {
  if (typeof bodyB === 'string' && BASE64.test(bodyB)) return Buffer.from(bodyB, 'base64')
  if (typeof body !== 'object' || body === null) return undefined
  try {
    return Buffer.from(JSON.stringify(body))
  } catch {
    // Nested more deeply than can be written again.
    return undefined
  }
}

function readPing(body: Buffer): string | undefined {
  // Nothing of ours is longer; parsing every body once more would be for nothing.
  if (body.length > 256) return undefined
  const object = parseObject(body.toString('utf8'))
  if (object === undefined || Object.keys(object).length !== 1) return undefined
  return typeof object.ping === 'string' ? object.ping : undefined
}

function parseObject(text: string): Record<string, unknown> | undefined {
  const value = parseJson(text)
  return isRecord(value) ? value : undefined
}
