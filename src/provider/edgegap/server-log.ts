import type { ServerLog } from '../provider.ts'
import type { EdgegapReply } from './client.ts'
import { wire } from './load-wire.ts'
import type { Crash } from './wire.ts'

/**
 * The log of a server from the reply about its container; undefined where there is nothing to show.
 *
 * @throws ActionError where the reply is whole and not the JSON of the API
 */
export async function readServerLog(reply: EdgegapReply): Promise<ServerLog | undefined> {
  const { readCrash, readCutLog, readLogs } = await wire()
  if (reply.isCut) {
    const { text, crashData } = readCutLog(reply.text)
    const lines = splitLines(text)
    if (!crashData) return { lines, isCut: true }
    const { crash, restarts = 0 } = readCrash(crashData)
    return { lines, isCut: true, ...given({ crash, restarts }) }
  }
  const { logs, crashLogs, ...crash } = readLogs(reply.text, reply.request)
  const lines = [...splitLines(logs), ...splitLines(crashLogs)]
  if (lines.length === 0 && !crash.crash) return undefined
  return { lines, isCut: false, ...given(crash) }
}

function given({ crash, restarts }: Crash): Pick<ServerLog, 'crash' | 'restarts'> {
  return { ...(crash && { crash }), ...(restarts !== undefined && { restarts }) }
}

function splitLines(text: string): string[] {
  const lines = text.split(/\r\n|\n|\r/)
  if (lines.at(-1) === '') lines.pop()
  return lines
}
