import type { ServerLog } from '../provider.ts'
import type { EdgegapReply } from './client.ts'
import { readCutLog } from './cut-log.ts'
import { wire } from './load-wire.ts'

/**
 * The log of a server from the reply about its container; undefined where there is nothing to show.
 *
 * @throws ActionError where the reply is whole and not the JSON of the API
 */
export async function readServerLog(reply: EdgegapReply): Promise<ServerLog | undefined> {
  if (reply.isCut) return { lines: splitLines(readCutLog(reply.text)), isCut: true }
  const { readLogs } = await wire()
  const { logs, crashLogs, crash, restarts } = readLogs(reply.text, reply.request)
  const lines = [...splitLines(logs), ...splitLines(crashLogs)]
  if (lines.length === 0 && !crash) return undefined
  return {
    lines,
    isCut: false,
    ...(crash && { crash }),
    ...(restarts !== undefined && { restarts }),
  }
}

function splitLines(text: string): string[] {
  const lines = text.split(/\r\n|\n|\r/)
  if (lines.at(-1) === '') lines.pop()
  return lines
}
