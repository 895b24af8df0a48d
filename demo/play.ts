import type { JobResult } from '../test/harness/job.ts'
import type { PageEntry } from './page.ts'
import type { Scene } from './scenes.ts'
import type { SceneEnd } from './table.ts'

export interface PlayOptions {
  /** Called with each scene's title before it is played: it may take some seconds. */
  readonly begin: (title: string) => void
  readonly show: (job: JobResult) => void
  /** Said of a scene that could not be played to its end. */
  readonly complain: (message: string) => void
  /** Once aborted, no further scene is begun. */
  readonly interrupted: AbortSignal
}

export interface Played {
  /** One for each scene given, also for those that were not played. */
  readonly ends: readonly SceneEnd[]
  readonly pages: readonly PageEntry[]
}

/** Plays the scenes one after the other. One that throws counts as not as expected; the next go on. */
export async function play(scenes: readonly Scene[], options: PlayOptions): Promise<Played> {
  const ends: SceneEnd[] = []
  const pages: PageEntry[] = []
  for (const scene of scenes) {
    const { title, ends: expected } = scene
    const startedAtMs = performance.now()
    const job = options.interrupted.aborted ? undefined : await playOne(scene, options)
    const seconds = (performance.now() - startedAtMs) / 1000
    const outcome = job?.main.outputs.outcome ?? ''
    ends.push({ title, ends: expected, outcome, exitCode: job?.main.exitCode ?? null, seconds })
    if (job) pages.push({ title, summary: job.main.summary })
  }
  return { ends, pages }
}

async function playOne(scene: Scene, options: PlayOptions): Promise<JobResult | undefined> {
  options.begin(scene.title)
  try {
    const job = await scene.run()
    options.show(job)
    return job
  } catch (error) {
    const reason = error instanceof Error ? (error.stack ?? error.message) : String(error)
    options.complain(`This scene could not be played: ${reason}`)
    return undefined
  }
}
