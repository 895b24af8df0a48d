import { type Deployment, type DeploymentOrder, isTerminated, newDeployment } from './deployment.ts'
import type { Lifecycle } from './lifecycle.ts'
import type { Script } from './script.ts'
import type { EdgegapSettings } from './settings.ts'

export interface CreateOptions {
  readonly script?: Script
  readonly listed?: boolean
  readonly refused?: boolean
}

export interface Deployments {
  readonly all: readonly Deployment[]
  /** Creates a deployment with the given script, else the next queued, else the default one. */
  create(order: DeploymentOrder, options?: CreateOptions): Deployment
  /** What status, stop and logs know by this id. */
  find(id: string): Deployment | undefined
  queueScripts(scripts: readonly Script[]): void
}

export function createDeployments(settings: EdgegapSettings, lifecycle: Lifecycle): Deployments {
  const all: Deployment[] = []
  const queued: Script[] = []
  return {
    all,
    create(order, { script, listed = true, refused = false } = {}) {
      const deployment = newDeployment(order, all.length, { listed, refused })
      all.push(deployment)
      lifecycle.start(deployment, script ?? queued.shift() ?? settings.script)
      return deployment
    },
    find(id) {
      const deployment = all.find((candidate) => candidate.id === id)
      if (deployment === undefined || isForgotten(deployment, settings)) return undefined
      if (performance.now() - deployment.createdAt < settings.readLagMs) return undefined
      return deployment
    },
    queueScripts(scripts) {
      queued.push(...scripts)
    },
  }
}

function isForgotten(deployment: Deployment, settings: EdgegapSettings): boolean {
  if (!isTerminated(deployment) || deployment.removedOn === undefined) return false
  return Date.now() - deployment.removedOn.getTime() >= settings.forgetTerminatedAfterMs
}
