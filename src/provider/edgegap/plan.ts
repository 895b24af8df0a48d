import type { Call } from '../call.ts'
import type { Plan, PlanCheck, PlannedChange } from '../plan.ts'
import { showImage } from './image.ts'
import { checkServerQuota, checkVersionQuota } from './quota.ts'
import type { EdgegapDeploySettings, EdgegapVersionSettings } from './settings.ts'
import type { VersionApi } from './versions/api.ts'
import { describeRest } from './versions/managed-versions.ts'
import { type PlannedPromotion, planVersion, type VersionPlan } from './versions/plan.ts'
import { OWN_REGISTRY } from './versions/registry-tags.ts'
import { showChange } from './versions/traits.ts'

/** The servers that a run would create. */
interface PlannedServers {
  readonly count: number
  /** How many the account has already, as far as one request tells. */
  readonly countActive: (call: Call) => Promise<number>
}

/**
 * What a run would do to the versions of its application, for a dry run. Sends reads only.
 *
 * @param servers undefined where none are deployed
 * @throws ActionError when it could not be done
 */
export async function planEdgegap(
  api: VersionApi,
  { own }: EdgegapDeploySettings | EdgegapVersionSettings,
  servers: PlannedServers | undefined,
  call: Call,
): Promise<Omit<Plan, 'deploying'>> {
  const { keepVersions } = own.versions
  // A run can do without the list, so a dry run does not fail by it.
  const countActive = servers?.countActive(call).catch(() => undefined)
  const [plan, active] = await Promise.all([
    planVersion(api, own.versions, true, call),
    countActive,
  ])
  const { version, action, image, previousImage, warnings } = plan
  const deletions = plan.deletions.map((name): PlannedChange => {
    return { kind: 'delete', what: `version ${name}`, detail: `keep-versions: ${keepVersions}` }
  })
  // Room is made before a version is created; else what is too many goes in the end.
  const [before, after] = action === 'created' ? [deletions, []] : [[], deletions]
  return {
    preparing: [...before, ...versionChanges(plan)],
    finishing: [...promotions(plan), ...after],
    checks: [
      ...checks(api, plan),
      ...(action === 'created' ? [versionQuota(plan)] : []),
      ...(servers ? [checkServerQuota(active, servers.count)] : []),
    ],
    warnings: [...warnings, ...plan.promotions.flatMap((one) => describeRest(one, version) ?? [])],
    version,
    versionAction: action,
    image: image && showImage(image),
    previousImage: previousImage && showImage(previousImage),
  }
}

function versionChanges({ version, action, changes }: VersionPlan): PlannedChange[] {
  if (action !== 'created' && action !== 'updated') return []
  const kind = action === 'created' ? 'create' : 'update'
  return [{ kind, what: `version ${version}`, detail: changes.map(showChange).join('; ') }]
}

function promotions(plan: VersionPlan): PlannedChange[] {
  return plan.promotions.filter(isMoved).map(({ version, from, to }) => {
    const detail = `promotion: ${showImage(from)} → ${showImage(to)}`
    return { kind: 'update', what: `version ${version}`, detail }
  })
}

function isMoved({ from, to }: PlannedPromotion): boolean {
  return showImage(from) !== showImage(to)
}

/** Whatever is here has been read: what is missing or refused has ended the plan. */
function checks({ application }: VersionApi, plan: VersionPlan): PlanCheck[] {
  const { version, action, versionCount, promotions } = plan
  const count =
    versionCount === undefined
      ? ''
      : `it has ${versionCount === 1 ? '1 version' : `${versionCount} versions`}`
  return [
    { what: 'token', result: 'good', detail: 'Edgegap accepts it' },
    { what: `application ${application}`, result: 'good', detail: count },
    ...(action === 'created' || action === 'updated'
      ? []
      : [good(`version ${version}`, `exists${withImage(plan)}, and is used as it is`)]),
    imageCheck(plan),
    ...promotions
      .filter((one) => !isMoved(one))
      .map((one) => good(`version ${one.version}`, `has ${showImage(one.to)} already`)),
  ]
}

function versionQuota({ versionCount, deletions }: VersionPlan): PlanCheck {
  const after = versionCount === undefined ? undefined : versionCount - deletions.length + 1
  return checkVersionQuota(after)
}

function good(what: string, detail: string): PlanCheck {
  return { what, result: 'good', detail }
}

function withImage({ image }: VersionPlan): string {
  return image ? ` with the image ${showImage(image)}` : ''
}

function imageCheck({ image, tag }: VersionPlan): PlanCheck {
  const what = 'image tag'
  switch (tag.kind) {
    case 'present':
      return good(what, `${image?.tag} is in the registry`)
    case 'missing':
      return { what, result: 'bad', detail: `${image?.tag} is not in the registry` }
    case 'unknown': {
      const isAsked = image?.registry === OWN_REGISTRY
      const why = isAsked ? 'gave no clear answer' : 'cannot be asked'
      return { what, result: 'unknown', detail: `${image?.registry ?? 'the registry'} ${why}` }
    }
  }
}
