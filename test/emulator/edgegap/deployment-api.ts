import type { Catalogue } from './catalogue/catalogue.ts'
import type { Deployments } from './deployments.ts'
import type { Lifecycle } from './lifecycle.ts'
import type { EdgegapSettings } from './settings.ts'

/** A create that finds no server, yet leaves a deployment in Error behind. */
export interface UnallocatedCreate {
  /** Whether the list shows that deployment. */
  readonly listed: boolean
  readonly message: string
}

export interface DeploymentApi {
  readonly settings: EdgegapSettings
  readonly deployments: Deployments
  readonly lifecycle: Lifecycle
  readonly catalogue: Catalogue
  /** The next order to answer a create with 422, if one is open. */
  readonly takeUnallocated: () => UnallocatedCreate | undefined
}
