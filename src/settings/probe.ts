import { readDuration } from './duration.ts'
import type { Inputs } from './inputs.ts'
import { nearestName } from './nearest.ts'
import type { Problems } from './problems.ts'

/** What an unset `probe-timeout` means. */
const DEFAULT_PROBE_TIMEOUT_MS = 60_000

const PROTOCOLS = [
  'tcp',
  'http',
  'https',
  'ws',
  'wss',
  'a2s',
  'quake3',
  'minecraft',
  'udp',
] as const
export type ProbeProtocol = (typeof PROTOCOLS)[number]

/** One line of `probe`: what to ask, at which port of the server. */
export type ProbeSpec = {
  /** The port's name, as the provider calls it. */
  readonly port: string
} & (
  | { readonly protocol: 'tcp' | 'a2s' | 'quake3' | 'minecraft' }
  | {
      readonly protocol: 'http' | 'https' | 'ws' | 'wss'
      /** Begins with a slash; may hold a query. */
      readonly path: string
    }
  | { readonly protocol: 'udp'; readonly payload: Buffer }
)

export interface ProbeSettings {
  readonly probes: readonly ProbeSpec[]
  /** How long the server may take to answer, from the moment it is asked first. */
  readonly probeTimeoutMs: number
}

const PROBE_FORM = 'write PORT PROTOCOL, such as gameport a2s'
/** More than any game has ports; each line is asked for up to the whole time-out. */
const MAX_PROBES = 20
/** What fits into one packet on every way through the internet. */
const MAX_PAYLOAD_BYTES = 1_200
const MAX_PATH = 1_000

/**
 * Reads `probe` and `probe-timeout`.
 *
 * @param wait the `wait` input: with `none` nobody is there to ask once the server is ready
 */
export function readProbes(
  inputs: Inputs,
  problems: Problems,
  wait: 'auto' | 'webhook' | 'poll' | 'none',
): ProbeSettings {
  const lines = inputs.lines('probe')
  if (lines.length > MAX_PROBES) {
    problems.add('probe', undefined, `has ${lines.length} lines: give at most ${MAX_PROBES}`)
  }
  if (lines.length > 0 && wait === 'none') {
    problems.add('wait', 'none', 'probe asks the server once it is ready: use another wait')
  }
  const probes: ProbeSpec[] = []
  for (const line of lines.slice(0, MAX_PROBES)) {
    const spec = parseProbe(line)
    if (typeof spec === 'string') problems.add('probe', line.trim(), spec)
    else probes.push(spec)
  }
  const timeoutMs = readDuration(inputs, problems, 'probe-timeout', 1_000)
  return { probes, probeTimeoutMs: timeoutMs ?? DEFAULT_PROBE_TIMEOUT_MS }
}

/**
 * Reads `PORT PROTOCOL [ARGUMENT]`. The port's name may hold blanks, and may hold a protocol's name
 * too: then the first reading that makes sense counts.
 *
 * @returns the spec, or what is wrong with the line
 */
export function parseProbe(line: string): ProbeSpec | string {
  const words = line.trim().split(/\s+/)
  let problem: string | undefined
  for (const [at, word] of words.entries()) {
    const protocol = at === 0 ? undefined : asProtocol(word)
    if (protocol === undefined) continue
    const spec = withArgument(nameBefore(line, at), protocol, words.slice(at + 1))
    if (typeof spec !== 'string') return spec
    problem ??= spec
  }
  return problem ?? withoutProtocol(words)
}

function asProtocol(word: string): ProbeProtocol | undefined {
  return PROTOCOLS.find((protocol) => protocol === word.toLowerCase())
}

/** The first words of a line, with the blanks between them as they are. */
function nameBefore(line: string, words: number): string {
  return new RegExp(`^(?:\\s*\\S+){${words}}`).exec(line)?.[0].trim() ?? ''
}

function withArgument(
  port: string,
  protocol: ProbeProtocol,
  words: readonly string[],
): ProbeSpec | string {
  switch (protocol) {
    case 'tcp':
    case 'a2s':
    case 'quake3':
    case 'minecraft':
      return words.length === 0 ? { port, protocol } : `${protocol} takes no argument`
    case 'http':
    case 'https':
    case 'ws':
    case 'wss': {
      const path = words.join(' ') || '/'
      const problem = checkPath(path)
      return problem ?? { port, protocol, path }
    }
    case 'udp': {
      const payload = parseHex(words.join(''))
      return typeof payload === 'string' ? payload : { port, protocol, payload }
    }
  }
}

function checkPath(path: string): string | undefined {
  if (!/^[\x21-\x7e]+$/.test(path)) return 'write the path without blanks, as %20, and in ASCII'
  if (/^[a-z]+:\/\//i.test(path)) return 'give the path only, such as /health'
  if (!path.startsWith('/')) return `write the path as /${path}`
  if (path.includes('#')) return 'the part after # is never sent to a server: leave it out'
  return path.length > MAX_PATH ? `give a path of at most ${MAX_PATH} characters` : undefined
}

/** Bytes as they stand in documents: `ff01`, `FF 01`, `0xff01`. */
function parseHex(text: string): Buffer | string {
  const digits = text.replace(/^0x/i, '')
  if (digits === '') return 'udp needs the bytes to send, in hex, such as gameport udp ffffffff01'
  if (!/^[0-9a-f]+$/i.test(digits)) return 'udp takes bytes in hex: 0 to 9 and a to f only'
  if (digits.length % 2 === 1) return 'udp takes two hex digits for each byte: one is missing'
  if (digits.length > 2 * MAX_PAYLOAD_BYTES) return `udp sends at most ${MAX_PAYLOAD_BYTES} bytes`
  return Buffer.from(digits, 'hex')
}

function withoutProtocol([first = '', ...others]: readonly string[]): string {
  if (others.length === 0) {
    return asProtocol(first) ? `the port's name is missing: ${PROBE_FORM}` : PROBE_FORM
  }
  const nearest = others
    .map((word) => nearestName(word, PROTOCOLS))
    .find((found) => found !== undefined)
  const hint = nearest === undefined ? 'use' : `did you mean ${nearest}? Use`
  return `unknown protocol: ${hint} one of ${PROTOCOLS.join(', ')}`
}
