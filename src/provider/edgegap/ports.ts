import type { Inputs } from '../../settings/inputs.ts'
import { hasControls } from '../../settings/names.ts'
import type { Problems } from '../../settings/problems.ts'

/** A port of an app version. */
export interface VersionPort {
  /** Empty where it has none: Edgegap then calls it by its number. */
  readonly name: string
  readonly port: number
  /** As Edgegap wants it: `UDP`, `TCP/UDP`, `WS` … */
  readonly protocol: string
  /** Edgegap waits until the port answers before it calls a deployment ready. */
  readonly isChecked: boolean
  /** Edgegap's proxy adds TLS. */
  readonly hasTls: boolean
}

const PROTOCOLS = ['tcp', 'udp', 'tcp/udp', 'ws', 'wss', 'http', 'https']
const PORT_FORM = `write "name 7777/udp"; the protocol is one of ${PROTOCOLS.join(', ')}, and no-check and tls may follow`
/** OpenAPI v1, `AppVersionPort`. */
const MAX_PORT = 59_999
const MAX_NAME = 64
/** Room for a name and its port; matching a line of any length could take for ever. */
const MAX_LINE = 200

/** Reads the `ports` input; undefined when it is not given. */
export function readPorts(inputs: Inputs, problems: Problems): VersionPort[] | undefined {
  const lines = inputs.lines('ports')
  if (lines.length === 0) return undefined
  const ports: VersionPort[] = []
  for (const line of lines) {
    const port = parsePort(line)
    const fault = typeof port === 'string' ? port : findClash(port, ports)
    if (fault !== undefined) problems.add('ports', line.trim(), fault)
    else if (typeof port !== 'string') ports.push(port)
  }
  return ports
}

/**
 * Reads one line, such as `gameport 7777/udp no-check`. The name may hold blanks.
 *
 * @returns the port, or what is wrong with the line
 */
export function parsePort(line: string): VersionPort | string {
  if (line.length > MAX_LINE) return PORT_FORM
  const words = line.trim().split(/\s+/)
  const at = words.findLastIndex((word) => /^\d+\/\S/.test(word))
  const [digits = '', ...rest] = (words[at] ?? '').split('/')
  const protocol = rest.join('/').toLowerCase()
  if (at < 0) return PORT_FORM
  if (!PROTOCOLS.includes(protocol)) {
    return `Edgegap has no protocol ${protocol}: use one of ${PROTOCOLS.join(', ')}`
  }
  const port = { name: words.slice(0, at).join(' '), port: Number(digits), protocol }
  const flags = words.slice(at + 1).map((word) => word.toLowerCase())
  return (
    findPortFault(port, flags) ?? {
      ...port,
      protocol: protocol.toUpperCase(),
      isChecked: !flags.includes('no-check'),
      hasTls: flags.includes('tls'),
    }
  )
}

function findPortFault(
  { name, port, protocol }: { name: string; port: number; protocol: string },
  flags: readonly string[],
): string | undefined {
  if (port > MAX_PORT) return `use a port from 0 to ${MAX_PORT}`
  if (port === 0 && name === '') return 'port 0 (any port) needs a name before it'
  if (name.length > MAX_NAME) return `use a name of at most ${MAX_NAME} characters`
  if (hasControls(name)) return 'the name holds control characters'
  const unknown = flags.find((flag) => flag !== 'no-check' && flag !== 'tls')
  if (unknown !== undefined) {
    return `"${unknown}" is unknown: only no-check and tls may follow the protocol`
  }
  if (flags.includes('tls') && protocol !== 'ws' && protocol !== 'http') {
    return 'tls is only for ws and http: Edgegap adds it to no other protocol'
  }
  return undefined
}

/** Two ports of one name cannot be distinguished, and one number can be given to one of them only. */
function findClash(port: VersionPort, earlier: readonly VersionPort[]): string | undefined {
  if (earlier.some((other) => keyOf(other) === keyOf(port))) {
    return `a second port is called ${keyOf(port)}: give each a name of its own`
  }
  const clash = earlier.find(
    (other) => port.port !== 0 && other.port === port.port && sharesTransport(other, port),
  )
  return clash && `${port.port} is already used by "${showPort(clash)}"`
}

function keyOf({ name, port }: VersionPort): string {
  return name || String(port)
}

function sharesTransport(a: VersionPort, b: VersionPort): boolean {
  const transports = ({ protocol }: VersionPort) =>
    protocol === 'TCP/UDP' ? ['TCP', 'UDP'] : [protocol === 'UDP' ? 'UDP' : 'TCP']
  return transports(a).some((transport) => transports(b).includes(transport))
}

/** The same protocol in the spelling that a create takes: `WS` comes back as `Websocket`. */
export function normaliseProtocol(text: string): string {
  const word = text.toUpperCase().replace(/[^A-Z/]/g, '')
  const known: Readonly<Record<string, string>> = {
    WEBSOCKET: 'WS',
    WEBSOCKETS: 'WS',
    WEBSOCKETSECURE: 'WSS',
    SECUREWEBSOCKET: 'WSS',
    WEBSOCKETTLS: 'WSS',
    'UDP/TCP': 'TCP/UDP',
    TCPUDP: 'TCP/UDP',
  }
  return known[word] ?? word
}

/** As a request takes it (OpenAPI v1, `AppVersionPort`). */
export function portBody({ name, port, protocol, isChecked, hasTls }: VersionPort) {
  return {
    port,
    protocol,
    to_check: isChecked,
    tls_upgrade: hasTls,
    ...(name !== '' && { name }),
  }
}

/** As the input is written. */
export function showPort({ name, port, protocol, isChecked, hasTls }: VersionPort): string {
  const words = [
    name,
    `${port}/${protocol.toLowerCase()}`,
    !isChecked && 'no-check',
    hasTls && 'tls',
  ]
  return words.filter(Boolean).join(' ')
}

/** All ports in one line, in an order that does not depend on how they were listed. */
export function showPorts(ports: readonly VersionPort[]): string {
  // An unnamed port comes back from Edgegap with its number as the name.
  const named = ports.map((port) => ({ ...port, name: keyOf(port) }))
  return named.map(showPort).sort().join(', ') || 'none'
}
