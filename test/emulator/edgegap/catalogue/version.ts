export interface VersionPort {
  readonly port: number
  readonly protocol: string
  readonly to_check?: boolean
  readonly tls_upgrade?: boolean
  readonly name?: string
}

export interface VersionVariable {
  readonly key: string
  readonly value: string
  readonly isSecret: boolean
}

/** A version's fields under the names of the OpenAPI, except its name and its variables. */
export interface VersionFields {
  readonly is_active: boolean
  readonly req_cpu: number
  readonly req_memory: number
  readonly docker_repository: string
  readonly docker_image: string
  readonly docker_tag: string
  readonly private_username?: string
  readonly private_token?: string
  readonly max_duration: number
  readonly restart_policy: string
  readonly time_to_deploy: number
  readonly ports: readonly VersionPort[]
  readonly [further: string]: unknown
}

export interface AppVersion {
  name: string
  fields: VersionFields
  variables: readonly VersionVariable[]
  readonly createdOn: Date
  updatedOn: Date
}

/** What a seed or a test may give of a version; the rest is filled in. */
export type VersionSeed = Partial<VersionFields> & {
  readonly variables?: readonly VersionVariable[]
}

/** What the OpenAPI gives as defaults of a new version, but for the time to deploy. */
export const defaultFields = {
  is_active: true,
  verify_image: false,
  max_duration: 1440,
  restart_policy: 'always',
  will_deploy_in_mainland_china: false,
  ports: [],
}

/** A version as studios have it: an image in Edgegap's registry and one UDP port. */
export function seedFields(application: string, name: string, seed: VersionSeed): VersionFields {
  const { variables: _, ...fields } = seed
  return {
    ...defaultFields,
    time_to_deploy: 120,
    req_cpu: 512,
    req_memory: 1024,
    docker_repository: 'registry.edgegap.com',
    docker_image: `my-org/${application}`,
    docker_tag: name,
    private_username: 'robot$my-org+client-pull',
    private_token: 'pull-token-of-the-seed',
    max_duration: 60,
    ports: [{ name: 'gameport', port: 7777, protocol: 'UDP', to_check: true, tls_upgrade: false }],
    ...fields,
  }
}

/** Whether the API shows the version yet. */
export function isVisible(
  { createdOn }: AppVersion,
  { versionLagMs }: { readonly versionLagMs: number },
): boolean {
  return versionLagMs <= 0 || Date.now() - createdOn.getTime() >= versionLagMs
}
