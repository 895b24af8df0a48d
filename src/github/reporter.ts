import { type Clock, whenAborted } from '../base/clock.ts'
import type { HttpClient } from '../net/request.ts'
import type { GitHubSettings } from '../settings/github.ts'
import { isUp } from '../state/state.ts'
import { Budget } from './budget.ts'
import { GitHubClient } from './client.ts'
import { StickyComment } from './comment.ts'
import { Comments } from './comments.ts'
import { DeploymentRecorder } from './deployment-record.ts'
import { DeploymentRecords } from './deployment-records.ts'
import { type GitHubEvent, readEvent } from './event.ts'
import { isFinal } from './failure.ts'
import { Lane } from './lane.ts'
import { afterPost, briefView, cleanView, type PostEnd, type RunView } from './run-view.ts'
import { readSaved, type SavedReport, writeSaved } from './saved.ts'
import { type FailedPart, warningFor } from './warning.ts'

export interface ReporterOptions {
  settings: GitHubSettings
  /** The input `group`; empty for none. */
  group: string
  environment: NodeJS.ProcessEnv
  http: HttpClient
  clock: Clock
  /** The present as milliseconds since 1970. */
  wallMs: () => number
  /** A text that no other record has. */
  newKey: () => string
  /** Removes secrets and makes one harmless line. */
  clean: (text: string) => string
  log: (line: string) => void
  warn: (message: string) => void
  /** Saves as JSON what the post step needs to go on; empty when there is nothing left to do. */
  save: (json: string) => void
  /** What an earlier step of this action saved. */
  saved?: string | undefined
}

/**
 * Keeps GitHub up to date while the run goes on: the record of the deployment and the comment on the pull
 * request. Every method but `close` returns at once, none throws, and nothing waits for GitHub before
 * `close`.
 */
export class GitHubReporter {
  readonly #options: ReporterOptions
  readonly #budget: Budget
  readonly #record: { lane: Lane; recorder: DeploymentRecorder } | undefined
  readonly #comment: { lane: Lane; sticky: StickyComment } | undefined
  #saved: SavedReport
  #isClosed = false
  /** From then on nothing is sent or saved any more. */
  #isOver = false
  /** What a cancelled run could not bring to GitHub. */
  #isLeftToPost = false
  #latest: RunView | undefined

  private constructor(options: ReporterOptions, event: GitHubEvent) {
    this.#options = options
    this.#budget = new Budget(options.clock)
    const saved = options.saved ? readSaved(options.saved) : undefined
    this.#saved = saved ?? {}
    const { settings, http, environment, wallMs } = options
    const { token, comment } = settings
    const { apiUrl } = event
    const budget = this.#budget
    const client = new GitHubClient({ token, apiUrl, http, environment, budget, wallMs })
    if (settings.environment !== '') {
      this.#record = { lane: new Lane(), recorder: this.#openRecorder(client, event, saved) }
    }
    if (comment)
      this.#comment = { lane: new Lane(), sticky: this.#openComment(client, event, saved) }
  }

  /**
   * @returns undefined where nothing is asked for, or where there is no GitHub or no token, which is
   *   logged or warned of
   */
  static open(options: ReporterOptions): GitHubReporter | undefined {
    const { settings, environment, log, warn } = options
    if (settings.environment === '' && !settings.comment) return undefined
    const event = readEvent(environment)
    if (!event) {
      log('This is not a run on GitHub, so environment and comment have no effect.')
      return undefined
    }
    if (settings.token === '') {
      warn('github-token is empty, so environment and comment have no effect.')
      return undefined
    }
    return new GitHubReporter(options, event)
  }

  /** The run is deploying. To be called when the create is on its way, and again when more is known. */
  started(view: RunView): void {
    const clean = this.#remember({ ...view, outcome: undefined })
    this.#addToRecord((recorder) => recorder.start(clean))
    this.#writeComment(clean, true)
  }

  /** What was deployed stays. Nothing is sent yet: the post step says so if this step is killed. */
  tookPlace(view: RunView): void {
    this.#remember(view)
  }

  /** The run has ended, in whatever way. */
  finished(view: RunView): void {
    const clean = this.#remember(view)
    this.#record?.recorder.hurry()
    this.#addToRecord((recorder) => recorder.finish(clean))
    this.#writeComment(clean, true)
  }

