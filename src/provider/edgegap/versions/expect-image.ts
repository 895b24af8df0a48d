import { ActionError } from '../../../base/errors.ts'
import type { Call } from '../../call.ts'
import { budget } from '../budget.ts'
import { type Image, isSameImage, showImage } from '../image.ts'
import { canPause, fetchVersion, type VersionApi } from './api.ts'
import { WRITE_PAUSES_MS } from './write.ts'

/** The image that a version has to have, and the one that it had before this run moved it. */
export interface ExpectedImage {
  readonly image: Image
  readonly previousImage: Image | undefined
}

/**
 * Reads a version whose servers were just created. Two jobs may move one version in the same minute:
 * then the server of the first has the image of the second, and would be reported, and promoted, as
 * the first one's. The image from before is no proof: reads may be behind for some seconds.
 *
 * @throws ActionError when the version has another image
 */
export async function expectImage(
  api: VersionApi,
  version: string,
  { image, previousImage }: ExpectedImage,
  call: Call,
): Promise<void> {
  const rest = budget(api.clock, call)
  for (let read = 0; ; read += 1) {
    const now = (await fetchVersion(api, version, rest()).catch(() => undefined))?.image
    if (now === undefined || isSameImage(now, image)) return
    const error = movedMeanwhile(version, image, now)
    const pauseMs = WRITE_PAUSES_MS[read]
    const isBehind = previousImage !== undefined && isSameImage(now, previousImage)
    if (!isBehind || pauseMs === undefined) throw error
    if (!(await canPause(api, error, pauseMs, rest()))) return
  }
}

function movedMeanwhile(version: string, image: Image, now: Image): ActionError {
  return new ActionError({
    kind: 'refused',
    what: `Somebody moved the version ${version} to ${showImage(now)} while this step deployed it, so its server may not run ${showImage(image)}`,
    next: 'Let one job at a time move a version (concurrency), or give each image a version of its own. Then run the job again.',
  })
}
