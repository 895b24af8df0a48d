import { ActionError } from '../../../base/errors.ts'
import type { Call } from '../../call.ts'
import { type Image, isSameImage, showImage } from '../image.ts'
import { hintAtNumber, type VersionInputs } from '../version-inputs.ts'
import { expectApplication, fetchVersion, listVersions, type VersionApi } from './api.ts'
import { type Decision, decideVersion } from './decide.ts'
import { conflict } from './errors.ts'
import { findPrunable, type Pruning, planPruning, tooFew } from './prune.ts'
import { checkTag, type TagCheck } from './registry-tags.ts'
import { type Change, notCarriedOver } from './traits.ts'
import type { Version } from './version.ts'

/** What a run will do to the versions of its application. Nothing was sent for it but reads. */
export interface VersionPlan {
  readonly version: string
  readonly action: 'created' | 'updated' | 'reused' | 'unmanaged'
  /** The image that is deployed; undefined where nobody needed to know. */
  readonly image: Image | undefined
  /** The image that an updated version had before. */
  readonly previousImage: Image | undefined
  /** What is created or changed, field by field, without secret values. */
  readonly changes: readonly Change[]
  /** What Edgegap's registry says of the image's tag. */
  readonly tag: TagCheck
  readonly promotions: readonly PlannedPromotion[]
  readonly pruning: Pruning | undefined
  /** Versions that would be deleted; known only where the plan was asked to find out. */
  readonly deletions: readonly string[]
  /** How many versions the application has; undefined where the list was not read. */
  readonly versionCount: number | undefined
  readonly warnings: readonly string[]
  /** For `ensureVersion`: holds secrets, not for the log. */
  readonly ensure:
    | {
        readonly image: Image
        readonly decision: Decision
        readonly template: Version | undefined
      }
    | undefined
}

/** An existing version that is to be moved to the deployed image. */
export interface PlannedPromotion {
  readonly version: string
  readonly from: Image
  readonly to: Image
  /** What it keeps, and the deployed version has otherwise. */
  readonly notCarriedOver: readonly Change[]
}

interface Readings {
  existing: Version | undefined
  template: Version | undefined
  promoted: readonly (Version | undefined)[]
  listed: readonly Version[] | undefined
  tag: TagCheck
}

/**
 * Finds out what has to be done. Sends reads only, side by side.
 *
 * @param isPreflight reads also what only a dry run shows: the version that is used as it is, the
 *   number of versions, and which of them would be deleted
 * @throws ActionError when the plan cannot be carried out: the application, a version or the tag of
 *   the image is missing, another image is in the version, or Edgegap refuses to be read
 */
export async function planVersion(
  api: VersionApi,
  settings: VersionInputs,
  isPreflight: boolean,
  call: Call,
): Promise<VersionPlan> {
  const readings = await readAll(api, settings, isPreflight, call)
  const { image } = settings
  if (image === undefined) return await planUnmanaged(api, settings, readings, isPreflight, call)
  const decision = decide(settings, image, readings)
  const base = {
    version: settings.version,
    action: decision.action,
    image,
    previousImage: decision.previousImage,
    changes: decision.changes,
    tag: readings.tag,
    promotions: planPromotions(api, settings, { ...decision.traits, image }, readings),
    ensure: { image, decision, template: readings.template },
  }
  const warnings = [...decision.warnings, ...warnOfTag(image, readings.tag, readings.existing)]
  const isCreating = decision.action === 'created'
  const pruning = await planDeletions(api, settings, readings, { isCreating, isPreflight }, call)
  return { ...base, ...pruning, warnings: [...warnings, ...pruning.warnings] }
}

async function planUnmanaged(
  api: VersionApi,
  settings: VersionInputs,
  readings: Readings,
  isPreflight: boolean,
  call: Call,
): Promise<VersionPlan> {
  const { existing } = readings
  if (existing === undefined && needsExisting(settings, isPreflight)) {
    throw missing(api, settings.version, 'version')
  }
  const pruning = await planDeletions(
    api,
    settings,
    readings,
    { isCreating: false, isPreflight },
    call,
  )
  const isInactive = existing !== undefined && !existing.isActive
  const image = existing?.image
  const tag = image && isPreflight ? await checkTag(api, image, call) : readings.tag
  return {
    version: settings.version,
    action: 'unmanaged',
    image,
    tag,
    previousImage: undefined,
    changes: [],
    promotions: existing ? planPromotions(api, settings, existing, readings) : [],
    ensure: undefined,
    ...pruning,
    warnings: [
      ...(isInactive ? [`The version ${settings.version} is not active.`] : []),
      ...(image ? warnOfTag(image, tag, existing) : []),
      ...pruning.warnings,
    ],
  }
}

