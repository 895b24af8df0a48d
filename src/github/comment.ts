import { ActionError, toActionError } from '../base/errors.ts'
import type { Budget } from './budget.ts'
import { buildCommentBody, groupInMarker, type Marker } from './comment-body.ts'
import { type Author, type Comments, isSameAuthor, type MarkedComment } from './comments.ts'
import type { GitHubEvent } from './event.ts'
import { isAmbiguous } from './failure.ts'
import { compareRuns, isSuperseded, runName } from './run-order.ts'
import type { RunView } from './run-view.ts'

export interface CommentOptions {
  comments: Comments
  event: GitHubEvent
  /** One comment for each; empty is one as well. */
  group: string
  budget: Budget
  /** The present as milliseconds since 1970. */
  wallMs: () => number
  log: (line: string) => void
  onChange: (saved: SavedComment) => void
}

/** What the post step needs to go on. */
export interface SavedComment {
  /** Null: it was looked for and there is none. */
  pull?: number | null
  id?: number
}

/** A write of another run that is on its way arrives within this time. */
const CONTENDED_MS = 400
/** Comments are deleted by people and overwritten by other runs; more often than this is no accident. */
const TRIES = 4
/** How far a runner's clock may be wrong. */
const CLOCK_ERROR_MS = 600_000

/**
 * The one comment of a group on the pull request.
 *
 * A comment is ours when it begins with our marker and was written by the account that owns the token.
 * Two runs that are at it at once see each other by their markers: the newest run's comment stays, every
 * other one is deleted, and the older run writes no more. GitHub has no conditional writes, so a run
 * that has seen another one at work reads its last words again after it wrote them.
 */
export class StickyComment {
  readonly #options: CommentOptions
  #saved: SavedComment
  /** Undefined until it was needed. */
  #me: Author | undefined
  #isMeAsked = false
  /** Another run was seen that has not ended. */
  #isContended = false
  /** The newer runs that had ended before this one wrote anything; undefined until the first list. */
  #overBefore: Set<string> | undefined
  #firstListAtMs: number | undefined
  readonly #logged = new Set<string>()

  constructor(options: CommentOptions, saved: SavedComment | undefined) {
    this.#options = options
    this.#saved = saved ?? {}
    // The post step comes long after the start: whatever is newer by then is newer.
    if (saved) this.#overBefore = new Set()
  }

