import { abortLater } from '../../../base/clock.ts'
import { ActionError, type ErrorKind, toActionError } from '../../../base/errors.ts'
import { retry } from '../../../base/retry.ts'
import { withoutStop } from '../../../base/sentence.ts'
import type { Call } from '../../call.ts'
import type { MovedVersion } from '../../versions.ts'
import { budget } from '../budget.ts'
import { type Image, isSameImage, showImage } from '../image.ts'
import type { RegistryLogin } from '../registry-login.ts'
import { canPause, fetchVersion, type VersionApi, versionPath } from './api.ts'
import { imageBody } from './body.ts'
import { writeRefusal } from './errors.ts'
import type { PlannedPromotion } from './plan.ts'
import { readBack } from './read-back.ts'
import { LINGER_MS, WRITE_PAUSES_MS, write } from './write.ts'

export interface PromotionResult {
  /** Those that were moved, in order, also when a later one failed. */
  readonly promoted: readonly MovedVersion[]
  /** Those that had the image already. */
  readonly unchanged: readonly string[]
  readonly warnings: readonly string[]
  /** Why one was not moved; those after it were left alone. */
  readonly error: ActionError | undefined
}

/** What happens to each version, as it happens. */
export interface PromotionNews {
  /** Right before the request that moves it: after a kill the log tells what may have been moved. */
  moving?(promotion: PlannedPromotion): void
  moved?(promotion: PlannedPromotion, moved: MovedVersion): void
  unchanged?(promotion: PlannedPromotion): void
}

/** How long reads may lag behind a move that was accepted. */
const READ_BACK_PAUSES_MS = [...WRITE_PAUSES_MS, 5_000]
/** Between reads that each have some tries of their own. */
const OUTAGE_PAUSES_MS: readonly number[] = [2_000, 4_000, 8_000, 8_000]
const PASSING: ReadonlySet<ErrorKind> = new Set([
  'rate-limited',
  'server-fault',
  'unreachable',
  'connection-lost',
])

/**
 * Moves versions to the deployed image, one after the other. Each is read right before, and left
 * alone if it has another image than when the plan was made; and read again afterwards. Never throws.
 */
export async function promoteVersions(
  api: VersionApi,
  promotions: readonly PlannedPromotion[],
  login: RegistryLogin | undefined,
  call: Call,
  news: PromotionNews = {},
): Promise<PromotionResult> {
  const rest = budget(api.clock, call)
  const promoted: MovedVersion[] = []
  const unchanged: string[] = []
  const warnings: string[] = []
  for (const [index, promotion] of promotions.entries()) {
    try {
      const moving = () => news.moving?.(promotion)
      const end = await promote({ api, promotion, login, moving }, rest())
      if (end === 'unchanged') {
        unchanged.push(promotion.version)
        news.unchanged?.(promotion)
        continue
      }
      promoted.push(toPromoted(promotion))
      news.moved?.(promotion, toPromoted(promotion))
      if (end === 'unconfirmed') warnings.push(unconfirmed(promotion))
    } catch (thrown) {
      const left = promotions.slice(index + 1).map(({ version }) => version)
      const error = withContext(toActionError(thrown), promoted, left)
      return { promoted, unchanged, warnings, error }
    }
  }
  return { promoted, unchanged, warnings, error: undefined }
}

interface Move {
  api: VersionApi
  promotion: PlannedPromotion
  login: RegistryLogin | undefined
  moving: () => void
}

/** @throws ActionError when it was not moved */
async function promote(move: Move, call: Call): Promise<'moved' | 'unchanged' | 'unconfirmed'> {
  const { api, promotion, moving } = move
  const { version, from, to } = promotion
  const rest = budget(api.clock, call)
  const before = await imageOf(api, version, rest())
  if (isSameImage(before, to)) return 'unchanged'
  if (!isSameImage(before, from)) throw movedBySomebody(promotion, before)
  if (call.signal.aborted) throw givenUp(promotion)
  // From here on a cancel waits for the answer.
  const signal = abortLater(call.signal, LINGER_MS, api.clock)
  const afterCancel = () => ({ ...rest(), signal })
  moving()
  for (let attempt = 0; ; attempt++) {
    const result = await send(move, afterCancel())
    if (result.kind === 'done') return await confirm(api, promotion, afterCancel())
    const { error } = result
    const now = await imageOf(api, version, afterCancel()).catch(() => {
      throw fateUnknown(promotion, error)
    })
    if (isSameImage(now, to)) return 'moved'
    if (!isSameImage(now, from)) throw movedBySomebody(promotion, now)
    const pauseMs = WRITE_PAUSES_MS[attempt]
    if (pauseMs === undefined || !(await canPause(api, error, pauseMs, rest()))) throw error
  }
}

