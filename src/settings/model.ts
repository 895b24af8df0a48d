import type { GitHubSettings } from './github.ts'
import type { ProbeSettings } from './probe.ts'
import type { TunnelSettings } from './transports.ts'

export type Operation = 'deploy' | 'version' | 'stop'
export type WaitMode = 'auto' | 'webhook' | 'poll' | 'none'

/** Which deployments a replacement or `operation: stop` is about. */
export type Reach = DeploymentReach | GroupReach

export interface DeploymentReach {
  readonly kind: 'deployment'
  readonly id: string
}

export type GroupReach =
  /** The application's deployments with exactly this group tag. */
  | { readonly kind: 'group'; readonly application: string; readonly group: string }
  /** Every deployment of the application, whoever started it. */
  | { readonly kind: 'application'; readonly application: string }

/** Older deployments that give way to the new ones. */
export interface Replacement {
  readonly when: 'after-ready' | 'before-deploy'
  readonly reach: GroupReach
}

/** What holds for every provider and operation. `own` is the provider's, and no other code reads it. */
export interface CoreSettings<Own = unknown> {
  /** The name of the provider's definition. */
  readonly provider: string
  readonly token: string
  /** A base URL. It may have the path of a gateway, and never that of the API's version. */
  readonly apiUrl: URL
  readonly wait: WaitMode
  /** How long to wait at most, from the accepted request to the outcome. */
  readonly timeoutMs: number
  /** Undefined: adaptive. */
  readonly pollIntervalMs: number | undefined
  readonly summary: boolean
  /** Reads only: nothing is created, changed, stopped or deleted. */
  readonly dryRun: boolean
  /** How many lines of a log are shown. */
  readonly logLines: number
  /** An absolute folder for whole logs; undefined where none are wanted. */
  readonly logDir: string | undefined
  readonly github: GitHubSettings
  readonly own: Own
}

export interface DeploySettings<Own = unknown> extends CoreSettings<Own> {
  readonly operation: 'deploy'
  readonly application: string
  /** Empty where the provider numbers versions by itself. */
  readonly version: string
  readonly onFailure: 'stop' | 'keep'
  readonly stopAfterJob: boolean
  /** How long a server must stay ready before it counts; 0 for not at all. */
  readonly settleTimeMs: number
  readonly probe: ProbeSettings
  readonly tunnel: TunnelSettings
  /** How long a deployment may be held up for the tunnel; with `wait: webhook`, how long it may take. */
  readonly tunnelTimeoutMs: number
  /** A tag that names what the deployment is for. */
  readonly group: string | undefined
  readonly replace: Replacement | undefined
}

/** Makes or moves a version and starts nothing. */
export interface VersionSettings<Own = unknown> extends CoreSettings<Own> {
  readonly operation: 'version'
  readonly application: string
  readonly version: string
}

export interface StopSettings<Own = unknown> extends CoreSettings<Own> {
  readonly operation: 'stop'
  readonly reach: Reach
}

export type Settings<Own = unknown> = DeploySettings<Own> | VersionSettings<Own> | StopSettings<Own>