  /**
   * Brings the comment to this state, unless a newer run has it.
   *
   * @param mayCreate false leaves a pull request without our comment as it is
   * @throws ActionError
   */
  async write(view: RunView, mayCreate: boolean): Promise<void> {
    const pull = await this.#findPull()
    if (pull === undefined) return
    const marker = this.#markerOf(view)
    let isWritten = false
    let lost: ActionError | undefined
    for (let round = 0; round < TRIES; round += 1) {
      const [current, ...others] = await this.#ours(pull)
      for (const { id } of others) await this.#options.comments.delete(id)
      if (current && this.#isNewer(current.marker)) {
        return this.#logOnce('A newer run keeps the comment on the pull request up to date.')
      }
      if (current) this.#remember({ id: current.id })
      if (isWritten && current && isSameState(current.marker, marker)) return
      // One that was just created may not be listed yet.
      if (!current && (isWritten || !mayCreate)) return this.#checkIdentity(view)
      const end = await this.#put(pull, current, this.#body(view, marker))
      lost = typeof end === 'string' ? undefined : end
      isWritten ||= lost === undefined
      if (end === 'updated' && !(this.#isContended && marker.isOver)) return
      // A new one has to be compared with what another run may have created meanwhile.
      if (end !== 'created' && !(await this.#options.budget.pause(CONTENDED_MS))) break
    }
    if (lost) throw lost
  }

  /** @returns how the body got there, or why it may not have got there */
  async #put(
    pull: number,
    current: MarkedComment | undefined,
    body: string,
  ): Promise<'updated' | 'created' | ActionError> {
    const { comments } = this.#options
    const known = current?.id ?? this.#saved.id
    if (known !== undefined && (await comments.update(known, body))) return 'updated'
    if (current) return deletedMeanwhile()
    try {
      const created = await comments.create(pull, body)
      this.#me = created.author
      // Now that we know for certain who we are, older ones of ours are looked for as well.
      this.#firstListAtMs = undefined
      this.#remember({ id: created.id })
      return 'created'
    } catch (thrown) {
      const error = toActionError(thrown)
      // It may be there all the same, which the next list shows. Of a reply that is odd there is no end.
      if (isAmbiguous(error) && error.kind !== 'malformed-reply') return error
      throw error
    }
  }

  /** Our comments of this group, that of the newest run first, the oldest of one run before others. */
  async #ours(pull: number): Promise<MarkedComment[]> {
    const listed = await this.#list(pull)
    const candidates = listed.filter(
      ({ marker }) => marker.group === groupInMarker(this.#options.group),
    )
    if (candidates.length === 0) return []
    const me = await this.#findMe()
    const ours = candidates
      .filter(({ author }) => me !== undefined && isSameAuthor(author, me))
      .sort((a, b) => compareRuns(b.marker.run, a.marker.run) || a.id - b.id)
    this.#notice(ours)
    return ours
  }

  #notice(ours: readonly MarkedComment[]): void {
    const { run } = this.#options.event
    const others = ours
      .map(({ marker }) => marker)
      .filter(({ run: b }) => compareRuns(run, b) !== 0)
    if (others.some(({ isOver }) => !isOver)) this.#isContended = true
    const over = others.filter(({ isOver }) => isOver).map((other) => runName(other.run))
    this.#overBefore ??= new Set(over)
  }

  /** All of the first time; then those that changed since, which ours did, unless it is gone. */
  async #list(pull: number): Promise<MarkedComment[]> {
    const { comments, wallMs } = this.#options
    const firstAtMs = this.#firstListAtMs
    this.#firstListAtMs ??= wallMs()
    if (firstAtMs !== undefined && this.#saved.id !== undefined) {
      const since = new Date(firstAtMs - CLOCK_ERROR_MS).toISOString()
      const changed = await comments.list(pull, since)
      if (changed.some(({ id }) => id === this.#saved.id)) return changed
    }
    return await comments.list(pull)
  }

  /** Asked only where a comment with our marker is there already. */
  async #findMe(): Promise<Author | undefined> {
    if (!this.#me && !this.#isMeAsked) {
      this.#me = await this.#options.comments.viewer()
      this.#isMeAsked = true
    }
    return this.#me
  }

  /** @throws ActionError where a comment to be edited is among those of which nobody tells whose they are */
  #checkIdentity({ outcome }: RunView): void {
    if (outcome !== 'stopped' || !this.#isMeAsked || this.#me) return
    throw new ActionError({
      kind: 'refused',
      what: 'GitHub does not tell which comments were written with this token',
    })
  }

  async #findPull(): Promise<number | undefined> {
    const { event, comments } = this.#options
    if (this.#saved.pull === undefined) {
      const { pullNumber, pullSearch, sha } = event
      const found =
        pullNumber ?? (pullSearch ? await comments.findPull(pullSearch, sha) : undefined) ?? null
      this.#remember({ pull: found })
    }
    if (this.#saved.pull) return this.#saved.pull
    this.#logOnce('This run belongs to no open pull request, so there is no comment to write.')
    return undefined
  }

  #isNewer({ run }: Marker): boolean {
    const wasOver = this.#overBefore?.has(runName(run)) ?? false
    return isSuperseded(this.#options.event.run, run, wasOver)
  }

  #markerOf({ outcome }: RunView): Marker {
    const { group, event } = this.#options
    return { group, run: event.run, isOver: outcome !== undefined }
  }

  #body(view: RunView, marker: Marker): string {
    const { sha, commitUrl, runUrl } = this.#options.event
    return buildCommentBody(view, {
      marker,
      sha,
      commitUrl,
      runUrl,
      wallMs: this.#options.wallMs(),
    })
  }

  #remember(change: SavedComment): void {
    this.#saved = { ...this.#saved, ...change }
    this.#options.onChange(this.#saved)
  }

  #logOnce(line: string): void {
    if (!this.#logged.has(line)) this.#options.log(line)
    this.#logged.add(line)
  }
}

function deletedMeanwhile(): ActionError {
  return new ActionError({ kind: 'not-found', what: 'it was deleted whenever it was written' })
}

function isSameState(a: Marker, b: Marker): boolean {
  return compareRuns(a.run, b.run) === 0 && a.isOver === b.isOver
}
