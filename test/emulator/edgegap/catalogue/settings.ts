/** What of a version's replies, rules and limits can be bent; may be changed while it runs. */
export interface CatalogueSettings {
  /**
   * Whether a deployment needs an active version of the catalogue. Off, any name that
   * `applications` allows is deployed. On by itself when the emulator starts with a `catalogue`.
   */
  versionsMustExist: boolean
  /** More than this are refused with 400, in Edgegap's own words. The free tier has 2 of each. */
  maxApplications: number
  maxVersions: number
  /** A new version can be read, changed and deployed only after this time; its name is taken at once. */
  versionLagMs: number
  /** Of a version that names none; the OpenAPI's own default, 10, is less than it lets anyone send. */
  defaultTimeToDeploySeconds: number
  /** Order of the list of versions; Edgegap's is not known. */
  versionOrder: 'oldest-first' | 'newest-first'
  /** The answer to the delete of a version that has a deployment; Edgegap's is not known. */
  deleteOfUsedVersionStatus: 200 | 400
  /** PATCH takes `req_cpu` and `req_memory` together only, or never (as the OpenAPI says). */
  patchResources: 'together' | 'never'
  /** How much of the image is cached, on every version. */
  cachingPercent: number

  /** The registry login in a version's replies; the OpenAPI shows it in clear. */
  privateToken: 'clear' | 'placeholder' | 'absent'
  /** What stands where a secret value was; the live sentence is another one. */
  placeholder: string
  /** The flags of a version's variable that make it secret; live, `is_hidden` is ignored. */
  secretFlags: readonly SecretFlag[]
  /** The flags that a reply shows beside each variable. */
  shownSecretFlags: readonly SecretFlag[]
  /** Protocols that come back under another name than they were sent. */
  protocolNames: Readonly<Record<string, string>>
  /** Optional fields that were never set: left out, as the OpenAPI wants it, or null. */
  unsetFields: 'absent' | 'null'

  /** `host/name` of an image → its tags. Fixes which tags can be pulled and listed. */
  images: Readonly<Record<string, readonly string[]>>
  /** Whether an image that `images` does not name can be pulled. */
  otherImagesPullable: boolean
  /** Registry host → the login that it needs. */
  registryLogins: Readonly<Record<string, RegistryLogin>>
  /**
   * Names of `GET /v1/container-registry/images/{image}/tags`: without the project (live), with it
   * (OpenAPI), or both.
   */
  registryNames: 'image' | 'project/image' | 'both'
  /** Rows as in the OpenAPI, or as clients have seen them: `count`, `artifact.deleted`. */
  registryShape: 'openapi' | 'live'
}

export type SecretFlag = 'is_secret' | 'is_hidden'

export interface RegistryLogin {
  readonly username: string
  readonly token: string
}

export function defaultCatalogueSettings(): CatalogueSettings {
  return {
    versionsMustExist: false,
    maxApplications: Number.POSITIVE_INFINITY,
    maxVersions: Number.POSITIVE_INFINITY,
    versionLagMs: 0,
    // What Edgegap's own plugins send.
    defaultTimeToDeploySeconds: 120,
    versionOrder: 'oldest-first',
    deleteOfUsedVersionStatus: 200,
    patchResources: 'together',
    cachingPercent: 0.9,
    privateToken: 'clear',
    placeholder: 'Hidden: a value is stored here in encrypted form.',
    secretFlags: ['is_secret'],
    shownSecretFlags: ['is_secret', 'is_hidden'],
    protocolNames: { WS: 'Websocket' },
    unsetFields: 'absent',
    images: {},
    otherImagesPullable: true,
    registryLogins: {},
    registryNames: 'image',
    registryShape: 'openapi',
  }
}
