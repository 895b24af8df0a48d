import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import type { EdgegapOptions } from '../emulator/edgegap/settings.ts'
import { findSshd } from '../emulator/tunnel/sshd.ts'
import type { StepResult } from '../harness/step-result.ts'
import { type Job, jobsOf, type OwnStep, type Workflow, workflows } from './documents.ts'
import { Stage } from './stage.ts'

interface Older {
  readonly tags: readonly string[]
  readonly application?: string
  readonly version?: string
  readonly isStopped: boolean
}

/** What is special about a workflow, by its title. */
interface Scene {
  readonly title: string
  /** How many of the servers that it started it leaves running. */
  readonly left?: number
  /** Tags of servers that somebody started before, and whether they are there afterwards. */
  readonly before?: readonly Older[]
  readonly account?: EdgegapOptions
  /** The tag of the image that players get in the end: that of the version prod. */
  readonly prod?: string
  /** The output of its last deploy. */
  readonly tunnel?: string
}

const olderIn = (tag: string) => ({ tags: [tag], isStopped: true })
const previewOf = (tag: string, isStopped: boolean) => ({
  tags: [tag],
  application: 'my-game-preview',
  version: 'base',
  isStopped,
})

const SCENES: readonly Scene[] = [
  { title: 'examples/self-hosted.yml', left: 1, tunnel: 'public' },
  { title: 'README.md: A first workflow', left: 1, before: [olderIn('main')] },
  { title: 'examples/deploy.yml', left: 1, before: [olderIn('main')] },
  {
    title: 'examples/pr-preview.yml',
    left: 1,
    before: [previewOf('pr-12', true), previewOf('pr-13', false)],
  },
  { title: 'examples/fork-deploy.yml', left: 1, before: [previewOf('pr-12', true)] },
  {
    title: 'examples/pr-preview-cleanup.yml',
    before: [previewOf('pr-12', true), previewOf('pr-13', false)],
  },
  {
    title: 'examples/pr-preview-cleaner.yml',
    before: [previewOf('pr-12', true), previewOf('pr-13', false)],
  },
  {
    title: 'docs/recipes.md: An account for one server',
    left: 1,
    account: { maxDeployments: 1 },
    before: [olderIn('anything')],
  },
  { title: 'examples/release.yml', prod: 'v1.5.0' },
  { title: 'examples/rollback.yml', prod: 'v1.4.0' },
  { title: 'docs/recipes.md: Build, deploy, test and promote in one job', prod: 'v1.5.0' },
  // Promoted and taken back.
  { title: 'docs/recipes.md: Roll back', prod: 'v1.4.1' },
  { title: 'docs/recipes.md: Many regions', left: 3, before: [olderIn('production')] },
  {
    title: 'examples/stop-at-night.yml',
    before: [olderIn('playtest'), { tags: ['staging'], isStopped: false }],
  },
  { title: 'docs/recipes.md: The webhook by your own relay or sshd', left: 1, tunnel: 'relay' },
  { title: 'examples/own-sshd.yml', left: 1, tunnel: findSshd().path ? 'ssh' : 'none' },
]

const all = workflows().filter((workflow) => jobsOf(workflow).some(({ steps }) => steps.length > 0))

describe('every step of ours in a workflow that users copy does what it is for', () => {
  for (const workflow of all) {
    test(workflow.title, async () => {
      await play(workflow, sceneOf(workflow))
    })
  }
})

test('every scene belongs to a workflow', () => {
  const titles = all.map(({ title }) => title)
  for (const { title } of SCENES) expect(titles).toContain(title)
})

function sceneOf({ title }: Workflow): Scene {
  return SCENES.find((scene) => scene.title === title) ?? { title }
}

async function play(workflow: Workflow, scene: Scene): Promise<void> {
  const { left = 0, before = [], account, prod = 'v1.4.1', tunnel } = scene
  await using stage = await Stage.start(account)
  const { edgegap } = stage
  const older = before.map(({ isStopped, ...order }) => ({
    isStopped,
    id: edgegap.addDeployment({ application: 'my-game', version: 'prod', ...order }).id,
  }))
  const values = stage.values()
  for (const job of jobsOf(workflow)) await playJob(stage, job, values, eventOf(workflow))
  if (tunnel !== undefined) expect(values['the last tunnel']).toBe(tunnel)
  expect(edgegap.catalogue.version('my-game', 'prod')?.fields.docker_tag).toBe(prod)
  const live = edgegap.live().map(({ id }) => id)
  for (const { id, isStopped } of older) expect(live.includes(id)).toBe(!isStopped)
  expect(live.length - older.filter(({ isStopped }) => !isStopped).length).toBe(left)
}

/** The steps of a job, each within the one before: post steps run in reverse order at its end. */
async function playJob(
  stage: Stage,
  job: Job,
  values: Record<string, string>,
  event: string,
): Promise<void> {
  for (const [name, value] of Object.entries(job.env)) {
    // Of other steps' sake too, which are not run: what is not known is left as it is.
    values[`env.${name}`] = fill(value, values, 'keep')
  }
  const playFrom = async (index: number): Promise<void> => {
    const step = job.steps[index]
    if (step === undefined) return
    const inputs = Object.fromEntries(
      Object.entries(step.inputs).map(([name, value]) => [name, fill(value, values)]),
    )
    await stage.run(step, inputs, event, async (main) => {
      expectOutcome(step, main)
      remember(step, main, values)
      await playFrom(index + 1)
    })
  }
  await playFrom(0)
  for (const [name, value] of Object.entries(job.outputs)) {
    values[`needs.${job.name}.outputs.${name}`] = fill(value, values, 'keep')
  }
}

function expectOutcome({ inputs, name }: OwnStep, { outputs }: StepResult): void {
  const { operation = 'deploy', 'dry-run': dryRun } = inputs
  const usual = operation === 'stop' ? 'stopped' : 'succeeded'
  expect(outputs.outcome, name).toBe(dryRun === 'true' ? 'planned' : usual)
}

function remember({ id }: OwnStep, { outputs }: StepResult, values: Record<string, string>): void {
  values['the last tunnel'] = outputs.tunnel ?? ''
  if (id === undefined) return
  for (const [name, value] of Object.entries(outputs)) values[`steps.${id}.outputs.${name}`] = value
  const [promoted] = JSON.parse(outputs.promoted || '[]') as { from: string }[]
  if (promoted) values[`fromJSON(steps.${id}.outputs.promoted)[0].from`] = promoted.from
}

/** @throws Error for an expression that the table does not have */
function fill(text: string, values: Readonly<Record<string, string>>, unknown?: 'keep'): string {
  return text.replaceAll(/\$\{\{\s*(.*?)\s*\}\}/g, (whole, expression: string) => {
    const value = values[expression]
    if (value === undefined && unknown !== 'keep') throw new Error(`No value for ${whole}`)
    return value ?? whole
  })
}

function eventOf({ text }: Workflow): string {
  const { on } = parse(text) as { on: string | Record<string, unknown> }
  return typeof on === 'string' ? on : (Object.keys(on)[0] ?? 'push')
}
