import * as z from 'zod/mini'
import { countTimes } from '../../../base/sentence.ts'
import { integer, record, text } from '../../json.ts'
import { parse } from './reply.ts'

const crashShape = z.object({
  exit_code: z.optional(integer),
  message: z.optional(text),
  restart_count: z.optional(integer),
})
const logsShape = z.object({
  logs: z.optional(text),
  crash_logs: z.optional(text),
  crash_data: z.optional(record),
})

/** How the process ended last, for people, and how often it was started again. */
export interface Crash {
  crash: string | undefined
  restarts: number | undefined
}

export interface ContainerLogs extends Crash {
  logs: string
  crashLogs: string
}

/** A reply of `GET /v1/deployment/{id}/container-logs`. */
export function readLogs(body: string, request: string): ContainerLogs {
  const reply = parse(logsShape, body, request)
  return {
    logs: reply.logs ?? '',
    crashLogs: reply.crash_logs ?? '',
    ...readCrash(reply.crash_data ?? {}),
  }
}

/** The `crash_data` of such a reply. */
export function readCrash(data: Record<string, unknown>): Crash {
  const crash = crashShape.parse(data)
  return { crash: describeCrash(crash), restarts: crash.restart_count }
}

function describeCrash(crash: z.output<typeof crashShape>): string | undefined {
  const parts = [
    crash.exit_code !== undefined && `exit code ${crash.exit_code}`,
    crash.message,
    crash.restart_count && `restarted ${countTimes(crash.restart_count)}`,
  ]
  return parts.filter(Boolean).join(', ') || undefined
}
