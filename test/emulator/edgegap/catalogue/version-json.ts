import type { EdgegapSettings } from '../settings.ts'
import { timestamp } from '../timestamp.ts'
import type { AppVersion, VersionPort, VersionVariable } from './version.ts'

type Json = Record<string, unknown>

const optional = [
  'req_video',
  'private_username',
  'private_token',
  'force_cache',
  'termination_grace_period_seconds',
  'dns_config',
  'endpoint_storage',
]

/** OpenAPI v1 `AppVersion`, in the shape that the settings ask for. */
export function versionJson(version: AppVersion, settings: EdgegapSettings): Json {
  const { ports, private_token, ...fields } = version.fields
  return {
    ...(settings.unsetFields === 'null' && allNull(optional)),
    name: version.name,
    create_time: timestamp(version.createdOn),
    last_updated: timestamp(version.updatedOn),
    ...fields,
    ...tokenJson(private_token, settings),
    caching_percent: settings.cachingPercent,
    ports: ports.map((port) => portJson(port, settings)),
    envs: version.variables.map((variable) => variableJson(variable, settings)),
    ...(settings.undocumentedFields && { inject_context_env: true, enable_all_locations: false }),
  }
}

function allNull(names: readonly string[]): Json {
  return Object.fromEntries(names.map((name) => [name, null]))
}

function tokenJson(token: string | undefined, settings: EdgegapSettings): Json {
  if (token === undefined || settings.privateToken === 'absent') return {}
  return { private_token: settings.privateToken === 'clear' ? token : settings.placeholder }
}

function portJson(port: VersionPort, { protocolNames }: EdgegapSettings): Json {
  const protocol = protocolNames[port.protocol] ?? port.protocol
  return { to_check: true, tls_upgrade: false, ...port, protocol }
}

function variableJson({ key, value, isSecret }: VersionVariable, settings: EdgegapSettings): Json {
  const flags = settings.shownSecretFlags.map((flag) => [flag, isSecret])
  const shown = isSecret ? settings.placeholder : value
  return { key, value: shown, ...Object.fromEntries(flags) }
}
