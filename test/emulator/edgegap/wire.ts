import { type Deployment, isTerminated } from './deployment.ts'
import { locationOf } from './location.ts'
import { orderedKey } from './ordered-json.ts'
import type { EdgegapSettings, PortSpec } from './settings.ts'
import { timestamp } from './timestamp.ts'

type Json = Record<string, unknown>

/**
 * OpenAPI v1 `V1DeploymentStatus`, in the spelling and shape that the settings ask for; to be
 * written by `orderedText`.
 */
export function statusJson(deployment: Deployment, settings: EdgegapSettings): Json {
  const json: Json = {
    request_id: deployment.id,
    fqdn: settings.reachableAt ?? deployment.fqdn,
    app_name: deployment.application,
    app_version: deployment.version,
    current_status: spell(deployment.status, settings),
    running: deployment.running,
    error: deployment.error,
    error_detail: deployment.errorDetail,
    max_duration: deployment.maxDurationMinutes ?? settings.maxDurationMinutes,
    removal_time: deployment.removedOn ? timestamp(deployment.removedOn) : null,
    last_status: deployment.lastStatus ? spell(deployment.lastStatus, settings) : null,
    location: locationOf(deployment, settings),
    ...(settings.tagsInStatus && { tags: deployment.tags }),
    ...placement(deployment, settings),
    ...(settings.undocumentedFields && undocumented(deployment)),
  }
  const spelled = settings.numbers === 'string' ? numbersAsText(json) : json
  return { ...spelled, ...deployment.wire }
}

/** A row of the list, which by OpenAPI v1 tells neither application, version, status nor error. */
export function rowJson(deployment: Deployment, settings: EdgegapSettings): Json {
  const row: Json = {
    request_id: deployment.id,
    fqdn: settings.reachableAt ?? deployment.fqdn,
    ready: deployment.status === 'READY',
    start_time: timestamp(deployment.readyOn ?? deployment.createdOn),
    public_ip: deployment.readyOn ? (settings.reachableAt ?? deployment.publicIp) : '',
    ports: deployment.readyOn ? portsJson(deployment, settings) : {},
    ...(settings.tagsInRows && !deployment.hidesTags && { tags: deployment.tags }),
  }
  return settings.numbers === 'string' ? numbersAsText(row) : row
}

/** What is known only once the container runs somewhere. */
function placement(deployment: Deployment, settings: EdgegapSettings): Json {
  if (deployment.readyOn !== undefined) {
    const end = deployment.removedOn ?? new Date()
    return {
      public_ip: settings.reachableAt ?? deployment.publicIp,
      ports: isTerminated(deployment) ? null : portsJson(deployment, settings),
      start_time: timestamp(deployment.readyOn),
      elapsed_time: Math.floor((end.getTime() - deployment.readyOn.getTime()) / 1000),
    }
  }
  switch (settings.beforeReady) {
    case 'empty': {
      const start_time = timestamp(deployment.createdOn)
      return { public_ip: '', ports: {}, start_time, elapsed_time: 0 }
    }
    case 'null':
      return { public_ip: null, ports: null, start_time: null, elapsed_time: null }
    case 'absent':
      return {}
  }
}

function portsJson(deployment: Deployment, settings: EdgegapSettings): Json {
  const ports = (deployment.ports ?? settings.ports).map((port, index) => {
    // A server that really stands there listens on its own ports.
    const own = settings.reachableAt === undefined ? undefined : port.internal || undefined
    const external = port.external ?? own ?? deployment.firstExternalPort + index
    return [
      orderedKey(settings.portKeys === 'name' ? port.name : String(port.internal)),
      {
        name: port.name,
        link: link(settings.reachableAt ?? deployment.fqdn, external, port),
        // 0 asks for the same number on both sides.
        internal: port.internal || external,
        external,
        protocol: port.protocol,
        tls_upgrade: port.tlsUpgrade ?? false,
      },
    ] as const
  })
  return Object.fromEntries(ports)
}

/** Only web ports get a scheme: `https://` in OpenAPI v1, none for UDP in the 2024 contract. */
function link(fqdn: string, external: number, { protocol }: PortSpec): string {
  const isWeb = /^(HTTPS?|WSS?)$/i.test(protocol)
  return `${isWeb ? 'https://' : ''}${fqdn}:${external}`
}

function spell(status: string, { statusSpelling }: EdgegapSettings): string {
  switch (statusSpelling) {
    case 'prefixed':
      return `Status.${status}`
    case 'bare':
      return status
    case 'lower':
      return `status.${status.toLowerCase()}`
    case 'mixed':
      return label(status)
  }
}

function label(status: string): string {
  return status.charAt(0) + status.slice(1).toLowerCase()
}

function undocumented(deployment: Deployment): Json {
  return {
    current_status_label: label(deployment.status),
    whitelisting_active: false,
    sessions: [],
    sockets: null,
    is_joinable_by_session: false,
  }
}

function numbersAsText(json: Json): Json {
  const asText = (_key: string, value: unknown) =>
    typeof value === 'number' ? String(value) : value
  return JSON.parse(JSON.stringify(json, asText)) as Json
}
