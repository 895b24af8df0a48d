import { isRecord, parseJson } from '../../../base/json.ts'

const METRICS_LINE = /Starting metrics server on 127\.0\.0\.1:(\d{1,5})\b/
/** The line within the box that the URL is printed in. Its own service is no tunnel. */
const URL_LINE =
  /\|\s+https:\/\/((?!api\.)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)\.trycloudflare\.com\s+\|/
const REGISTERED = 'Registered tunnel connection'
const UNAUTHORIZED_LINE = /\bUnauthorized: [\w ]{1,60}/

/** What cloudflared tells in its log about itself. Nothing else of the log is kept or shown. */
export class CloudflaredLog {
  /** Of its metrics server on 127.0.0.1. */
  metricsPort: string | undefined
  /** Of a quick tunnel. */
  url: URL | undefined
  /** What the edge said when it refused the credentials. */
  refusal: string | undefined
  /** How often a connection to the edge came back. */
  reconnections = 0
  readonly #registered = new Set<number>()

  read(line: string): void {
    const { message, connection } = readLine(line)
    this.metricsPort ??= METRICS_LINE.exec(message)?.[1]
    const label = URL_LINE.exec(message)?.[1]
    if (label !== undefined) this.url ??= new URL(`https://${label}.trycloudflare.com`)
    this.refusal ??= UNAUTHORIZED_LINE.exec(message)?.[0]
    if (!message.includes(REGISTERED)) return
    if (this.#registered.has(connection)) this.reconnections += 1
    this.#registered.add(connection)
  }
}

/** A line is an object or, from older releases and for fatal errors from all, bare text. */
export function readLine(line: string): { message: string; connection: number } {
  const parsed = line.startsWith('{') ? parseJson(line) : undefined
  const fields = isRecord(parsed) ? parsed : {}
  const parts = [fields.message, fields.error].filter((part) => typeof part === 'string')
  const index = fields.connIndex ?? /connIndex=(\d)/.exec(line)?.[1] ?? 0
  return { message: parts.length > 0 ? parts.join(': ') : line, connection: Number(index) }
}
