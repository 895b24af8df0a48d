import { applyPatch, type Deployment, isTerminated, type WebhookEvent } from './deployment.ts'
import type { Script, StatusPatch } from './script.ts'
import type { EdgegapSettings } from './settings.ts'
import type { Timers } from './timers.ts'

/** How a stop request found the deployment. */
export type StopResult = 'begun' | 'deferred' | 'repeated' | 'gone'

export interface Lifecycle {
  start(deployment: Deployment, script: Script): void
  /** Changes a deployment by hand; a new status ends its script. */
  change(deployment: Deployment, patch: StatusPatch): void
  stop(deployment: Deployment): StopResult
}

/** Moves deployments through their states; `announce` hears of each event. */
export function createLifecycle(
  settings: EdgegapSettings,
  timers: Timers,
  announce: (event: WebhookEvent, deployment: Deployment) => void,
): Lifecycle {
  const scripts = new Map<Deployment, (() => void)[]>()

  function endScript(deployment: Deployment): void {
    for (const cancel of scripts.get(deployment) ?? []) cancel()
    scripts.delete(deployment)
  }

  function move(deployment: Deployment, patch: StatusPatch): void {
    const event = applyPatch(deployment, patch)
    if (event !== undefined) announce(event, deployment)
    if (isTerminated(deployment)) endScript(deployment)
    // OpenAPI v1: a stop of a deployment that is under way takes effect at READY or ERROR.
    if (deployment.stopRequestedAt !== undefined && canStop(deployment)) terminate(deployment)
  }

  function terminate(deployment: Deployment): void {
    endScript(deployment)
    move(deployment, { status: 'TERMINATING' })
    timers.after(settings.terminateAfterMs, () => {
      if (deployment.status === 'TERMINATING') move(deployment, { status: 'TERMINATED' })
    })
  }

  return {
    start(deployment, script) {
      const cancels: (() => void)[] = []
      scripts.set(deployment, cancels)
      // A late event loop may fire a later step's timer first; its step then takes the earlier ones
      // with it, or a deployment would go back from READY to DEPLOYING.
      const steps = [...script].sort((a, b) => a.afterMs - b.afterMs)
      let done = 0
      const moveTo = (index: number) => {
        // A step that ends the deployment ends the script as well.
        while (done <= index && scripts.get(deployment) === cancels) {
          const { afterMs: _, ...patch } = steps[done++] ?? { afterMs: 0 }
          move(deployment, patch)
        }
      }
      for (const [index, { afterMs }] of steps.entries()) {
        if (scripts.get(deployment) !== cancels) return
        cancels.push(timers.after(afterMs, () => moveTo(index)))
      }
    },
    change(deployment, patch) {
      if (patch.status !== undefined) endScript(deployment)
      move(deployment, patch)
    },
    stop(deployment) {
      if (isTerminated(deployment)) return 'gone'
      const isRepeat = deployment.stopRequestedAt !== undefined
      if (isRepeat || deployment.status === 'TERMINATING') return 'repeated'
      deployment.stopRequestedAt = performance.now()
      if (!canStop(deployment) && !settings.stopPendingAtOnce) return 'deferred'
      terminate(deployment)
      return 'begun'
    },
  }
}

function canStop({ status }: Deployment): boolean {
  return status === 'READY' || status === 'ERROR'
}
