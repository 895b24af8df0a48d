import { expect } from 'vitest'
import { annotations, type Edgegap } from '../action/deploy.ts'
import type { JobResult } from '../harness/job.ts'
import type { StepResult } from '../harness/step-result.ts'

/** What the output `deployments` says of one. */
interface Reported {
  readonly id: string
  readonly outcome: string
}

/** The step came to its own end; not so one that was killed, or had to be. */
export function isDone({ signal }: StepResult): boolean {
  return signal === null
}

/** Ids that a step said are up, and stay up. */
export function namedIn({ main, post }: JobResult): string[] {
  const up = reported(main).filter(({ outcome }) => outcome === 'succeeded')
  return [...up.map(({ id }) => id), ...staying(post)]
}

/** Everything that main and post step said of servers is so, by the emulator's own books. */
export function expectTrueWords(edgegap: Edgegap, { main, post }: JobResult): void {
  const live = new Set(edgegap.live().map(({ id }) => id))
  const stopped = edgegap.stopped().map(({ id }) => id)
  for (const { id, outcome } of isDone(main) ? reported(main) : []) {
    if (id) expect(live.has(id), `${id} is ${outcome}`).toBe(outcome === 'succeeded')
  }
  expect(stopped).toEqual(expect.arrayContaining(stoppedIds(main)))
  if (!post) return
  for (const id of staying(post)) expect([...live]).toContain(id)
  const said = [...post.rawStdout.matchAll(/^Stopped (\S+)\.$/gm)].map(([, id]) => id)
  expect(stopped).toEqual(expect.arrayContaining(said))
}

export function stoppedIds({ outputs }: StepResult): string[] {
  return JSON.parse(outputs['stopped-ids'] || '[]') as string[]
}

function reported({ outputs }: StepResult): Reported[] {
  return JSON.parse(outputs.deployments || '[]') as Reported[]
}

function staying(post: StepResult | undefined): string[] {
  const notices = post ? annotations(post, 'notice').join('\n') : ''
  return [...notices.matchAll(/(\S+) stays up:/g)].map(([, id = '']) => id)
}
