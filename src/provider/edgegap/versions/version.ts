import * as z from 'zod/mini'
import { integer, isRecord, isYes, list, text } from '../../json.ts'
import { malformedReply } from '../client.ts'
import type { Image } from '../image.ts'
import { normaliseProtocol, type VersionPort } from '../ports.ts'
import { parse } from '../wire.ts'

/**
 * An app version as Edgegap shows it. The registry's password is in some replies and is never kept:
 * no field here takes it.
 */
export interface Version {
  readonly name: string
  readonly image: Image
  readonly isActive: boolean
  readonly cpu: number | undefined
  readonly memoryMb: number | undefined
  readonly maxDurationMinutes: number | undefined
  readonly ports: readonly VersionPort[]
  readonly environment: readonly VersionVariable[]
  /** The reply's fields by their names in the API, without the registry's password. Not for the log. */
  readonly fields: Readonly<Record<string, unknown>>
  readonly registryUsername: string | undefined
  /** For sorting; 0 where the reply does not tell. */
  readonly createdAtMs: number
  /** 0 where the reply does not tell. */
  readonly updatedAtMs: number
}

export interface VersionVariable {
  readonly key: string
  /** Undefined for a hidden one: what comes back is a sentence in its place, never to be sent. */
  readonly value: string | undefined
}

const MAX_PORTS = 1_000

const versionShape = z.object({
  name: z.optional(text),
  docker_repository: z.optional(text),
  docker_image: z.optional(text),
  docker_tag: z.optional(text),
  is_active: z.optional(z.unknown()),
  req_cpu: z.optional(integer),
  req_memory: z.optional(integer),
  max_duration: z.optional(integer),
  ports: z.optional(list),
  envs: z.optional(list),
  private_username: z.optional(text),
  create_time: z.optional(text),
  last_updated: z.optional(text),
})
const portShape = z.object({
  name: z.optional(text),
  port: z.optional(integer),
  protocol: z.optional(text),
  to_check: z.optional(z.unknown()),
  tls_upgrade: z.optional(z.unknown()),
})
const variableShape = z.object({
  key: z.optional(text),
  value: z.optional(text),
  is_hidden: z.optional(z.unknown()),
  is_secret: z.optional(z.unknown()),
})

/**
 * A reply of `GET /v1/app/{app}/version/{version}`.
 *
 * @throws ActionError `malformed-reply` when it is no version
 */
export function readVersion(body: string, request: string): Version {
  const reply = parse(z.looseObject({}), body, request)
  const version = toVersion(isRecord(reply.version) ? reply.version : reply)
  if (version !== undefined) return version
  throw malformedReply('Edgegap sent a reply that is no app version.', request)
}

/** A version in a list; undefined when it has no name or no image. */
export function toVersion(value: unknown): Version | undefined {
  const version = versionShape.safeParse(value).data
  if (!version?.name || !version.docker_image || !isRecord(value)) return undefined
  const { private_token: _, ...fields } = value
  return {
    name: version.name,
    image: {
      registry: version.docker_repository ?? '',
      name: version.docker_image,
      tag: version.docker_tag ?? '',
    },
    // The schema's default is true.
    isActive:
      version.is_active === undefined || version.is_active === null || isYes(version.is_active),
    cpu: version.req_cpu,
    memoryMb: version.req_memory,
    maxDurationMinutes: version.max_duration,
    ports: (version.ports ?? []).slice(0, MAX_PORTS).flatMap((port) => toPort(port) ?? []),
    environment: (version.envs ?? []).flatMap((variable) => toVariable(variable) ?? []),
    fields,
    registryUsername: version.private_username || undefined,
    createdAtMs: readTime(version.create_time),
    updatedAtMs: readTime(version.last_updated),
  }
}

/** A port in a reply, or in `version-config`. */
export function toPort(value: unknown): VersionPort | undefined {
  const port = portShape.safeParse(value).data
  if (port?.port === undefined || port.port < 0) return undefined
  return {
    // Unnamed ports come back with their number as the name.
    name: port.name === String(port.port) ? '' : (port.name ?? ''),
    port: port.port,
    protocol: normaliseProtocol(port.protocol ?? ''),
    isChecked: port.to_check === undefined || port.to_check === null || isYes(port.to_check),
    hasTls: isYes(port.tls_upgrade),
  }
}

/** Either spelling of the flag hides it; a placeholder without a flag is recognised by its words. */
function toVariable(value: unknown): VersionVariable | undefined {
  const variable = variableShape.safeParse(value).data
  if (!variable?.key) return undefined
  const isHidden =
    isYes(variable.is_hidden) || isYes(variable.is_secret) || isPlaceholder(variable.value ?? '')
  return { key: variable.key, value: isHidden ? undefined : (variable.value ?? '') }
}

/** Edgegap's own sentence for "a value is set and encrypted"; its exact words are not documented. */
function isPlaceholder(value: string): boolean {
  return (
    value.length < 200 && /\bencrypted\b/i.test(value) && /\b(?:value|set|hidden)\b/i.test(value)
  )
}

/** `2026-04-22 20:30:52.283949` has no zone and counts as UTC; RFC 3339 is read as well. */
export function readTime(text: string | undefined): number {
  if (text === undefined) return 0
  const hasZone = /(?:Z|[+-]\d\d:?\d\d)$/i.test(text.trim())
  const timeMs = Date.parse(text.trim().replace(' ', 'T') + (hasZone ? '' : 'Z'))
  return Number.isNaN(timeMs) ? 0 : timeMs
}
