import type { Location } from './locations.ts'
import type { EdgegapDeploySettings } from './settings.ts'

/**
 * The body of `POST /v2/deployments` (OpenAPI v2, `DeploymentV2`).
 *
 * @param ownTags of which one only this attempt carries: by it the deployment is found again after a
 *   reply that was lost
 * @param webhook called when it is ready, failed or terminated: v2 has a field for each of the three
 */
export function deploymentBody(
  { application, version, group, own }: EdgegapDeploySettings,
  location: Location,
  ownTags: readonly string[],
  webhook: URL | undefined,
) {
  return {
    application,
    version,
    users: users(location),
    environment_variables: own.environment.map(({ key, value, secret }) => ({
      key,
      value,
      is_hidden: secret,
    })),
    tags: [...new Set([...ownTags, ...(group === undefined ? [] : [group]), ...own.tags])],
    ...(webhook && {
      webhook_on_ready: { url: webhook.href },
      webhook_on_error: { url: webhook.href },
      webhook_on_terminated: { url: webhook.href },
    }),
  }
}

/** A place is described by the players who would be there. */
function users(location: Location) {
  if (location.kind === 'coordinates') {
    const { latitude, longitude } = location
    return [{ user_type: 'geo_coordinates', user_data: { latitude, longitude } }]
  }
  return location.addresses.map((address) => ({
    user_type: 'ip_address',
    user_data: { ip_address: address },
  }))
}
