import type { Location } from '../../settings/locations.ts'
import type { EdgegapDeploySettings } from '../../settings/settings.ts'

/**
 * The body of `POST /v2/deployments` (OpenAPI v2, `DeploymentV2`).
 *
 * @param mark a tag that only this attempt carries: by it the deployment is found again after a
 *   reply that was lost
 */
export function deploymentBody(settings: EdgegapDeploySettings, location: Location, mark: string) {
  return {
    application: settings.application,
    version: settings.version,
    users: users(location),
    environment_variables: settings.environment.map(({ key, value, secret }) => ({
      key,
      value,
      is_hidden: secret,
    })),
    tags: [mark, ...settings.tags],
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
