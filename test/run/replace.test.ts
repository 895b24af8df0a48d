import { describe, expect, it } from 'vitest'
import type { Members } from '../../src/provider/groups.ts'
import { findOlder, replaceAfter } from '../../src/run/replace.ts'
import type { Run } from '../../src/run/run.ts'
import type { DeploySettings, Replacement } from '../../src/settings/model.ts'
import type { DeploymentState, RunState } from '../../src/state/state.ts'
import { seededRandom } from '../wait/random.ts'
import { ENDING, FakeProvider, READY } from './fake-provider.ts'
import { setStage } from './stage.ts'

const REPLACE: Replacement = {
  when: 'after-ready',
  reach: { kind: 'group', application: 'my-game', group: 'pr-12' },
}

/** What all runs share: the servers of one group, in the order in which they were created. */
class Group {
  readonly created: string[] = []
  readonly ended = new Set<string>()

  create(id: string): void {
    this.created.push(id)
  }

  get live(): string[] {
    return this.created.filter((id) => !this.ended.has(id))
  }
}

/** One run's way to the group: every request takes its time. */
class SlowProvider extends FakeProvider {
  readonly #group: Group
  readonly #pause: () => Promise<void>

  constructor(group: Group, pause: () => Promise<void>) {
    super()
    this.#group = group
    this.#pause = pause
  }

  readonly groups = {
    members: async (): Promise<Members> => {
      await this.#pause()
      const members = this.#group.live.map((id) => ({ id, tags: ['pr-12'] }))
      await this.#pause()
      return { members, unclear: [] }
    },
  }

  override async stop(id: string) {
    await this.#pause()
    this.#group.ended.add(id)
    return 'accepted' as const
  }

  override async observe(ids: readonly string[]) {
    return new Map(ids.map((id) => [id, this.#group.ended.has(id) ? ENDING : READY]))
  }
}

type Stage = ReturnType<typeof setStage>

/** A run that lists, creates a server, waits until it is ready, and then replaces what it listed. */
async function runOnce(group: Group, id: string, stage: Stage, random: () => number) {
  const pause = () => stage.clock.sleep(random() * 1_000)
  const settings: Partial<DeploySettings> = { replace: REPLACE, logLines: 0, logDir: undefined }
  const deployment: DeploymentState = {
    target: { name: id, where: '' },
    tag: `tag of ${id}`,
    id,
    outcome: 'failed',
    timeline: [],
    elapsedMs: 0,
  }
  const state: Partial<RunState> = { deployments: [deployment], stoppedIds: [] }
  const provider = new SlowProvider(group, pause)
  const run = { ...stage.context, provider, settings, state } as unknown as Run
  await pause()
  const older = await findOlder(run, REPLACE)
  await pause()
  group.create(id)
  await pause()
  await pause()
  // A server that somebody stopped meanwhile, and one in ten for another reason, does not come up.
  if (!group.ended.has(id) && random() > 0.1) deployment.outcome = 'succeeded'
  else group.ended.add(id)
  await replaceAfter(run, older)
  return { id, older: older.map((one) => one.id), stopped: state.stoppedIds ?? [] }
}

describe('runs of one group at the same time', () => {
  const seeds = Array.from({ length: 300 }, (_, index) => index + 1)

  it('never list each other, and leave a server wherever one came up', async () => {
    for (const seed of seeds) {
      const random = seededRandom(seed)
      const stage = setStage()
      const group = new Group()
      group.create('old')
      const count = 2 + Math.floor(random() * 3)
      const names = Array.from({ length: count }, (_, index) => `run ${index + 1}`)
      const runs = await stage.run(
        Promise.all(names.map((id) => runOnce(group, id, stage, random))),
      )
      const order = (id: string) => group.created.indexOf(id)
      for (const { id, older, stopped } of runs) {
        // Whatever a run stops was created before its own. Its own it stops where another one ended it.
        const others = stopped.filter((one) => one !== id || !group.ended.has(id))
        for (const one of others) expect(order(one)).toBeLessThan(order(id))
        for (const other of runs.filter(({ id: name }) => older.includes(name))) {
          expect(other.older, `seed ${seed}`).not.toContain(id)
        }
      }
      expect(group.live, `seed ${seed}`).not.toEqual([])
      expect(stage.runner.messages('warning')).toEqual([])
    }
  })
})
