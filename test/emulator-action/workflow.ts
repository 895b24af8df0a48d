import { randomUUID } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { REPOSITORY_ACTION_FILE, readAction } from '../harness/action.ts'
import { createFolders, type JobFolders } from '../harness/folders.ts'
import { Masks } from '../harness/masks.ts'
import { findOrphans, killOrphans, type Orphan } from '../harness/orphans.ts'
import { type RunningStep, startStep } from '../harness/step.ts'
import type { StepResult } from '../harness/step-result.ts'

export const EMULATOR_ACTION_FILE = fileURLToPath(
  new URL('../../emulator/action.yml', import.meta.url),
)

type Inputs = Readonly<Record<string, string>>

/** Ends with its block: `using job = startJob()`. */
export interface Job extends Disposable {
  readonly folders: JobFolders
  readonly trackingId: string
  /** Runs a step of the emulator's action; its post step runs when the job ends. */
  emulator(inputs?: Inputs, control?: (step: RunningStep) => Promise<void>): Promise<StepResult>
  /** Runs a step that deploys `my-game v1` to the emulator that `started` is the result of. */
  deploy(started: StepResult, inputs?: Inputs): Promise<StepResult>
  /** Runs a step of this repository's own actions with exactly these inputs. */
  step(actionFile: string, inputs: Inputs): Promise<StepResult>
  /** Runs the post steps, the last step's first, and gives their results by the steps' order. */
  end(): Promise<StepResult[]>
  /** What is there of the job's processes, the running steps included. */
  processes(): Orphan[]
}

/** A job of several steps that share one runner. */
export function startJob(env: Readonly<Record<string, string>> = {}): Job {
  const folders = createFolders()
  const trackingId = `github_${randomUUID()}`
  // On a runner of GitHub's, `tunnel: auto` would download a tunnel client; nothing here may.
  const runner = { RUNNER_ENVIRONMENT: 'self-hosted', ...env }
  const shared = { folders, trackingId, masks: new Masks(), env: runner }
  const posts: (() => Promise<StepResult>)[] = []

  async function run(
    actionFile: string,
    inputs: Inputs,
    control?: (step: RunningStep) => Promise<void>,
  ): Promise<StepResult> {
    const step = startStep({ ...shared, actionFile, inputs, entry: 'main' })
    await control?.(step)
    const main = await step.done
    if (readAction(actionFile).entries.post !== undefined) {
      posts.push(
        () => startStep({ ...shared, actionFile, inputs, entry: 'post', state: main.state }).done,
      )
    }
    return main
  }

  return {
    folders,
    trackingId,
    emulator: (inputs = {}, control) => run(EMULATOR_ACTION_FILE, inputs, control),
    deploy: ({ outputs }, inputs = {}) =>
      run(REPOSITORY_ACTION_FILE, {
        'api-url': outputs.url ?? '',
        'api-token': outputs.token ?? '',
        ...(inputs.operation !== 'stop' && { application: 'my-game', version: 'v1' }),
        ...inputs,
      }),
    step: run,
    async end() {
      const results: StepResult[] = []
      for (const post of posts.reverse()) results.unshift(await post())
      return results
    },
    processes: () => findOrphans(trackingId),
    [Symbol.dispose]() {
      // As the runner does.
      killOrphans(trackingId)
      folders.remove()
    },
  }
}
