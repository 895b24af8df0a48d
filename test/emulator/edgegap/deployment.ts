import { randomBytes } from 'node:crypto'
import type { CrashData, StatusPatch } from './script.ts'
import type { PortSpec } from './settings.ts'

export type WebhookEvent = 'ready' | 'error' | 'terminated'

/** A create request that has passed validation. */
export interface DeploymentOrder {
  readonly application: string
  readonly version: string
  readonly tags: readonly string[]
  readonly environment: readonly { key: string; value: string; is_hidden: boolean }[]
  readonly coordinates: { readonly latitude: number; readonly longitude: number } | undefined
  readonly webhooks: Readonly<Partial<Record<WebhookEvent, string>>>
  /** Those of its version, where it has any; else the settings'. */
  readonly ports?: readonly PortSpec[]
  readonly maxDurationMinutes?: number
  /** Whether the list's row is without its tags, whatever the settings say. */
  readonly hidesTags?: boolean
}

export interface Deployment extends DeploymentOrder {
  /** 12 lower-case hex characters. */
  readonly id: string
  /** 0 for the emulator's first. */
  readonly sequence: number
  readonly fqdn: string
  readonly publicIp: string
  readonly hostName: string
  readonly firstExternalPort: number
  /** `performance.now()`. */
  readonly createdAt: number
  readonly createdOn: Date
  /** Whether the list ever shows it. */
  readonly listed: boolean
  /** Whether its create was answered 422: it takes no place of the account. */
  readonly refused: boolean
  /** Bare and upper-case, whatever spelling goes out. */
  status: string
  lastStatus: string | undefined
  running: boolean
  error: boolean
  errorDetail: string | null
  logs: string | undefined
  crashLogs: string | null
  crashData: CrashData | null
  logsLink: string | null
  wire: Readonly<Record<string, unknown>>
  readyOn: Date | undefined
  removedOn: Date | undefined
  /** `performance.now()` when a stop was first accepted. */
  stopRequestedAt: number | undefined
  /** `performance.now()` when READY, ERROR or TERMINATED was first reached. */
  newsAt: number | undefined
  readonly history: { readonly at: number; readonly status: string }[]
}

export function newDeployment(
  order: DeploymentOrder,
  sequence: number,
  { listed, refused }: { readonly listed: boolean; readonly refused: boolean },
): Deployment {
  const id = randomBytes(6).toString('hex')
  return {
    ...order,
    id,
    sequence,
    fqdn: `${id}.pr.edgegap.net`,
    // RFC 5737 keeps this range for documentation: nothing ever answers there.
    publicIp: `203.0.113.${1 + (sequence % 254)}`,
    hostName: `host-${1 + sequence}`,
    firstExternalPort: 30_000 + ((345 + sequence * 37) % 9_000),
    createdAt: performance.now(),
    createdOn: new Date(),
    listed,
    refused,
    status: 'INITIALIZING',
    lastStatus: undefined,
    running: false,
    error: false,
    errorDetail: null,
    logs: undefined,
    crashLogs: null,
    crashData: null,
    logsLink: null,
    wire: {},
    readyOn: undefined,
    removedOn: undefined,
    stopRequestedAt: undefined,
    newsAt: undefined,
    history: [],
  }
}

/** Applies the change and gives the event that it is, if it is one. */
export function applyPatch(
  deployment: Deployment,
  { status, wire, ...fields }: StatusPatch,
): WebhookEvent | undefined {
  const event = status === undefined ? undefined : enter(deployment, status)
  for (const [name, value] of Object.entries(fields)) {
    if (name in deployment && value !== undefined) Object.assign(deployment, { [name]: value })
  }
  if (wire !== undefined) deployment.wire = { ...deployment.wire, ...wire }
  return event
}

function enter(deployment: Deployment, status: string): WebhookEvent | undefined {
  if (status === deployment.status && deployment.history.length > 0) return undefined
  if (deployment.history.length > 0) deployment.lastStatus = deployment.status
  deployment.status = status
  deployment.running = status === 'READY'
  // Kept through TERMINATING and TERMINATED: the failure is still why it ended.
  if (status === 'ERROR') deployment.error = true
  if (status === 'READY') deployment.error = false
  deployment.history.push({ at: performance.now(), status })
  if (status === 'READY') deployment.readyOn ??= new Date()
  if (status === 'TERMINATED') deployment.removedOn ??= new Date()
  const event = eventOf(status)
  if (event !== undefined) deployment.newsAt ??= performance.now()
  return event
}

function eventOf(status: string): WebhookEvent | undefined {
  if (status === 'READY') return 'ready'
  if (status === 'ERROR') return 'error'
  if (status === 'TERMINATED') return 'terminated'
  return undefined
}

export function isTerminated(deployment: Deployment): boolean {
  return deployment.status === 'TERMINATED'
}

/** Neither terminated nor on its way there. */
export function isLive(deployment: Deployment): boolean {
  const ending = deployment.status === 'TERMINATING' || isTerminated(deployment)
  return !ending && deployment.stopRequestedAt === undefined
}
