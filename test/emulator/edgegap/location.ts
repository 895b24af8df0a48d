import type { Reply } from '../delivery.ts'
import type { Catalogue } from './catalogue/catalogue.ts'
import type { LocationData } from './cities.ts'
import { refuseVersion } from './deployed-version.ts'
import type { Deployment } from './deployment.ts'
import { pagedReply } from './paging.ts'
import type { EdgegapSettings } from './settings.ts'

/** OpenAPI v1 `GET /v1/locations`; with a version, those where it could be deployed. */
export function locationsReply(
  parameters: Readonly<Record<string, string>>,
  catalogue: Catalogue,
  settings: EdgegapSettings,
): Reply {
  const { app: application, version } = parameters
  if (application !== undefined && version !== undefined) {
    const refusal = refuseVersion({ application, version }, catalogue, settings)
    if (refusal !== undefined) return { ...refusal, status: 400 }
  }
  return pagedReply(settings.locations, parameters, settings, (shown, pagination) => ({
    status: 200,
    body: { locations: shown, messages: [], ...pagination },
  }))
}

/** The city nearest to the player; the first for players by address. */
export function locationOf(
  { coordinates }: Deployment,
  settings: EdgegapSettings,
): LocationData | undefined {
  const { locations: all, placedIn } = settings
  if (placedIn !== undefined) return all.find(({ city }) => city === placedIn)
  if (coordinates === undefined) return all[0]
  const distance = (place: LocationData) =>
    Math.hypot(place.latitude - coordinates.latitude, place.longitude - coordinates.longitude)
  return all.toSorted((a, b) => distance(a) - distance(b))[0]
}
