import type { Call } from '../../call.ts'
import type { ProviderContext } from '../../provider.ts'
import type { EnsuredVersion, MovedVersion, Versions } from '../../versions.ts'
import { budget } from '../budget.ts'
import { showImage } from '../image.ts'
import type { VersionInputs } from '../version-inputs.ts'
import type { VersionApi } from './api.ts'
import { type EnsureResult, ensureVersion } from './ensure.ts'
import { expectImage } from './expect-image.ts'
import { type PlannedPromotion, planVersion, type VersionPlan } from './plan.ts'
import { promoteVersions } from './promote.ts'
import { pruneVersions } from './prune.ts'
import { showChange } from './traits.ts'

/** The versions of one run: what is planned for them, and then done, with a line in the log for each. */
export class ManagedVersions implements Versions {
  readonly #api: VersionApi
  readonly #settings: VersionInputs
  readonly #context: Pick<ProviderContext, 'log' | 'warn'>
  #plan: VersionPlan | undefined
  #isPruned = false
  #deployed: Pick<EnsureResult, 'image' | 'previousImage'> | undefined

  constructor(
    api: VersionApi,
    settings: VersionInputs,
    context: Pick<ProviderContext, 'log' | 'warn'>,
  ) {
    this.#api = api
    this.#settings = settings
    this.#context = context
  }

  /**
   * Reads what is there and plans what the other methods do.
   *
   * @throws ActionError when it cannot be done
   */
  async prepare(call: Call): Promise<void> {
    this.#plan = await planVersion(this.#api, this.#settings, false, call)
    for (const warning of this.#plan.warnings) this.#context.warn(warning)
  }

  async ensure(call: Call): Promise<EnsuredVersion> {
    const plan = this.#planned()
    const rest = budget(this.#api.clock, call)
    // An account may have room for so many: the oldest make room for the new one.
    if (plan.action === 'created') await this.prune(rest())
    this.#announce(plan)
    const ensured = await ensureVersion(this.#api, this.#settings, plan, rest())
    this.#deployed = ensured
    const { version, action, image, previousImage } = ensured
    if (action !== 'unmanaged') this.#context.log(`Version ${version}: ${action}`)
    return {
      version,
      action,
      image: image && showImage(image),
      previousImage: previousImage && showImage(previousImage),
    }
  }

  async expectUnmoved(call: Call): Promise<void> {
    const { image, previousImage } = this.#deployed ?? {}
    if (image === undefined) return
    await expectImage(this.#api, this.#settings.version, { image, previousImage }, call)
  }

  #announce({ version, action, image, changes }: VersionPlan): void {
    const { log } = this.#context
    const what = image ? ` with the image ${showImage(image)}` : ''
    if (action === 'created') log(`Creating the version ${version}${what}`)
    else if (action === 'updated') log(`Changing the version ${version}`)
    else if (action === 'reused') log(`The version ${version} exists${what}`)
    for (const change of changes) log(`  ${showChange(change)}`)
  }

  async promote(onMoved: (moved: MovedVersion) => void, call: Call): Promise<void> {
    const { promotions } = this.#planned()
    const { log, warn } = this.#context
    const { warnings, error } = await promoteVersions(
      this.#api,
      promotions,
      this.#settings.registryLogin,
      call,
      {
        moving: ({ version, from, to }) => {
          log(`Moving the version ${version} from ${showImage(from)} to ${showImage(to)}`)
        },
        moved: (promotion, moved) => {
          onMoved(moved)
          log(`The version ${promotion.version} now has ${moved.to}`)
          this.#warnOfRest(promotion)
        },
        unchanged: ({ version, to }) => {
          log(`The version ${version} has ${showImage(to)} already: it stays as it is`)
        },
      },
    )
    for (const warning of warnings) warn(warning)
    if (error) throw error
  }

  #warnOfRest(promotion: PlannedPromotion): void {
    const rest = describeRest(promotion, this.#settings.version)
    if (rest !== undefined) this.#context.warn(rest)
  }

  async prune(call: Call): Promise<void> {
    const { pruning, action } = this.#planned()
    if (pruning === undefined || this.#isPruned) return
    this.#isPruned = true
    const isCreating = action === 'created'
    const { deleted, warnings } = await pruneVersions(this.#api, this.#settings, isCreating, call)
    for (const name of deleted) this.#context.log(`Deleted the version ${name} (keep-versions)`)
    for (const warning of warnings) this.#context.warn(warning)
  }

  #planned(): VersionPlan {
    if (this.#plan === undefined) throw new Error('not prepared')
    return this.#plan
  }
}

/**
 * What a version keeps although the deployed one has it otherwise; undefined where there is nothing.
 *
 * @param deployed the name of the deployed version
 */
export function describeRest(
  { version, notCarriedOver }: Pick<PlannedPromotion, 'version' | 'notCarriedOver'>,
  deployed: string,
): string | undefined {
  if (notCarriedOver.length === 0) return undefined
  const rest = notCarriedOver.map(
    ({ field, from, to }) => `${field}: ${from ?? 'none'} (${deployed}: ${to ?? 'none'})`,
  )
  return `Promotion changes only the image. ${version} keeps what ${deployed} has otherwise: ${rest.join('; ')}.`
}
