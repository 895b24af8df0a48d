import type { Call } from '../call.ts'
import type { PlannedChange } from '../plan.ts'
import type { Observation, Target } from '../provider.ts'
import type { Location, NamedCity } from './locations.ts'
import { describePlacement, measurePlacement } from './placement.ts'
import type { VersionApi } from './versions/api.ts'
import type { StatusReading } from './wire.ts'

/** A place, with what Edgegap is sent for it. */
export interface EdgegapTarget extends Target {
  /** A city until it has been looked up. */
  location: Location | NamedCity
}

/** Where the deployments of a run are to be, and where they came up. */
export class Places {
  #targets: readonly EdgegapTarget[]
  readonly #askedByTag = new Map<string, Location>()
  readonly #askedById = new Map<string, Location | undefined>()

  constructor(locations: readonly (Location | NamedCity)[]) {
    this.#targets = withNames(locations)
  }

  get targets(): readonly EdgegapTarget[] {
    return this.#targets
  }

  get hasCities(): boolean {
    return this.#targets.some(({ location }) => location.kind === 'city')
  }

  /**
   * Looks up the lines that only name a city; sends nothing where there are none.
   *
   * @throws ActionError when a name fits no city, or several
   */
  async lookUp(api: Omit<VersionApi, 'application'>, call: Call): Promise<void> {
    if (!this.hasCities) return
    const { lookUpLocations } = await import('./named-locations.ts')
    const isCity = ({ location }: EdgegapTarget) => location.kind === 'city'
    const cities = this.#targets.filter(isCity).map(({ location }) => location.name)
    const found = await lookUpLocations(api, cities, call)
    const next = found[Symbol.iterator]()
    this.#targets = this.#targets.map((target) => {
      const location = isCity(target) ? next.next().value : undefined
      return location ? { ...target, where: location.where, location } : target
    })
  }

  /** What would be created, for a plan. */
  describe(): PlannedChange[] {
    return this.#targets.map(({ name, where }) => {
      return { kind: 'create', what: `server at ${name}`, detail: name === where ? '' : where }
    })
  }

  /**
   * The place for one create.
   *
   * @param tag the tag that it carries
   */
  ask({ name, location }: EdgegapTarget, tag: string): Location {
    const place = location.kind === 'city' ? undefined : location
    if (place === undefined) throw new Error(`${name} was not looked up`)
    this.#askedByTag.set(tag, place)
    return place
  }

  /** What one create made. */
  found(id: string, tag: string): void {
    this.#askedById.set(id, this.#askedByTag.get(tag))
  }

  /** Adds to a status how the place of the deployment is to the one that was asked for. */
  compare(id: string, { place, ...observation }: StatusReading): Observation {
    const asked = this.#askedById.get(id)
    if (!asked || !place) return observation
    const km = measurePlacement(asked, place)
    const facts = {
      ...observation.facts,
      placement: describePlacement(asked, place),
      ...(km !== undefined && { distanceKm: km }),
    }
    return { ...observation, facts }
  }
}

/** Two equal lines are two servers; in reports each has a name of its own. */
function withNames(locations: readonly (Location | NamedCity)[]): EdgegapTarget[] {
  const taken = new Set<string>()
  return locations.map((location) => {
    let name = location.name
    for (let count = 2; taken.has(name); count++) name = `${location.name} (${count})`
    taken.add(name)
    return { name, where: location.where, location }
  })
}
