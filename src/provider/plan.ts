/** What becomes of a version: made, moved to another image, used as it is, or left to the user. */
export type VersionAction = 'created' | 'updated' | 'reused' | 'unmanaged'

/** What a run would do. Every text in it may be remote, and is not to be trusted. */
export interface Plan {
  /** Before anything is deployed, in this order; here and below. */
  readonly preparing: readonly PlannedChange[]
  readonly deploying: readonly PlannedChange[]
  /** Once all that was deployed is good. */
  readonly finishing: readonly PlannedChange[]
  readonly checks: readonly PlanCheck[]
  readonly warnings: readonly string[]
  /** The version that would be deployed; empty where the provider has none. */
  readonly version: string
  /** What would become of that version. */
  readonly versionAction: VersionAction
  readonly image?: string | undefined
  readonly previousImage?: string | undefined
}

export interface PlannedChange {
  readonly kind: 'create' | 'update' | 'stop' | 'delete'
  /** What it is done to, such as `server at frankfurt` or `version v1.4.2`. */
  readonly what: string
  /** What else to know, such as `cpu: 512 → 1024`; may be empty. */
  readonly detail: string
}

export interface PlanCheck {
  /** What was checked, such as `token` or `image tag`. */
  readonly what: string
  /** `unknown` where it could not be checked. */
  readonly result: 'good' | 'bad' | 'unknown'
  readonly detail: string
}
