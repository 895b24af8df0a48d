import { formatDuration } from '../base/clock.ts'
import type { Cause } from './asking.ts'
import type { ProbeResult } from './probe.ts'

/** The field of the output `deployments`. */
export type ProbeOutput = Pick<ProbeResult, 'port' | 'protocol' | 'answered' | 'seconds' | 'detail'>

/** What the output `deployments` says of one line of `probe`. */
export function toProbeOutput(result: ProbeResult): ProbeOutput {
  const { port, protocol, answered, seconds, detail } = result
  return { port, protocol, answered, seconds, detail }
}

/** What came of it, to stand behind the port's name: `answered after 3.1 s: map dm1, 0 of 8 players`. */
export function describeProbe(result: ProbeResult): string {
  const time = formatDuration(result.seconds * 1000)
  if (result.answered) return `answered after ${time}: ${result.detail}`
  const said = `${result.detail} (${describeEffort(result)})`
  if (result.cause === 'stopped') return `was ${said}`
  if (result.cause === 'bad-certificate') return `cannot be trusted: ${said}`
  return `did not answer within ${time}: ${said}`
}

/** What was tried, such as `37 packets sent to game.example.com:31001`. */
function describeEffort({ sent, transport, address }: ProbeResult): string {
  const what = transport === 'udp' ? 'packet' : 'attempt'
  const verb = transport === 'udp' ? 'sent' : 'to connect'
  return `${sent} ${what}${sent === 1 ? '' : 's'} ${verb} to ${address}`
}

/**
 * What commonly causes this, and what to do about it.
 *
 * @param portProtocol what the provider says that the port is, such as `UDP`; may be empty
 */
export function adviseOn(result: ProbeResult, portProtocol: string): string {
  if (isOtherTransport(portProtocol, result.transport)) {
    return `The port ${result.port} is ${portProtocol.toUpperCase()}, and ${result.protocol} asks over ${result.transport.toUpperCase()}: declare the port with the other protocol, or probe another port.`
  }
  if (result.cause === undefined || result.cause === 'stopped') return ''
  return ADVICE[result.cause](result)
}

/** True for plain TCP and UDP only: whatever else a provider writes may carry both. */
function isOtherTransport(portProtocol: string, transport: 'tcp' | 'udp'): boolean {
  const other = transport === 'udp' ? /^(?:tcp|https?|wss?)$/i : /^udp$/i
  return other.test(portProtocol)
}

const ADVICE: Readonly<Record<Cause, (result: ProbeResult) => string>> = {
  unresolved: () =>
    "The server's name may need longer to appear in DNS, or this runner's resolver cannot see it: raise probe-timeout, or look the name up on the runner.",
  'no-route': () =>
    "This runner cannot reach the server's network: its firewall may forbid it, or the server has an IPv6 address only.",
  silent: ({ transport, protocol }) =>
    transport === 'udp'
      ? `Common causes: the server is still loading (raise probe-timeout), it listens on another port or on 127.0.0.1 only, it answers ${protocol} on a port of its own, or this runner's network blocks UDP.`
      : 'Common causes: the server is still loading (raise probe-timeout), it hangs, or a firewall drops the connection, here or at the server.',
  refused: () =>
    'Common causes: the server is still loading (raise probe-timeout), it listens on another port or on 127.0.0.1 only, or it has ended: see its log.',
  cut: () =>
    'Common causes: the server is still loading (raise probe-timeout), it ended meanwhile (see its log), or it speaks another protocol on this port.',
  'wrong-answer': ({ protocol }) =>
    `Something answers on this port, and not as ${protocol} does: check the protocol and the path in probe, and the log of the server.`,
  'bad-certificate': () =>
    'Give the server a certificate for this name. If a private authority signed it, name its certificate in NODE_EXTRA_CA_CERTS. To check only that the server answers, probe with tcp.',
}
