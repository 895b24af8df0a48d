import * as z from 'zod/mini'
import { ActionError } from '../../base/errors.ts'
import type { Call } from '../call.ts'
import { record, text } from '../json.ts'
import type { Location } from './locations.ts'
import { foldName, nearestNames } from './nearest-names.ts'
import { distanceKm, type Point } from './placement.ts'
import { readPages, type VersionApi } from './versions/api.ts'
import { toDegrees } from './wire.ts'

/** A location that Edgegap lists. */
export interface City extends Point {
  readonly city: string
  /** Such as `Quebec`; empty where Edgegap names none. */
  readonly division: string
  readonly country: string
}

/** Within it two listed places of one city and country are one. */
const ONE_CITY_KM = 100
const SHOWN_NAMES = 5
const SHOWN_MATCHES = 8

const cityShape = z.object({
  city: z.optional(text),
  country: z.optional(text),
  administrative_division: z.optional(text),
  latitude: z.optional(z.unknown()),
  longitude: z.optional(z.unknown()),
})

/**
 * Looks names up in Edgegap's list of locations, which is read once for all of them.
 *
 * @returns a location for each name, in the same order, with the name as the user wrote it
 * @throws ActionError `refused` when a name fits none or several, with the nearest names; every name
 *   that does not fit is in it
 */
export async function lookUpLocations(
  api: Omit<VersionApi, 'application'>,
  names: readonly string[],
  call: Call,
): Promise<Location[]> {
  if (names.length === 0) return []
  const cities = await listCities(api, call)
  const found = names.map((name) => findCity(name, cities))
  const faults = found.filter((one) => typeof one === 'string')
  if (faults.length > 0) throw unclear(faults)
  return found.flatMap((city, index) =>
    typeof city === 'string' ? [] : toLocation(names[index] ?? '', city),
  )
}

/** Every location that Edgegap lists. */
async function listCities(api: Omit<VersionApi, 'application'>, call: Call): Promise<City[]> {
  const list = { path: '/v1/locations', keys: ['locations', 'data'] }
  const rows = await readPages({ ...api, application: '' }, list, call)
  return rows.flatMap((row) => toCity(row) ?? [])
}

function toCity(value: unknown): City | undefined {
  const row = cityShape.parse(record.parse(value))
  const [latitude, longitude] = [toDegrees(row.latitude, 90), toDegrees(row.longitude, 180)]
  if (!row.city || latitude === undefined || longitude === undefined) return undefined
  return {
    city: row.city,
    division: row.administrative_division ?? '',
    country: row.country ?? '',
    latitude,
    longitude,
  }
}

/**
 * The city that a name means: one of exactly this name, else one with the name as whole words in it.
 * Case, accents, hyphens and blanks do not count.
 *
 * @returns the city, or a sentence that says what else could be meant
 */
export function findCity(name: string, listed: readonly City[]): City | string {
  const [sought = '', ...qualifiers] = name.split(',').map(foldName)
  const cities = listed.filter((city) => qualifiers.every((word) => isIn(city, word)))
  const exact = cities.filter(({ city }) => foldName(city) === sought)
  const matches = mergeNeighbours(
    exact.length > 0 ? exact : cities.filter(({ city }) => hasWords(foldName(city), sought)),
  )
  const [match, ...more] = matches
  if (match === undefined) return noneOf(name, listed)
  if (more.length === 0) return match
  const shown = matches.slice(0, SHOWN_MATCHES).map(showForInput)
  const rest = matches.length > shown.length ? ` and ${matches.length - shown.length} more` : ''
  return `"${name}" fits several locations: ${shown.join('; ')}${rest}`
}

/** A country or a division may stand behind the city: `london, canada`. */
function isIn({ country, division }: City, qualifier: string): boolean {
  return [country, division].some((area) => foldName(area) === qualifier)
}

/** `san jose` has the words `san` and `jose`, but not `an`. */
function hasWords(name: string, sought: string): boolean {
  return ` ${name} `.includes(` ${sought} `)
}

/** Several data centres of one city are one place, whichever of them gets the deployment. */
function mergeNeighbours(cities: readonly City[]): City[] {
  const places: City[] = []
  for (const city of cities) {
    const isListed = places.some(
      (place) =>
        foldName(place.city) === foldName(city.city) &&
        foldName(place.country) === foldName(city.country) &&
        distanceKm(place, city) <= ONE_CITY_KM,
    )
    if (!isListed) places.push(city)
  }
  return places
}

function noneOf(name: string, cities: readonly City[]): string {
  const names = cities.map(({ city }) => city)
  const nearest = nearestNames(name, names, SHOWN_NAMES)
  const hint = nearest.length > 0 ? `; nearest: ${nearest.join(', ')}` : ''
  return `"${name}" is no city that Edgegap lists${hint}`
}

/** With the line that means just this one. */
function showForInput(city: City): string {
  const line = `${foldName(city.city).replaceAll(' ', '-')} ${city.latitude},${city.longitude}`
  return `${showCity(city)} ("${line}")`
}

export function showCity({ city, division, country }: City): string {
  return [city, division !== city && division, country].filter(Boolean).join(', ')
}

function unclear(faults: readonly string[]): ActionError {
  return new ActionError({
    kind: 'refused',
    what: `locations: ${faults.join('. ')}`,
    next: 'Add the country ("london, canada"), or write coordinates ("name lat,lon").',
  })
}

function toLocation(name: string, city: City): Location {
  const { latitude, longitude } = city
  return { kind: 'coordinates', name, where: showCity(city), latitude, longitude }
}
