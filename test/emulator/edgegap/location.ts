import type { Deployment } from './deployment.ts'

const cities = [
  city('Montreal', 'Canada', 'North America', 'Quebec', 'Eastern Time', 45.508888, -73.561668),
  city('New York', 'United States', 'North America', 'New York', 'Eastern Time', 40.71, -74.01),
  city(
    'Los Angeles',
    'United States',
    'North America',
    'California',
    'Pacific Time',
    34.05,
    -118.2,
  ),
  city('Frankfurt', 'Germany', 'Europe', 'Hesse', 'Central European Time', 50.11, 8.68),
  city('Tokyo', 'Japan', 'Asia', 'Tokyo', 'Japan Standard Time', 35.68, 139.69),
  city('Sydney', 'Australia', 'Oceania', 'New South Wales', 'Eastern Time', -33.87, 151.21),
]

function city(
  name: string,
  country: string,
  continent: string,
  administrative_division: string,
  timezone: string,
  latitude: number,
  longitude: number,
) {
  return { city: name, country, continent, administrative_division, timezone, latitude, longitude }
}

/** OpenAPI v1 `LocationData` of the city nearest to the player; the first for players by address. */
export function locationOf({ coordinates }: Deployment) {
  if (coordinates === undefined) return cities[0]
  const distance = (place: (typeof cities)[number]) =>
    Math.hypot(place.latitude - coordinates.latitude, place.longitude - coordinates.longitude)
  return cities.toSorted((a, b) => distance(a) - distance(b))[0]
}
