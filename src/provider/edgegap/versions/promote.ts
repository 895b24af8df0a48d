import { ActionError, type ErrorKind, toActionError } from '../../../base/errors.ts'
import type { Call } from '../../provider.ts'
import { budget } from '../budget.ts'
import { type Image, isSameImage, showImage } from '../image.ts'
import type { RegistryLogin } from '../version-inputs.ts'
import { canPause, fetchVersion, type VersionApi, versionPath } from './api.ts'
import { imageBody } from './body.ts'
import { writeRefusal } from './errors.ts'
import type { PlannedPromotion } from './plan.ts'
import { write } from './write.ts'

/** A version that was moved, with what a rollback needs. */
export interface Promoted {
  readonly version: string
  readonly from: string
  readonly to: string
}

export interface PromotionResult {
  /** Those that were moved, in order, also when a later one failed. */
  readonly promoted: readonly Promoted[]
  /** Those that had the image already. */
  readonly unchanged: readonly string[]
  readonly warnings: readonly string[]
  /** Why one was not moved; those after it were left alone. */
  readonly error: ActionError | undefined
}

const PAUSES_MS = [500, 1_000, 2_000, 4_000]

/**
 * Moves versions to the deployed image, one after the other. Each is read right before, and left
 * alone if it has another image than when the plan was made; and read again afterwards. Never throws.
 */
export async function promoteVersions(
  api: VersionApi,
  promotions: readonly PlannedPromotion[],
  login: RegistryLogin | undefined,
  call: Call,
): Promise<PromotionResult> {
  const rest = budget(api.clock, call)
  const promoted: Promoted[] = []
  const unchanged: string[] = []
  const warnings: string[] = []
  for (const [index, promotion] of promotions.entries()) {
    try {
      const end = await promote(api, promotion, login, rest())
      if (end === 'unchanged') unchanged.push(promotion.version)
      else promoted.push(toPromoted(promotion))
      if (end === 'unconfirmed') warnings.push(unconfirmed(promotion))
    } catch (thrown) {
      const left = promotions.slice(index + 1).map(({ version }) => version)
      const error = withContext(toActionError(thrown), promoted, left)
      return { promoted, unchanged, warnings, error }
    }
  }
  return { promoted, unchanged, warnings, error: undefined }
}

/** @throws ActionError when it was not moved */
async function promote(
  api: VersionApi,
  promotion: PlannedPromotion,
  login: RegistryLogin | undefined,
  call: Call,
): Promise<'moved' | 'unchanged' | 'unconfirmed'> {
  const rest = budget(api.clock, call)
  const { version, from, to } = promotion
  const before = await imageOf(api, version, rest())
  if (isSameImage(before, to)) return 'unchanged'
  if (!isSameImage(before, from)) throw movedBySomebody(promotion, before)
  for (let attempt = 0; ; attempt++) {
    const request = { path: versionPath(api, version), body: imageBody(to, login) }
    const what = `Edgegap did not move the version ${version} to ${showImage(to)}`
    const result = await write(api, { ...request, method: 'PATCH' }, what, rest())
    if (result.kind === 'refused') {
      throw writeRefusal(api, result.reply, what, { image: to, hasLogin: login !== undefined })
    }
    if (result.kind === 'done') return await readBack(api, promotion, rest())
    const { error } = result
    const now = await imageOf(api, version, rest()).catch(() => {
      throw fateUnknown(promotion, error)
    })
    if (isSameImage(now, to)) return 'moved'
    if (!isSameImage(now, from)) throw movedBySomebody(promotion, now)
    const pauseMs = PAUSES_MS[attempt]
    if (pauseMs === undefined || !(await canPause(api, error, pauseMs, rest()))) throw error
  }
}

async function readBack(
  api: VersionApi,
  { version, to }: PlannedPromotion,
  call: Call,
): Promise<'moved' | 'unconfirmed'> {
  const now = await imageOf(api, version, call).catch(() => undefined)
  if (now === undefined) return 'unconfirmed'
  if (isSameImage(now, to)) return 'moved'
  throw new ActionError({
    kind: 'refused',
    what: `Edgegap accepted to move the version ${version} to ${showImage(to)}, and shows ${showImage(now)} all the same`,
    next: 'Look at the version in the dashboard: another job may have moved it in the same moment.',
  })
}

async function imageOf(api: VersionApi, name: string, call: Call): Promise<Image> {
  const version = await fetchVersion(api, name, call)
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
    ...(error.request !== undefined && { request: error.request }),
  })
}

/** The first failure, with what was done before it and what was not. */
function withContext(
  error: ActionError,
  promoted: readonly Promoted[],
  left: readonly string[],
): ActionError {
  const done = promoted.map(({ version, to }) => `${version} to ${to}`).join(', ')
  const parts = [
    error.message.replace(/\.$/, ''),
    done && `moved before it: ${done}`,
    left.length > 0 && `not moved: ${left.join(', ')}`,
  ]
  const kind: ErrorKind = error.kind
  return new ActionError({
    kind,
    what: parts.filter(Boolean).join('; '),
    ...(error.next !== undefined && { next: error.next }),
    ...(error.request !== undefined && { request: error.request }),
    cause: error,
  })
}

function toPromoted({ version, from, to }: PlannedPromotion): Promoted {
  return { version, from: showImage(from), to: showImage(to) }
}

function unconfirmed({ version }: PlannedPromotion): string {
  return `The version ${version} was moved, and could not be read afterwards.`
}
