import type { CatalogueSeed } from './catalogue/catalogue.ts'
import { type CatalogueSettings, defaultCatalogueSettings } from './catalogue/settings.ts'
import { type LocationData, locations } from './cities.ts'
import { ready, type Script } from './script.ts'

export interface PortSpec {
  readonly name: string
  readonly internal: number
  readonly protocol: string
  readonly tlsUpgrade?: boolean
  /** The number outside; one of a range that grows with each deployment where it is not given. */
  readonly external?: number
}

export interface RateLimits {
  readonly deployPerSecond: number
  readonly statusPerSecond: number
  readonly listPerSecond: number
}

/** Everything about the emulated Edgegap that can be bent; may be changed while it runs. */
export interface EdgegapSettings extends CatalogueSettings {
  /** The valid API key, without the `token ` prefix. */
  token: string
  /** Application name → its versions, or `*` for any version. */
  applications: Record<string, readonly string[] | '*'>
  /** The lifecycle of a deployment that no `nextScript` was queued for. */
  script: Script
  /** Of a deployment whose version has none of its own; their order is that of the wire. */
  ports: readonly PortSpec[]
  /** Where a real server stands for the deployment's: its host and ports instead of made-up ones. */
  reachableAt: string | undefined
  maxDurationMinutes: number
  logs: string
  rateLimits: RateLimits
  /** `Retry-After` of a 429; Edgegap is not known to send one. */
  retryAfterSeconds: number | undefined

  /** Creating: refusals. */
  unknownApplicationStatus: 400 | 404
  /** More deployments than this at a time are refused (the free tier allows one). */
  maxDeployments: number
  /** What refuses them; 422 leaves a deployment in Error, which takes no place of its own. */
  maxDeploymentsStatus: 400 | 422
  /** The create's reply names an id that the API does not know. */
  replyWithOtherId: boolean
  /** Refuses any webhook URL, or the URLs that match, with a 400 that names the field. */
  refuseWebhooks: boolean | RegExp

  /** Status: spelling and shape. */
  unknownIdStatus: 400 | 404
  /** Status, stop and logs know a new deployment only after this time; the list has its own. */
  readLagMs: number
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

  /** List. Ignores every filter, or those of these fields: rows of others come too. */
  ignoreFilters: boolean | readonly string[]
  /** A new deployment shows up in the list only after this time. */
  listLagMs: number
  tagsInRows: boolean
  /** Status. The OpenAPI names its tags and does not require them. */
  tagsInStatus: boolean
  defaultPageSize: number
  maxPageSize: number

  /** Stop. How long a deployment stays TERMINATING. */
  terminateAfterMs: number
  /** Every stop is answered 202, and nothing ever ends by it. */
  stopEndsNothing: boolean
  /** The answer to the first stop of a deployment that is neither READY nor ERROR. */
  pendingStopStatus: 200 | 202
  /** Stops such a deployment at once instead of when READY or ERROR is reached. */
  stopPendingAtOnce: boolean

  /** Locations. What `GET /v1/locations` lists and deployments are placed in, the nearest first. */
  locations: readonly LocationData[]
  /** The city in which every deployment is placed, however far away it is. */
  placedIn: string | undefined

  /** Webhooks. */
  webhookDelayMs: number
  webhookTimeoutMs: number
  dropWebhooks: boolean
  duplicateWebhooks: boolean
  /** Whether the error webhook fires for a create that was answered 422; unknown of Edgegap. */
  webhookOnRefusedCreate: boolean
}

export type EdgegapOptions = Partial<Omit<EdgegapSettings, 'rateLimits'>> & {
  /**
   * The account's applications and versions at the start; deployments then need one of them. Without
   * it the versions that `applications` names are there, and deployments need only that.
   */
  readonly catalogue?: CatalogueSeed
  /** To listen on; a free one unless told. */
  readonly port?: number
  readonly rateLimits?: Partial<RateLimits>
}

export function defaultSettings(): EdgegapSettings {
  return {
    ...defaultCatalogueSettings(),
    token: '5f0c3a54-6a5e-4a3f-9d43-0b9c2f7e1d68',
    applications: { 'my-game': '*' },
    script: ready(),
    ports: [{ name: 'gameport', internal: 7777, protocol: 'UDP' }],
    reachableAt: undefined,
    maxDurationMinutes: 60,
    logs: 'loading map\nlistening on 7777/udp\n',
    // OpenAPI v1 and v2 give these three figures.
    rateLimits: { deployPerSecond: 40, statusPerSecond: 20, listPerSecond: 10 },
    retryAfterSeconds: undefined,
    unknownApplicationStatus: 400,
    maxDeployments: Number.POSITIVE_INFINITY,
    maxDeploymentsStatus: 400,
    replyWithOtherId: false,
    refuseWebhooks: false,
    // OpenAPI v1 lists 404 too, but the live API has been seen to answer 400.
    unknownIdStatus: 400,
    readLagMs: 0,
    forgetTerminatedAfterMs: Number.POSITIVE_INFINITY,
    statusSpelling: 'prefixed',
    beforeReady: 'empty',
    numbers: 'number',
    portKeys: 'name',
    undocumentedFields: true,
    ignoreFilters: false,
    listLagMs: 0,
    tagsInRows: true,
    tagsInStatus: true,
    defaultPageSize: 10,
    maxPageSize: 100,
    terminateAfterMs: 50,
    stopEndsNothing: false,
    pendingStopStatus: 202,
    stopPendingAtOnce: false,
    locations,
    placedIn: undefined,
    webhookDelayMs: 0,
    webhookTimeoutMs: 10_000,
    dropWebhooks: false,
    duplicateWebhooks: false,
    webhookOnRefusedCreate: false,
  }
}

export function createSettings(options: EdgegapOptions): EdgegapSettings {
  const { rateLimits, catalogue, port: _, ...given } = options
  const defaults = { ...defaultSettings(), versionsMustExist: catalogue !== undefined }
  return { ...defaults, ...given, rateLimits: { ...defaults.rateLimits, ...rateLimits } }
}

/** The catalogue to begin with: the one that was given, else the names in `applications`. */
export function seedOf({ catalogue }: EdgegapOptions, settings: EdgegapSettings): CatalogueSeed {
  const names = Object.entries(settings.applications)
  return catalogue ?? Object.fromEntries(names.map(([name, all]) => [name, all === '*' ? [] : all]))
}
