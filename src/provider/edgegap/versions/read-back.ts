import { ActionError } from '../../../base/errors.ts'
import type { Call } from '../../call.ts'
import { budget } from '../budget.ts'
import { type Image, isSameImage, showImage } from '../image.ts'
import { canPause, fetchVersion, type VersionApi } from './api.ts'

/** A move that Edgegap has accepted. */
export interface AcceptedMove {
  readonly version: string
  /** Undefined where nobody knows. */
  readonly from: Image | undefined
  readonly to: Image
  /** What the user can do when it shows another image. */
  readonly next: string
}

/** What a version that was moved shows afterwards. */
export type ReadBack =
  | { readonly kind: 'moved' }
  /** It could not be read. */
  | { readonly kind: 'unread' }
  /** Still the image from before, and no time was left to read it again. */
  | { readonly kind: 'behind'; readonly error: ActionError }
  /** Another image, or still the one from before after all pauses. */
  | { readonly kind: 'other'; readonly error: ActionError }

/**
 * Reads a version that was moved until it shows the new image: reads may show the one from before for
 * some seconds.
 *
 * @param pausesMs between the reads
 */
export async function readBack(
  api: VersionApi,
  move: AcceptedMove,
  pausesMs: readonly number[],
  call: Call,
): Promise<ReadBack> {
  const { version, from, to } = move
  const rest = budget(api.clock, call)
  for (let read = 0; ; read += 1) {
    const now = (await fetchVersion(api, version, rest()).catch(() => undefined))?.image
    if (now === undefined) return { kind: 'unread' }
    if (isSameImage(now, to)) return { kind: 'moved' }
    const error = shownOtherwise(move, now)
    const pauseMs = pausesMs[read]
    const isBehind = from !== undefined && isSameImage(now, from)
    if (!isBehind || pauseMs === undefined) return { kind: 'other', error }
    if (!(await canPause(api, error, pauseMs, rest()))) return { kind: 'behind', error }
  }
}

function shownOtherwise({ version, to, next }: AcceptedMove, now: Image): ActionError {
  return new ActionError({
    kind: 'refused',
    what: `Edgegap accepted the move of the version ${version} to ${showImage(to)}, and shows ${showImage(now)} all the same`,
    next,
  })
}
