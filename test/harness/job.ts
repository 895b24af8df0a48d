import { randomUUID } from 'node:crypto'
import { readAction } from './action.ts'
import { createFolders } from './folders.ts'
import { Masks } from './masks.ts'
import { killOrphans, type Orphan } from './orphans.ts'
import { type RunningStep, type StepOptions, startStep } from './step.ts'
import type { Conclusion, StepResult } from './step-result.ts'

export interface JobOptions extends Omit<StepOptions, 'entry' | 'state' | 'masks' | 'trackingId'> {
  /** Does things to the running step: waits for a line, cancels, kills. */
  readonly mainControl?: (step: RunningStep) => Promise<void>
  readonly postControl?: (step: RunningStep) => Promise<void>
  /** Runs between main and post, where a job's later steps would. */
  readonly beforePost?: (main: StepResult) => Promise<void>
  /** The runner itself went away (a lost machine): no post. */
  readonly runnerLost?: boolean
}

export interface JobResult {
  readonly main: StepResult
  /** Undefined when there is no post entry, its `post-if` is false, or the runner was lost. */
  readonly post: StepResult | undefined
  readonly conclusion: Conclusion
  /** Processes still there when the job was over; they have been killed. */
  readonly orphans: readonly Orphan[]
}

/**
 * Runs main and then post as one job does. Post is registered before main starts, so it runs after
 * main failed, was cancelled or was killed; it gets main's state, masks, environment and PATH.
 */
export async function runJob(options: JobOptions): Promise<JobResult> {
  const { mainControl, postControl, beforePost, runnerLost, ...given } = options
  const action = readAction(options.actionFile)
  const folders = options.folders ?? createFolders(options.event)
  const trackingId = `github_${randomUUID()}`
  const shared = { ...given, folders, trackingId, masks: new Masks() }
  try {
    const main = await runStep({ ...shared, entry: 'main' }, mainControl)
    await beforePost?.(main)
    const wanted = action.entries.post !== undefined && runnerLost !== true
    const post =
      wanted && evaluatePostIf(action.postIf, main.conclusion)
        ? await runStep({ ...shared, entry: 'post', ...inherit(main, given.env) }, postControl)
        : undefined
    return {
      main,
      post,
      conclusion: main.conclusion === 'success' ? (post?.conclusion ?? 'success') : main.conclusion,
      orphans: killOrphans(trackingId),
    }
  } finally {
    killOrphans(trackingId)
    if (options.folders === undefined) folders.remove()
  }
}

/** A control that throws must not leave the process running. */
async function runStep(
  options: StepOptions,
  control: ((step: RunningStep) => Promise<void>) | undefined,
): Promise<StepResult> {
  const step = startStep(options)
  try {
    await control?.(step)
  } catch (error) {
    step.kill()
    await step.done
    throw error
  }
  return step.done
}

/** GITHUB_ENV cannot change what the runner sets itself, so its names lose against those. */
function inherit(main: StepResult, env: StepOptions['env']): Pick<StepOptions, 'env' | 'state'> {
  const added = Object.entries(main.env).filter(([name]) => !/^(GITHUB|RUNNER)_/.test(name))
  const given = { ...Object.fromEntries(added), ...env }
  if (main.path.length === 0) return { state: main.state, env: given }
  const path = [...main.path, env?.PATH ?? process.env.PATH ?? ''].join(':')
  return { state: main.state, env: { ...given, PATH: path } }
}

/** Looks at the job so far, and knows only the status functions. */
function evaluatePostIf(expression: string, conclusion: Conclusion): boolean {
  const bare = expression.replace(/^\s*\$\{\{(.*)\}\}\s*$/, '$1').replaceAll(/\s/g, '')
  switch (bare) {
    case 'always()':
      return true
    case '!cancelled()':
      return conclusion !== 'cancelled'
    case 'success()':
      return conclusion === 'success'
    case 'failure()':
      return conclusion === 'failure'
    case 'cancelled()':
      return conclusion === 'cancelled'
    default:
      throw new Error(`The harness cannot evaluate post-if: ${expression}`)
  }
}