/** @throws ActionError when Edgegap refuses to move it */
async function send({ api, promotion, login }: Move, call: Call) {
  const { version, to } = promotion
  const request = { path: versionPath(api, version), body: imageBody(to, login) }
  const what = `Edgegap did not move the version ${version} to ${showImage(to)}`
  const result = await write(api, { ...request, method: 'PATCH' }, what, call)
  if (result.kind !== 'refused') return result
  throw writeRefusal(api, result.reply, what, { image: to, hasLogin: login !== undefined })
}

function givenUp({ version }: PlannedPromotion): ActionError {
  return new ActionError({
    kind: 'cancelled',
    what: `The run was cancelled before the version ${version} was moved`,
  })
}

/** @throws ActionError when it shows another image all the same */
async function confirm(
  api: VersionApi,
  promotion: PlannedPromotion,
  call: Call,
): Promise<'moved' | 'unconfirmed'> {
  const move = {
    ...promotion,
    next: 'Look at the version in the dashboard: another job may have moved it in the same moment.',
  }
  const read = await readBack(api, move, READ_BACK_PAUSES_MS, call)
  if (read.kind === 'other') throw read.error
  return read.kind === 'moved' ? 'moved' : 'unconfirmed'
}

/**
 * The servers are up by now, and older ones may be gone: an outage of half a minute must not leave the
 * release half done.
 */
async function imageOf(api: VersionApi, name: string, call: Call): Promise<Image> {
  const rest = budget(api.clock, call)
  const version = await retry(() => fetchVersion(api, name, rest()), {
    clock: api.clock,
    signal: call.signal,
    withinMs: call.deadlineMs,
    maxAttempts: OUTAGE_PAUSES_MS.length + 1,
    pauseMs: (attempt) => OUTAGE_PAUSES_MS[attempt - 1] ?? 0,
    isFinal: (thrown) => !PASSING.has(toActionError(thrown).kind),
  })
  if (version !== undefined) return version.image
  throw new ActionError({
    kind: 'not-found',
    what: `The version ${name} does not exist any more`,
    next: 'It was there when this run began: see who deleted it.',
  })
}

function movedBySomebody({ version, from }: PlannedPromotion, now: Image): ActionError {
  return new ActionError({
    kind: 'refused',
    what: `Somebody moved the version ${version} from ${showImage(from)} to ${showImage(now)} since this run began, so it was left alone`,
    next: 'Check which image it should have, and run the job again if it is this one.',
  })
}

function fateUnknown({ version, from, to }: PlannedPromotion, error: ActionError): ActionError {
  return new ActionError({
    kind: error.kind,
    what: `It is not known whether the version ${version} was moved from ${showImage(from)} to ${showImage(to)}: ${error.message}`,
    next: 'Look at the version in the dashboard, or run the job again.',
    request: error.request,
  })
}

/** The first failure, with what was done before it and what was not. */
function withContext(
  error: ActionError,
  promoted: readonly MovedVersion[],
  left: readonly string[],
): ActionError {
  const done = promoted.map(({ version, to }) => `${version} to ${to}`).join(', ')
  const parts = [
    withoutStop(error.message),
    done && `moved before it: ${done}`,
    left.length > 0 && `not moved: ${left.join(', ')}`,
  ]
  return new ActionError({
    kind: error.kind,
    what: parts.filter(Boolean).join('; '),
    ...(error.next !== undefined && { next: error.next }),
    request: error.request,
    cause: error,
  })
}

function toPromoted({ version, from, to }: PlannedPromotion): MovedVersion {
  return { version, from: showImage(from), to: showImage(to) }
}

function unconfirmed({ version }: PlannedPromotion): string {
  return `The version ${version} was moved, as Edgegap answered, and has not been seen with its new image.`
}
