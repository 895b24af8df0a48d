import type { Ask } from '../asking.ts'
import { withConnection } from '../connection.ts'

/** A connection that is accepted is an answer. */
export const askTcp: Ask = (asking) =>
  withConnection(asking, async () => 'the connection was accepted')
