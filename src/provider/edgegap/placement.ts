import type { Location } from './locations.ts'
import { foldName } from './nearest-names.ts'

/** A place on the globe, in degrees. */
export interface Point {
  readonly latitude: number
  readonly longitude: number
}

/** Where a deployment runs, as Edgegap says. */
export interface Place {
  readonly city: string
  readonly point?: Point
}

/** Within it a deployment counts as placed where it was asked for. */
const SAME_PLACE_KM = 25
const EARTH_RADIUS_KM = 6_371

/** The distance between two places along the surface of the earth. */
export function distanceKm(a: Point, b: Point): number {
  const [latitudeA, latitudeB] = [toRadians(a.latitude), toRadians(b.latitude)]
  const north = Math.sin((latitudeB - latitudeA) / 2) ** 2
  const east = Math.sin(toRadians(b.longitude - a.longitude) / 2) ** 2
  const half = north + Math.cos(latitudeA) * Math.cos(latitudeB) * east
  return 2 * EARTH_RADIUS_KM * Math.asin(Math.min(1, Math.sqrt(half)))
}

function toRadians(degrees: number): number {
  return (degrees * Math.PI) / 180
}

/** How far a place is from the one that was asked for; undefined where it is the same, or nobody knows. */
export function measurePlacement(asked: Location, { point }: Place): number | undefined {
  if (asked.kind !== 'coordinates' || point === undefined) return undefined
  const km = distanceKm(asked, point)
  return km <= SAME_PLACE_KM ? undefined : km
}

/**
 * Where a deployment was asked for and where it is, such as `new-york → Montreal, 530 km`.
 *
 * @param got the city as the provider names it, and where it is, if it says
 */
export function describePlacement(asked: Location, got: Place): string {
  const isSameName = foldName(asked.name) === foldName(got.city)
  const way = isSameName ? got.city : `${asked.name} → ${got.city}`
  const km = measurePlacement(asked, got)
  return km === undefined ? way : `${way}, ${roundKm(km)} km`
}

/** Coordinates of cities are not exact to the kilometre. */
function roundKm(km: number): number {
  return km < 100 ? Math.round(km) : Math.round(km / 10) * 10
}
