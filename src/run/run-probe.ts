import { type ActionError, toActionError } from '../base/errors.ts'
import { describeProbe, toProbeOutput } from '../probe/explain.ts'
import type { ProbeResult } from '../probe/probe.ts'
import type { DeploymentState } from '../state/state.ts'
import type { Run } from './run.ts'

/**
 * Asks a server that is ready what `probe` says, all lines side by side. What came of each line goes
 * to the log and the deployment's state.
 *
 * @param signal ends it early
 */
export async function runProbe(
  run: Run,
  deployment: DeploymentState,
  signal: AbortSignal,
): Promise<'good' | 'aborted' | ActionError> {
  const { settings, clock, random, progress } = run
  const { probes, probeTimeoutMs } = settings.probe
  const { host = '', ip = '', ports = [] } = deployment.observation?.facts ?? {}
  const asked = probes.map(({ port, protocol }) => `${port} (${protocol})`).join(', ')
  progress.begins(deployment, `asking ${asked}`)
  const say = (result: ProbeResult) => {
    if (result.cause !== 'stopped') {
      progress.says(deployment, `${result.port} (${result.protocol}) ${describeProbe(result)}`)
    }
  }
  try {
    const tools = { clock, random, signal, timeoutMs: probeTimeoutMs }
    const report = await run.probePorts(probes, { host, ip, ports }, tools, say)
    deployment.probes = report.results.map(toProbeOutput)
    return report.error ?? (report.stopped ? 'aborted' : 'good')
  } catch (thrown) {
    return toActionError(thrown)
  }
}
