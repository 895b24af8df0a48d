import { isIP } from 'node:net'
import * as z from 'zod/mini'
import { integer, record, text } from '../../json.ts'
import type { Facts, Port } from '../../provider.ts'
import { originalKey } from '../key-order.ts'
import type { Place } from '../placement.ts'

const portShape = z.object({
  name: z.optional(text),
  internal: z.optional(integer),
  external: z.optional(integer),
  protocol: z.optional(text),
})
const locationShape = z.object({
  city: z.optional(text),
  country: z.optional(text),
  latitude: z.optional(z.unknown()),
  longitude: z.optional(z.unknown()),
})

/** Where a server is reached: the same fields in a status and in a row of the list. */
export const addressFields = {
  fqdn: z.optional(text),
  public_ip: z.optional(text),
  ports: z.optional(record),
}
interface Located {
  fqdn?: string | undefined
  public_ip?: string | undefined
  ports?: Record<string, unknown> | undefined
  location?: Record<string, unknown> | undefined
}

export type ReadFacts = Facts & Required<Pick<Facts, 'ports'>>

/** @param status its text went through `keepKeyOrder`, for the order of the ports */
export function readFacts(status: Located): ReadFacts {
  const fqdn = readHost(status.fqdn)
  const ip = readHost(status.public_ip)
  const host = fqdn ?? ip
  const location = locationShape.parse(status.location ?? {})
  const place = [location.city, location.country].filter(Boolean).join(', ')
  return {
    ...(fqdn && { host: fqdn }),
    ...(ip && { ip }),
    ...(place && { location: place }),
    ports: host ? readPorts(status.ports ?? {}, host) : [],
  }
}

/** Where a deployment is, to be compared with where it was asked for. */
export function readPlace(location: Record<string, unknown> | undefined): Place | undefined {
  const place = locationShape.parse(location ?? {})
  if (!place.city) return undefined
  const [latitude, longitude] = [toDegrees(place.latitude, 90), toDegrees(place.longitude, 180)]
  const isKnown = latitude !== undefined && longitude !== undefined
  return { city: place.city, ...(isKnown && { point: { latitude, longitude } }) }
}

/** A number within the limit, also one that comes as text. */
export function toDegrees(value: unknown, limit: number): number | undefined {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
  return typeof number === 'number' && Math.abs(number) <= limit ? number : undefined
}

/**
 * Workflows put the address into shell commands, so only what a host can be called passes: no quote,
 * no blank, no `$`, no leading hyphen.
 */
function readHost(text = ''): string | undefined {
  // A name first: the pattern of `isIP` takes 3 ms to compile, and only IPv6 addresses need it.
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,252}$/.test(text) || isIP(text) !== 0 ? text : undefined
}

/** More would not fit into what a job may have as outputs. */
const MAX_PORTS = 100
const MAX_PORT_NAME = 100
const MAX_PROTOCOL = 20

/**
 * The map is keyed by the port's name, or by its number where it has none. The address is built from
 * host and external port: `link` is a URL for some protocols and `host:port` for others.
 */
function readPorts(map: Record<string, unknown>, host: string): Port[] {
  const ports: Port[] = []
  // An IPv6 address, where there is no name, cannot be distinguished from the port behind it otherwise.
  const authority = host.includes(':') ? `[${host}]` : host
  for (const [key, value] of Object.entries(map)) {
    if (ports.length === MAX_PORTS) break
    const port = portShape.safeParse(value).data
    if (port?.external === undefined || port.external < 1 || port.external > 65_535) continue
    ports.push({
      name: (port.name || originalKey(key)).slice(0, MAX_PORT_NAME),
      internal: port.internal,
      external: port.external,
      protocol: (port.protocol ?? '').slice(0, MAX_PROTOCOL),
      address: `${authority}:${port.external}`,
    })
  }
  return ports
}
