import type { AppSeed } from './app.ts'
import type { Build } from './build.ts'
import type { JwtSettings } from './jwt.ts'
import type { PipelineEvent } from './pipeline-event.ts'
import { type Script, success } from './script.ts'
import { defaultSpelling, type Spelling } from './spelling.ts'

export type Resource = 'apps' | 'tasks' | 'subscriptions'

/** The bits of a role's mask for one resource, by the page "Roles". */
export const permission = { create: 1, read: 2, update: 4, delete: 8, execute: 16 } as const

/** Everything about the emulated ROCKIT Edge that can be bent; may be changed while it runs. */
export interface RockitEdgeSettings {
  organization: string
  username: string
  apiKey: string
  /** The machine account's masks; taking a bit away answers 403 from then on. */
  permissions: Record<Resource, number>
  /** Names and shapes that are guesses. */
  spelling: Spelling

  /** The gateway. */
  maintenance: boolean
  maintenanceRetryAfterSeconds: number
  /** All callers together; more are refused with 429. */
  requestsPerSecond: number
  rateLimitRetryAfterSeconds: number
  /** Refuses fields that no alternative of the spelling has, with 400. */
  strictBodies: boolean

  /** The pipeline of a build that no `nextScript` was queued for. */
  script: Script
  /** What a retried task goes through; only the steps from that task on are taken. */
  retryScript: Script
  unknownAppStatus: 404 | 400
  lockedStatus: 409 | 423 | 400
  /** Whether an import in flight, an open upload included, refuses the next one. */
  lockWhileBusy: boolean
  /** Whether a client upload is followed by `dltar` too. */
  dltarAfterUpload: boolean
  /** Whether an app that is registered to no deployment has a `deploy` task all the same. */
  deployWithoutDeployments: boolean
  /** When the app's build number rises. */
  buildNumberRisesAt: 'request' | 'mkraw' | 'image' | 'deploy'
  /** `0007`, `7`, or a text that shows no number. */
  buildNames: 'padded' | 'number' | 'opaque'
  /** Whether the app is shown as idle between the end of `mkraw` and the next task. */
  idleBetweenTasks: boolean

  /** Tasks. */
  taskName: (type: string, build: Build, random: string) => string
  listUploadTasks: boolean
  /** Tasks that are neither listed nor known by name. */
  isTaskHidden: (type: string) => boolean
  /** Ended tasks leave the list after this time; failed ones stay (page "Import native builds"). */
  forgetEndedTasksAfterMs: number
  /** Whether a task that left the list can still be read by its name. */
  forgottenTasksReadable: boolean
  taskOrder: 'oldest' | 'newest'
  maxPageSize: number

  /** Storage host. */
  uploadUrlValidMs: number
  expiredUploadStatus: number
  /** A PUT to a URL that has been used: refused with 409, or taken without starting anything. */
  secondPut: 'refuse' | 'ignore'
  hashUploads: boolean
  /** The content of an upload up to this size is kept for the test to read. */
  keepUploadBytes: number

  /** Subscriptions and webhooks. */
  subscriptionName: RegExp
  maxSubscriptions: number
  /** Whether a subscription must name one `type` and one `event`. */
  oneEventPerSubscription: boolean
  secretInLists: boolean
  jwt: JwtSettings
  webhookDelayMs: number | ((event: PipelineEvent) => number)
  webhookTimeoutMs: number
  dropWebhooks: boolean | ((event: PipelineEvent) => boolean)
  duplicateWebhooks: boolean
  /** Swaps each two webhooks that follow each other within `swapWithinMs`. */
  swapWebhooks: boolean
  swapWithinMs: number
}

export type RockitEdgeOptions = Partial<
  Omit<RockitEdgeSettings, 'spelling' | 'jwt' | 'permissions'>
> & {
  readonly spelling?: Partial<Spelling>
  readonly jwt?: Partial<JwtSettings>
  readonly permissions?: Partial<Record<Resource, number>>
  /** The apps that exist; `my-game`-like names are not allowed, hence `my_game`. */
  readonly apps?: Readonly<Record<string, AppSeed>>
}

export function createSettings(options: RockitEdgeOptions): RockitEdgeSettings {
  const { apps: _, spelling, jwt, permissions, ...plain } = options
  return {
    ...defaults(),
    ...plain,
    spelling: { ...defaultSpelling(), ...spelling },
    jwt: { ...defaultJwt(), ...jwt },
    permissions: { ...defaultPermissions(), ...permissions },
  }
}

function defaults() {
  return {
    organization: 'acme',
    username: 'ci_publisher',
    apiKey: 'rk-3f6d0a9be21c48d5a7c0e4f19b83d26e',
    maintenance: false,
    // The public Terraform stack (edge/api-gw.tf, variables.tf) gives these figures.
    maintenanceRetryAfterSeconds: 900,
    requestsPerSecond: 800,
    rateLimitRetryAfterSeconds: 60,
    strictBodies: false,
    script: success(),
    retryScript: success(),
    unknownAppStatus: 404 as const,
    lockedStatus: 409 as const,
    lockWhileBusy: true,
    dltarAfterUpload: false,
    deployWithoutDeployments: true,
    buildNumberRisesAt: 'mkraw' as const,
    buildNames: 'padded' as const,
    idleBetweenTasks: false,
    taskName: (type: string, _build: Build, random: string) => `${type}_${random}`,
    listUploadTasks: true,
    isTaskHidden: (_type: string) => false,
    forgetEndedTasksAfterMs: Number.POSITIVE_INFINITY,
    forgottenTasksReadable: true,
    taskOrder: 'oldest' as const,
    maxPageSize: 100,
    uploadUrlValidMs: Number.POSITIVE_INFINITY,
    expiredUploadStatus: 403,
    secondPut: 'refuse' as const,
    hashUploads: true,
    keepUploadBytes: 1024 * 1024,
    // The pattern of app names and user names; that of subscriptions is not known.
    subscriptionName: /^[A-Za-z0-9_]{2,50}$/,
    maxSubscriptions: Number.POSITIVE_INFINITY,
    oneEventPerSubscription: false,
    secretInLists: false,
    webhookDelayMs: 0,
    webhookTimeoutMs: 10_000,
    dropWebhooks: false,
    duplicateWebhooks: false,
    swapWebhooks: false,
    swapWithinMs: 100,
  }
}

/** What the action needs in full: apps 6, tasks 22, subscriptions 11. */
function defaultPermissions(): Record<Resource, number> {
  const { create, read, update, delete: remove, execute } = permission
  return {
    apps: read | update,
    tasks: read | update | execute,
    subscriptions: create | read | remove,
  }
}

function defaultJwt(): JwtSettings {
  return {
    alg: 'HS256',
    secretAs: 'text',
    isSecretWrong: false,
    claims: {},
    expiresInSeconds: undefined,
    notBeforeInSeconds: undefined,
    isSent: true,
  }
}
