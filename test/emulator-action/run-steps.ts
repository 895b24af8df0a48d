import { spawnSync } from 'node:child_process'
import { REPOSITORY_ACTION_FILE } from '../harness/action.ts'
import type { StepResult } from '../harness/step-result.ts'
import { EMULATOR_ACTION_FILE, type Job } from './workflow.ts'

/** A step as a workflow of this repository has it. */
export interface WorkflowStep {
  readonly name?: string
  readonly id?: string
  readonly uses?: string
  readonly run?: string
  readonly with?: Readonly<Record<string, unknown>>
  readonly env?: Readonly<Record<string, unknown>>
}

/** How a step ended: its result where it uses an action of ours, else what its script printed. */
export interface StepEnd {
  readonly name: string
  readonly outcome: string
  readonly result?: StepResult
  readonly printed?: string
}

/**
 * Runs the steps of a job that use this repository's actions, and its scripts with bash; other actions
 * are left out. Every step runs, as if each had `continue-on-error`.
 */
export async function runSteps(job: Job, steps: readonly WorkflowStep[]): Promise<StepEnd[]> {
  const ends: StepEnd[] = []
  const byId = new Map<string, StepEnd>()
  for (const step of steps) {
    const end = await runStep(job, step, (text) => fill(String(text), byId))
    if (end === undefined) continue
    ends.push(end)
    if (step.id !== undefined) byId.set(step.id, end)
  }
  return ends
}

async function runStep(
  job: Job,
  { id = '', name = id, uses = '', run, with: given = {}, env = {} }: WorkflowStep,
  filled: (text: unknown) => string,
): Promise<StepEnd | undefined> {
  const fillAll = (values: object) =>
    Object.fromEntries(Object.entries(values).map(([key, value]) => [key, filled(value)]))
  if (run !== undefined) {
    const { status, stderr } = spawnSync('bash', ['-ex', '-o', 'pipefail', '-c', run], {
      env: { PATH: process.env.PATH, ...fillAll(env) },
      encoding: 'utf8',
    })
    return { name, outcome: status === 0 ? 'success' : 'failure', printed: stderr }
  }
  if (!/^(?:\.\/|OWNER\/)/.test(uses)) return undefined
  const file = /\/emulator(?:@|$)/.test(uses) ? EMULATOR_ACTION_FILE : REPOSITORY_ACTION_FILE
  const result = await job.step(file, fillAll(given))
  return { name, outcome: result.conclusion, result }
}

function fill(text: string, byId: ReadonlyMap<string, StepEnd>): string {
  return text.replaceAll(
    /\$\{\{ steps\.([\w-]+)\.(?:outputs\.([\w-]+)|outcome) \}\}/g,
    (_, id: string, output: string | undefined) => {
      const end = byId.get(id)
      if (end === undefined) throw new Error(`no step before has the id ${id}`)
      return output === undefined ? end.outcome : (end.result?.outputs[output] ?? '')
    },
  )
}
