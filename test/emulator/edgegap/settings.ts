import { ready, type Script } from './script.ts'

export interface PortSpec {
  readonly name: string
  readonly internal: number
  readonly protocol: string
  readonly tlsUpgrade?: boolean
}

export interface RateLimits {
  readonly deployPerSecond: number
  readonly statusPerSecond: number
  readonly listPerSecond: number
}

/** Everything about the emulated Edgegap that can be bent; may be changed while it runs. */
export interface EdgegapSettings {
  /** The valid API key, without the `token ` prefix. */
  token: string
  /** Application name → its versions, or `*` for any version. */
  applications: Record<string, readonly string[] | '*'>
  /** The lifecycle of a deployment that no `nextScript` was queued for. */
  script: Script
  ports: readonly PortSpec[]
  maxDurationMinutes: number
  logs: string
  rateLimits: RateLimits
  /** `Retry-After` of a 429; Edgegap is not known to send one. */
  retryAfterSeconds: number | undefined

  /** Creating: refusals. */
  unknownApplicationStatus: 400 | 404
  /** More deployments than this at a time are refused with 400 (the free tier allows one). */
  maxDeployments: number
  /** Refuses any webhook URL, or the URLs that match, with a 400 that names the field. */
  refuseWebhooks: boolean | RegExp

  /** Status: spelling and shape. */
  unknownIdStatus: 400 | 404
  /** Forgets a terminated deployment after this time, as if its id had never existed. */
  forgetTerminatedAfterMs: number
  /** `prefixed` Status.READY, `bare` READY, `lower` status.ready, `mixed` Ready. */
  statusSpelling: 'prefixed' | 'bare' | 'lower' | 'mixed'
  /** What `public_ip`, `ports`, `start_time` and `elapsed_time` look like before Ready. */
  beforeReady: 'empty' | 'null' | 'absent'
  numbers: 'number' | 'string'
  /** Ports keyed by their name or, as for unnamed ports, by their number. */
  portKeys: 'name' | 'number'
  /** Adds fields that the OpenAPI does not name but live payloads have been seen to carry. */
  undocumentedFields: boolean

  /** List. */
  ignoreFilters: boolean
  /** A new deployment shows up in the list only after this time. */
  listLagMs: number
  tagsInRows: boolean
  defaultPageSize: number
  maxPageSize: number

  /** Stop. */
  terminateAfterMs: number
  /** The answer to the first stop of a deployment that is neither READY nor ERROR. */
  pendingStopStatus: 200 | 202
  /** Stops such a deployment at once instead of when READY or ERROR is reached. */
  stopPendingAtOnce: boolean

  /** Webhooks. */
  webhookDelayMs: number
  webhookTimeoutMs: number
  dropWebhooks: boolean
  duplicateWebhooks: boolean
  /** Whether the error webhook fires for a create that was answered 422; unknown of Edgegap. */
  webhookOnRefusedCreate: boolean
}

export type EdgegapOptions = Partial<Omit<EdgegapSettings, 'rateLimits'>> & {
  readonly rateLimits?: Partial<RateLimits>
}

export function defaultSettings(): EdgegapSettings {
  return {
    token: '5f0c3a54-6a5e-4a3f-9d43-0b9c2f7e1d68',
    applications: { 'my-game': '*' },
    script: ready(),
    ports: [{ name: 'gameport', internal: 7777, protocol: 'UDP' }],
    maxDurationMinutes: 60,
    logs: 'loading map\nlistening on 7777/udp\n',
    // OpenAPI v1 and v2 give these three figures.
    rateLimits: { deployPerSecond: 40, statusPerSecond: 20, listPerSecond: 10 },
    retryAfterSeconds: undefined,
    unknownApplicationStatus: 400,
    maxDeployments: Number.POSITIVE_INFINITY,
    refuseWebhooks: false,
    // OpenAPI v1 lists 404 too, but the live API has been seen to answer 400.
    unknownIdStatus: 400,
    forgetTerminatedAfterMs: Number.POSITIVE_INFINITY,
    statusSpelling: 'prefixed',
    beforeReady: 'empty',
    numbers: 'number',
    portKeys: 'name',
    undocumentedFields: true,
    ignoreFilters: false,
    listLagMs: 0,
    tagsInRows: true,
    defaultPageSize: 10,
    maxPageSize: 100,
    terminateAfterMs: 50,
    pendingStopStatus: 202,
    stopPendingAtOnce: false,
    webhookDelayMs: 0,
    webhookTimeoutMs: 10_000,
    dropWebhooks: false,
    duplicateWebhooks: false,
    webhookOnRefusedCreate: false,
  }
}

export function createSettings({ rateLimits, ...options }: EdgegapOptions): EdgegapSettings {
  const defaults = defaultSettings()
  return { ...defaults, ...options, rateLimits: { ...defaults.rateLimits, ...rateLimits } }
}
