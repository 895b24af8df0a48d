import type { Facts, Port } from '../provider/provider.ts'
import { toLine } from '../runner/plain-text.ts'
import type { DeploymentState, RunState } from '../state/state.ts'

/** Removes secrets from a remote text. */
type Redact = (text: string) => string

/**
 * The outputs of a run by their names in action.yml. Every declared output is there on every path,
 * empty where there is nothing to say. Values are one line, without secrets and control characters.
 *
 * @param providerOutputs outputs that only some providers fill, by their names in action.yml
 */
export function buildOutputs(
  report: RunState,
  redact: Redact,
  providerOutputs: readonly string[],
): Record<string, string> {
  const first = report.deployments[0]
  const firstFacts = deploymentFacts(first, redact)
  const error = report.error ?? report.deployments.find((deployment) => deployment.error)?.error
  return {
    outcome: report.outcome,
    'deployment-id': firstFacts.id || (report.stopId ?? ''),
    host: firstFacts.host,
    ip: firstFacts.ip,
    port: firstFacts.port,
    address: firstFacts.address,
    location: firstFacts.location,
    ports: JSON.stringify(firstFacts.ports),
    deployments: JSON.stringify(
      report.deployments.map((deployment) => deploymentFacts(deployment, redact)),
    ),
    version: report.version,
    'version-action': report.versionAction,
    status: toLine(redact(first?.observation?.status ?? '')),
    signal: first?.source ?? '',
    tunnel: report.tunnel,
    'tunnel-error': toLine(redact(report.tunnelError)),
    seconds: first?.id === undefined ? '' : inSeconds(first.elapsedMs),
    error: error ? toLine(redact(error.message)) : '',
    'stopped-ids': JSON.stringify(report.stoppedIds),
    ...fillProviderOutputs(providerOutputs, first?.observation?.facts.outputs ?? {}, redact),
  }
}

/** All of them are there on every path, also those of a provider that this run is not about. */
function fillProviderOutputs(
  names: readonly string[],
  given: Readonly<Record<string, string>>,
  redact: Redact,
) {
  return Object.fromEntries(names.map((name) => [name, toLine(redact(given[name] ?? ''))]))
}

/** One entry of the output `deployments`. */
function deploymentFacts(deployment: DeploymentState | undefined, redact: Redact) {
  const text = (value: string | undefined) => toLine(redact(value ?? ''))
  const facts: Facts = deployment?.observation?.facts ?? {}
  const [firstPort] = facts.ports ?? []
  return {
    id: deployment?.id ?? '',
    name: text(deployment?.target.name),
    host: text(facts.host),
    ip: text(facts.ip),
    port: firstPort ? String(firstPort.external) : '',
    address: text(firstPort?.address),
    location: text(facts.location),
    ports: portMap(facts.ports ?? [], text),
    outcome: deployment?.outcome ?? '',
    status: text(deployment?.observation?.status),
    seconds: Number(inSeconds(deployment?.elapsedMs ?? 0)),
    error: text(deployment?.error?.message),
  }
}

function portMap(ports: readonly Port[], text: (value: string) => string) {
  // Without a prototype a port may be called anything, `__proto__` too.
  const map: Record<string, unknown> = Object.create(null)
  for (const { name, internal, external, protocol, address } of ports) {
    map[text(name)] = { internal, external, protocol: text(protocol), address: text(address) }
  }
  return map
}

function inSeconds(durationMs: number): string {
  return (durationMs / 1000).toFixed(1)
}
