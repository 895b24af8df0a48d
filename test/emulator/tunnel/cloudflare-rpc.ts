import type { Duplex } from 'node:stream'
import {
  encodeMessage,
  messageSplitter,
  type Node,
  type StructReader,
  struct,
  text,
  words,
} from './capnp.ts'

/**
 * The control stream between a connector and the edge: Cap'n Proto RPC, with the edge as the server
 * of three methods. Positions and numbers follow the public schemas of that RPC and of cloudflared.
 */

/** What a connector says when it wants to serve a tunnel. */
export interface Registration {
  /** With dashes, as in a token or in the reply of the quick-tunnel service. */
  tunnelId: string
  accountTag: string
  secret: Buffer
  connIndex: number
}

export type RegistrationReply =
  | { accept: true; locationName: string; remotelyManaged: boolean }
  /** `retryAfterMs` undefined: the connector is told not to try again. */
  | { accept: false; cause: string; retryAfterMs: number | undefined }

export interface ControlStreamEvents {
  register(registration: Registration): RegistrationReply
  /** The connector has read that it was accepted: from now on it serves. */
  registered(): void
  unregister(): void
}

const KIND = { call: 2, finish: 4, bootstrap: 8 }
const METHOD = { register: 0, unregister: 1 }

/** Serves the methods on a stream until it ends. */
export function serveControlStream(stream: Duplex, events: ControlStreamEvents): void {
  let acceptedQuestion: number | undefined
  const split = messageSplitter((message) => {
    const kind = message.uint16(0)
    const content = message.struct(0)
    if (content === undefined) return
    const questionId = content.uint32(0)
    if (kind === KIND.finish && questionId === acceptedQuestion) events.registered()
    if (kind === KIND.bootstrap) {
      stream.write(returnMessage(questionId, { kind: 'capability', index: 0 }, true))
      return
    }
    if (kind !== KIND.call) return
    const method = content.uint16(4)
    if (method === METHOD.unregister) events.unregister()
    let results = struct(words(0))
    if (method === METHOD.register) {
      const reply = events.register(registrationOf(content))
      if (reply.accept) acceptedQuestion = questionId
      results = struct(words(0), reply.accept ? connectionDetails(reply) : connectionError(reply))
    }
    stream.write(returnMessage(questionId, results, false))
  })
  stream.on('data', split)
}

function registrationOf(call: StructReader): Registration {
  // A call points to its target, then to its parameters; these point to their content.
  const parameters = call.struct(1)?.struct(0)
  const auth = parameters?.struct(0)
  if (parameters === undefined || auth === undefined)
    throw new Error('a register call without auth')
  return {
    tunnelId: dashed(parameters.bytes(1)),
    accountTag: auth.text(0),
    secret: Buffer.from(auth.bytes(1)),
    connIndex: parameters.uint16(0) & 0xff,
  }
}

function connectionDetails(reply: RegistrationReply & { accept: true }): Node {
  const uuid: Node = {
    kind: 'bytes',
    bytes: Buffer.from(crypto.randomUUID().replaceAll('-', ''), 'hex'),
  }
  const details = words(1)
  details.writeUInt8(reply.remotelyManaged ? 1 : 0, 0)
  const isDetails = words(1)
  isDetails.writeUInt16LE(1, 0)
  return struct(isDetails, struct(details, uuid, text(reply.locationName)))
}

function connectionError(reply: RegistrationReply & { accept: false }): Node {
  const error = words(2)
  error.writeBigInt64LE(BigInt(reply.retryAfterMs ?? 0) * 1_000_000n, 0)
  error.writeUInt8(reply.retryAfterMs === undefined ? 0 : 1, 8)
  return struct(words(1), struct(error, text(reply.cause)))
}

/** The answer to one question; the bootstrap answer carries the capability to call. */
function returnMessage(answerId: number, content: Node, withCapability: boolean): Buffer {
  const descriptor = words(1)
  descriptor.writeUInt16LE(1, 0)
  const capabilities: Node = {
    kind: 'structs',
    items: [{ data: descriptor, pointers: [undefined] }],
  }
  const payload = struct(words(0), content, withCapability ? capabilities : undefined)
  const returned = words(2)
  returned.writeUInt32LE(answerId, 0)
  const message = words(1)
  message.writeUInt16LE(3, 0)
  return encodeMessage(struct(message, struct(returned, payload)))
}

function dashed(bytes: Buffer): string {
  const hex = bytes.toString('hex')
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