  /** With `operation: stop`: what the environment and the comment speak of was stopped. */
  stopped(view: RunView): void {
    const clean = cleanView({ ...view, outcome: 'stopped' }, this.#options.clean)
    this.#addToRecord((recorder) => recorder.stop(clean))
    this.#writeComment(clean, false)
  }

  /**
   * In the post step, after `open` with what the main step saved. A run that was killed is shown as
   * cancelled; what the main step could not bring to GitHub is brought there now.
   */
  finishedInPost({ endedIds, leftIds }: PostEnd): void {
    const { view } = this.#saved
    if (!view) return
    // The ids in a saved view were cleaned as well.
    const { clean } = this.#options
    this.finished(afterPost(view, { endedIds: endedIds.map(clean), leftIds: leftIds.map(clean) }))
  }

  /**
   * After `close`, when nothing that was deployed can be stopped by the post step any more. Until then
   * it hears of a success too: a cancel may come while GitHub is brought up to date.
   */
  forget(): void {
    if (!this.#isLeftToPost) this.#options.save('')
  }

  /**
   * Waits until GitHub is up to date, but no longer than `limitMs`; warns of what is not. Nothing is sent
   * after it.
   */
  async close(limitMs: number): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#budget.limit(limitMs)
    const lanes = [this.#record?.lane, this.#comment?.lane]
    const done = Promise.all(lanes.map((lane) => lane?.done))
    // The lanes end by themselves with the budget; whatever keeps one from it must not keep the step.
    await Promise.race([done, this.#whenOver()])
    this.#budget.end()
    this.#isOver = true
    const failed = this.#failures()
    this.#isLeftToPost = this.#isCutOff(failed)
    if (failed.length > 0 && !this.#isLeftToPost) this.#options.warn(warningFor(failed))
    if (!this.#mayBeStopped()) this.forget()
  }

  async #whenOver(): Promise<void> {
    await whenAborted(this.#budget.signal)
    // Requests that were just dropped say so first.
    await this.#options.clock.sleep(20)
  }

  #failures(): FailedPart[] {
    const parts = [
      { name: 'The deployment record', permission: 'deployments: write', part: this.#record },
      { name: 'The comment', permission: 'pull-requests: write', part: this.#comment },
    ]
    return parts.flatMap(({ name, permission, part }) => {
      const error = part?.lane.failure
      return error ? [{ name, permission, error }] : []
    })
  }

  #addToRecord(step: (recorder: DeploymentRecorder) => Promise<void>): void {
    const record = this.#record
    record?.lane.add(() => step(record.recorder))
  }

  #writeComment(view: RunView, mayCreate: boolean): void {
    const comment = this.#comment
    this.#latest = view
    comment?.lane.add(async () => {
      // A cancelled run that has not written anything until now has nothing to take back.
      const isNew = view.outcome !== 'cancelled' || this.#saved.comment?.id !== undefined
      // Only the newest state is of interest.
      if (view === this.#latest) await comment.sticky.write(view, mayCreate && isNew)
    })
  }

  /** A cancelled run has little time; what it did not manage is done, or warned of, by the post step. */
  #isCutOff(failed: readonly FailedPart[]): boolean {
    const isCancelled = this.#saved.view?.outcome === 'cancelled' && !this.#options.saved
    return isCancelled && failed.some(({ error }) => !isFinal(error))
  }

  #mayBeStopped(): boolean {
    return this.#options.saved === undefined && isUp(this.#saved.view?.outcome)
  }

  #remember(view: RunView): RunView {
    // Brief first: of many servers with many ports, cleaning all would take seconds.
    const clean = cleanView(briefView(view), this.#options.clean)
    this.#save({ view: clean })
    return clean
  }

  #save(change: SavedReport): void {
    this.#saved = { ...this.#saved, ...change }
    if (!this.#isOver) this.#options.save(writeSaved(this.#saved))
  }

  #openRecorder(client: GitHubClient, event: GitHubEvent, saved: SavedReport | undefined) {
    const { settings, group, newKey } = this.#options
    const { sha, isPreview, run, runUrl } = event
    const { environment, environmentUrl } = settings
    const records = new DeploymentRecords(client, event.repository)
    const onChange = (record: SavedReport['record']) => this.#save({ record })
    return new DeploymentRecorder(
      {
        records,
        environment,
        environmentUrl,
        group,
        sha,
        isPreview,
        run,
        runUrl,
        newKey,
        onChange,
      },
      saved?.record,
    )
  }

  #openComment(client: GitHubClient, event: GitHubEvent, saved: SavedReport | undefined) {
    const { group, wallMs, log } = this.#options
    const comments = new Comments(client, event.repository)
    const onChange = (comment: SavedReport['comment']) => this.#save({ comment })
    return new StickyComment(
      { comments, event, group, budget: this.#budget, wallMs, log, onChange },
      saved?.comment,
    )
  }
}
