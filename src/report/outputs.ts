import type { ActionError } from '../base/errors.ts'
import type { Facts, Port } from '../provider/provider.ts'
import { toLine } from '../runner/plain-text.ts'
import { cancelled } from '../state/endings.ts'
import { type DeploymentState, firstError, type RunState } from '../state/state.ts'

/** How texts are cleaned of secrets; a `Printer` does it. */
export interface OutputTexts {
  /** Removes secrets from a remote text. */
  redact(text: string): string
  /** The same for an address: what may be public by chance stays. */
  redactFact(text: string): string
}

/** A list of names, as JSON: cut within, it could not be read any more. */
const LONGEST_LIST = 64_000

/**
 * The outputs of a run by their names in action.yml. Every declared output is there on every path,
 * empty where there is nothing to say. Values are one line, without secrets and control characters.
 *
 * @param providerOutputs outputs that only some providers fill
 */
export function buildOutputs(
  report: RunState,
  texts: OutputTexts,
  providerOutputs: readonly string[],
): Record<string, string> {
  const line = (text: string, longest?: number) => toLine(texts.redact(text), longest)
  const first = report.deployments[0]
  const firstFacts = deploymentFacts(first, texts)
  const error = causeOf(report)
  return {
    outcome: report.outcome,
    'deployment-id': firstFacts.id || (report.stop?.id ?? ''),
    host: firstFacts.host,
    ip: firstFacts.ip,
    port: firstFacts.port,
    address: firstFacts.address,
    location: firstFacts.location,
    ports: JSON.stringify(firstFacts.ports),
    deployments: JSON.stringify(
      report.deployments.map((deployment) => deploymentFacts(deployment, texts)),
    ),
    version: report.version,
    'version-action': report.versionAction,
    image: line(report.image ?? ''),
    'previous-image': line(report.previousImage ?? ''),
    promoted: JSON.stringify(
      (report.promoted ?? []).map(({ version, from, to }) => {
        return { version: line(version), from: line(from), to: line(to) }
      }),
    ),
    status: line(first?.observation?.status ?? ''),
    signal: first?.source ?? '',
    tunnel: report.tunnel,
    'tunnel-error': line(report.tunnelError),
    seconds: first?.id === undefined ? '' : inSeconds(first.elapsedMs),
    error: error ? line(error.message) : '',
    'stopped-ids': JSON.stringify(report.stoppedIds),
    'log-files': JSON.stringify(report.logFiles ?? []),
    ...Object.fromEntries(
      providerOutputs.map((name) => [
        name,
        line(first?.observation?.facts.outputs?.[name] ?? '', LONGEST_LIST),
      ]),
    ),
  }
}

/** A run that is cancelled when its servers stay already has no error of its own. */
function causeOf(report: RunState): ActionError | undefined {
  return firstError(report) ?? (report.outcome === 'cancelled' ? cancelled() : undefined)
}

/** One entry of the output `deployments`. */
function deploymentFacts(deployment: DeploymentState | undefined, texts: OutputTexts) {
  const text = (value: string | undefined) => toLine(texts.redact(value ?? ''))
  // A port 31504 must not lose its number to a secret 3150.
  const fact = (value: string | undefined) => toLine(texts.redactFact(value ?? ''))
  const facts: Facts = deployment?.observation?.facts ?? {}
  const [firstPort] = facts.ports ?? []
  return {
    id: deployment?.id ?? '',
    name: text(deployment?.target.name),
    host: fact(facts.host),
    ip: fact(facts.ip),
    port: firstPort ? String(firstPort.external) : '',
    address: fact(firstPort?.address),
    location: text(facts.location),
    ports: portMap(facts.ports ?? [], text, fact),
    outcome: deployment?.outcome ?? '',
    status: text(deployment?.observation?.status),
    seconds: Number(inSeconds(deployment?.elapsedMs ?? 0)),
    error: text(deployment?.error?.message),
    probe: (deployment?.probes ?? []).map((one) => ({
      ...one,
      port: text(one.port),
      detail: text(one.detail),
    })),
  }
}

function portMap(
  ports: readonly Port[],
  text: (value: string) => string,
  fact: (value: string) => string,
) {
  // Without a prototype a port may be called anything, `__proto__` too.
  const map: Record<string, unknown> = Object.create(null)
  for (const { name, internal, external, protocol, address } of ports) {
    map[text(name)] = { internal, external, protocol: text(protocol), address: fact(address) }
  }
  return map
}

function inSeconds(durationMs: number): string {
  return (durationMs / 1000).toFixed(1)
}

/**
 * Warnings for outputs in which the value of a secret input stands: the runner shows stars for it in
 * the log, leaves a job output with it empty, and some of it is replaced here.
 *
 * @param texts also tells which inputs' values are in a text
 */
export function maskedOutputWarnings(
  report: RunState,
  texts: OutputTexts & { inputsIn(text: string): string[] },
  providerOutputs: readonly string[],
): string[] {
  const facts = withoutErrors(report)
  const asIs = (text: string) => text
  const raw = buildOutputs(facts, { redact: asIs, redactFact: asIs }, providerOutputs)
  const clean = buildOutputs(facts, texts, providerOutputs)
  const outputsOf = new Map<string, string[]>()
  for (const [name, value] of Object.entries(raw)) {
    for (const input of texts.inputsIn(value)) {
      outputsOf.set(input, [...(outputsOf.get(input) ?? []), name])
    }
  }
  return [...outputsOf].map(([input, names]) => {
    const damaged = names.filter((name) => !texts.inputsIn(clean[name] ?? '').includes(input))
    const harm =
      damaged.length > 0
        ? `It was replaced by *** in: ${damaged.join(', ')}.`
        : 'They are complete in this step.'
    return `The outputs ${names.join(', ')} contain the secret value of ${input}. ${harm} The runner shows *** for it in the log and leaves job outputs empty that hold it: give ${input} a longer value, or pass it where it is not secret.`
  })
}

/** An error text may quote a secret; that it is removed there is no news. */
function withoutErrors({ error: _, ...report }: RunState): RunState {
  const deployments = report.deployments.map(({ error: _, ...deployment }) => deployment)
  return { ...report, tunnelError: '', deployments }
}