function needsExisting({ promote }: VersionInputs, isPreflight: boolean): boolean {
  return isPreflight || promote.length > 0
}

async function readAll(
  api: VersionApi,
  settings: VersionInputs,
  isPreflight: boolean,
  call: Call,
): Promise<Readings> {
  const { image, version, versionFrom, promote, keepVersions } = settings
  const asked = new Map<string, Promise<Version | undefined>>()
  const fetch = (name: string) => {
    const reading = asked.get(name) ?? fetchVersion(api, name, call)
    asked.set(name, reading)
    return reading
  }
  const isNeeded = image !== undefined || needsExisting(settings, isPreflight)
  const [existing, template, promoted, listed, tag] = await Promise.all([
    isNeeded ? fetchOrCheck(api, fetch(version), call) : undefined,
    image !== undefined && versionFrom !== undefined ? fetch(versionFrom) : undefined,
    Promise.all(promote.map(fetch)),
    keepVersions !== undefined || isPreflight ? listVersions(api, call) : undefined,
    image !== undefined ? checkTag(api, image, call) : ({ kind: 'unknown' } as const),
  ])
  return { existing, template, promoted, listed, tag }
}

/** A version that is missing may be one of an application that is: that is another mistake. */
async function fetchOrCheck(
  api: VersionApi,
  reading: Promise<Version | undefined>,
  call: Call,
): Promise<Version | undefined> {
  const version = await reading
  if (version === undefined) await expectApplication(api, call)
  return version
}

function decide(settings: VersionInputs, image: Image, readings: Readings): Decision {
  const { existing, template, tag } = readings
  const decision = decideVersion(settings, image, existing, template)
  if (tag.kind === 'missing' && decision.body !== undefined) {
    throw conflict(
      `The registry ${image.registry} has no tag ${image.tag} of the image ${image.name}`,
      `Push ${showImage(image)} before this step.`,
    )
  }
  return decision
}

function planPromotions(
  api: VersionApi,
  { promote }: VersionInputs,
  candidate: Parameters<typeof notCarriedOver>[0],
  { promoted }: Readings,
): PlannedPromotion[] {
  return promote.map((version, index) => {
    const stable = promoted[index]
    if (stable === undefined) throw missing(api, version, 'promote')
    return {
      version,
      from: stable.image,
      to: candidate.image,
      notCarriedOver: notCarriedOver(candidate, stable),
    }
  })
}

async function planDeletions(
  api: VersionApi,
  settings: VersionInputs,
  { listed }: Readings,
  { isCreating, isPreflight }: { isCreating: boolean; isPreflight: boolean },
  call: Call,
) {
  const pruning = listed && planPruning(settings, listed, isCreating)
  const deletions = pruning && isPreflight ? await findPrunable(api, pruning, call) : []
  const short = pruning && isPreflight ? pruning.count - deletions.length : 0
  const warnings = short > 0 ? [tooFew(short)] : []
  return { pruning, deletions, versionCount: listed?.length, warnings }
}

/** Edgegap caches by tag: what is pushed again under one may not be what starts. */
function warnOfTag(image: Image, tag: TagCheck, existing: Version | undefined): string[] {
  if (tag.kind === 'unknown') return tag.warning === undefined ? [] : [tag.warning]
  if (tag.kind === 'missing') {
    return [
      `The registry has no tag ${image.tag} of ${image.name} any more: servers may not start.`,
    ]
  }
  if (existing === undefined || !isSameImage(existing.image, image)) return []
  if (existing.updatedAtMs === 0 || tag.pushedAtMs <= existing.updatedAtMs) return []
  return [
    `The tag ${image.tag} was pushed again after the version ${existing.name} got it. Edgegap caches images by tag, so servers may start with the older one: give each build a tag of its own.`,
  ]
}

function missing({ application }: VersionApi, version: string, input: string): ActionError {
  return new ActionError({
    kind: 'not-found',
    what: `The application ${application} has no version ${version}`,
    next: `Check ${input}: it must name a version that exists.${hintAtNumber(version)}`,
  })
}
