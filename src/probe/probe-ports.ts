import { ActionError } from '../base/errors.ts'
import { toLine } from '../runner/plain-text.ts'
import type { ProbeSpec } from '../settings/probe.ts'
import { adviseOn, describeProbe } from './explain.ts'
import { type ProbeResult, type ProbeTools, probeServer } from './probe.ts'

/** A server that is ready: where it is and which ports it has. */
export interface ProbedServer {
  readonly host: string
  readonly ip: string
  readonly ports: readonly ProbedPort[]
}

export interface ProbedPort {
  readonly name: string
  readonly external: number
  /** In the provider's words; may be empty. */
  readonly protocol: string
}

/** What the whole probe of one server came to. */
export interface ProbeReport {
  /** One for each line, in their order. */
  readonly results: readonly ProbeResult[]
  /** Why the server does not count as answering; undefined: it does, or the probe was stopped. */
  readonly error: ActionError | undefined
  /** The probe was ended from outside before it could tell. */
  readonly stopped: boolean
}

/** A list of ports longer than this helps nobody. */
const MAX_LISTED = 20

/**
 * Asks one server everything that `probe` says, side by side.
 *
 * @param onResult is called as soon as a line has its result
 * @throws ActionError `unusable-input` when the server lacks a port that a line names
 */
export async function probePorts(
  specs: readonly ProbeSpec[],
  server: ProbedServer,
  tools: ProbeTools,
  onResult: (result: ProbeResult) => void = () => {},
): Promise<ProbeReport> {
  const pairs = specs.map((spec) => ({ spec, port: findPort(spec, server.ports) }))
  const results = await Promise.all(
    pairs.map(async ({ spec, port }) => {
      const target = { host: server.host, ip: server.ip, port: port.external }
      const result = await probeServer(spec, target, tools)
      onResult(result)
      return result
    }),
  )
  const silent = results.findIndex(({ answered, cause }) => !answered && cause !== 'stopped')
  const [result, pair] = [results[silent], pairs[silent]]
  return {
    results,
    error: result && pair && toError(result, pair.port.protocol),
    stopped: results.some(({ cause }) => cause === 'stopped'),
  }
}

/** Names match exactly, or else without regard to letter case where only one does. */
function findPort({ port }: ProbeSpec, ports: readonly ProbedPort[]): ProbedPort {
  const exact = ports.find(({ name }) => name === port)
  if (exact) return exact
  const alike = ports.filter(({ name }) => name.toLowerCase() === port.toLowerCase())
  if (alike.length === 1 && alike[0]) return alike[0]
  throw new ActionError({
    kind: 'unusable-input',
    what: `The server has no port named ${port}, which probe asks for`,
    next: `Its ports are: ${listPorts(ports)}.`,
  })
}

function listPorts(ports: readonly ProbedPort[]): string {
  if (ports.length === 0) return 'none'
  const listed = ports.slice(0, MAX_LISTED).map(({ name }) => toLine(name, 60))
  return `${listed.join(', ')}${ports.length > MAX_LISTED ? ', …' : ''}`
}

function toError(result: ProbeResult, portProtocol: string): ActionError {
  return new ActionError({
    kind: 'deployment-failed',
    what: `The server is ready, but its port ${result.port} (${result.protocol}) ${describeProbe(result)}`,
    next: adviseOn(result, portProtocol),
  })
}
