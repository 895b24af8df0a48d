import * as z from 'zod/mini'
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

export interface ContainerLogs {
  logs: string
  crashLogs: string
  crash: string | undefined
  restarts: number | undefined
}

/** A reply of `GET /v1/deployment/{id}/container-logs`. */
export function readLogs(body: string, request: string): ContainerLogs {
  const reply = parse(logsShape, body, request)
  return {
    logs: reply.logs ?? '',
    crashLogs: reply.crash_logs ?? '',
    crash: describeCrash(reply.crash_data ?? {}),
    restarts: crashShape.safeParse(reply.crash_data ?? {}).data?.restart_count,
  }
}

function describeCrash(data: Record<string, unknown>): string | undefined {
  const crash = crashShape.safeParse(data).data
  const parts = [
    crash?.exit_code !== undefined && `exit code ${crash.exit_code}`,
    crash?.message,
    crash?.restart_count && `restarted ${crash.restart_count} times`,
  ]
  return parts.filter(Boolean).join(', ') || undefined
}
