import type { Ask } from '../asking.ts'
import { converse } from '../datagrams.ts'
import { showBytes } from '../game.ts'

/** The user's own bytes; whatever the server sends back answers. */
export function askUdp(payload: Buffer): Ask {
  return (asking) =>
    converse(asking, () => ({
      question: () => payload,
      read: (reply) => ({ answer: `it sent back ${showBytes(reply) || 'an empty packet'}` }),
    }))
}
