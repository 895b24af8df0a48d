import { type AppVersion, seedFields, type VersionSeed } from './version.ts'

export interface Application {
  readonly name: string
  /** Base64. */
  readonly image: string
  isActive: boolean
  readonly createdOn: Date
  /** Oldest first. */
  readonly versions: AppVersion[]
}

/** Application name → its versions, by name alone or with what is special about them. */
export type CatalogueSeed = Readonly<
  Record<string, readonly string[] | Readonly<Record<string, VersionSeed>>>
>

/** The applications and versions of the emulated account. Its methods are for tests too. */
export interface Catalogue {
  readonly applications: readonly Application[]
  application(name: string): Application | undefined
  /** Undefined where the application is unknown too. */
  version(application: string, name: string): AppVersion | undefined
  versions(application: string): readonly AppVersion[]
  addApplication(name: string, image?: string): Application
  /** Adds a version, making its application where needed. */
  addVersion(application: string, name: string, seed?: VersionSeed): AppVersion
  /** Changes a version as somebody else would, between two requests. Throws on an unknown one. */
  changeVersion(application: string, name: string, seed: VersionSeed): void
  removeVersion(application: string, name: string): void
  /** A time later than any it has given before. */
  now(): Date
}

/** A picture of one pixel, as Edgegap's own tools send it. */
const blankImage =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=='
const minuteMs = 60_000

/** The seeded versions are a minute apart, the newest of them an hour old. */
export function createCatalogue(seed: CatalogueSeed = {}): Catalogue {
  const applications: Application[] = []
  let lastMs = 0
  const now = () => {
    lastMs = Math.max(Date.now(), lastMs + 1)
    return new Date(lastMs)
  }
  const find = (name: string) => applications.find((candidate) => candidate.name === name)
  const findVersion = (application: string, name: string) =>
    find(application)?.versions.find((candidate) => candidate.name === name)

  function addApplication(name: string, image = blankImage, createdOn = now()): Application {
    const application = { name, image, isActive: true, createdOn, versions: [] }
    applications.push(application)
    return application
  }

  function addVersion(
    applicationName: string,
    name: string,
    seed: VersionSeed = {},
    createdOn = now(),
  ): AppVersion {
    const application = find(applicationName) ?? addApplication(applicationName)
    const fields = seedFields(applicationName, name, seed)
    const variables = seed.variables ?? []
    const version = { name, fields, variables, createdOn, updatedOn: createdOn }
    application.versions.push(version)
    return version
  }

  for (const [name, versions] of Object.entries(seed)) {
    const entries = namedVersions(versions)
    const startMs = Date.now() - 60 * minuteMs - entries.length * minuteMs
    addApplication(name, blankImage, new Date(startMs))
    for (const [index, [version, fields]] of entries.entries()) {
      addVersion(name, version, fields, new Date(startMs + (index + 1) * minuteMs))
    }
  }

  return {
    applications,
    application: find,
    version: findVersion,
    versions: (application) => find(application)?.versions ?? [],
    addApplication: (name, image) => addApplication(name, image),
    addVersion: (application, name, seed) => addVersion(application, name, seed),
    changeVersion(application, name, { variables, ...fields }) {
      const version = findVersion(application, name)
      if (version === undefined) {
        throw new Error(`the emulator has no version ${name} of ${application}`)
      }
      // The spread of a partial type would let undefined in.
      version.fields = Object.assign({}, version.fields, fields)
      version.variables = variables ?? version.variables
      version.updatedOn = now()
    },
    removeVersion(application, name) {
      const versions = find(application)?.versions ?? []
      const index = versions.findIndex((candidate) => candidate.name === name)
      if (index >= 0) versions.splice(index, 1)
    },
    now,
  }
}

function namedVersions(
  versions: readonly string[] | Readonly<Record<string, VersionSeed>>,
): [name: string, seed: VersionSeed][] {
  if (!Array.isArray(versions)) return Object.entries(versions)
  return versions.map((name: string) => [name, {}])
}
