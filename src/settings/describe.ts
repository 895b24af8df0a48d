import type { GitHubSettings } from './github.ts'
import type { DeploySettings, Settings } from './model.ts'
import type { ProviderInputs } from './provider-inputs.ts'
import type { TunnelSettings } from './tunnel.ts'

/** What was decided, for the log: one line each. */
export function describeSettings(
  settings: Settings,
  definition: Pick<ProviderInputs, 'describe' | 'cannotStop'>,
): string[] {
  const { title, lines } = definition.describe(settings)
  return [
    title,
    `api-url: ${settings.apiUrl.origin}`,
    ...(settings.operation === 'version' ? [] : [`wait: ${settings.wait}`]),
    ...(settings.operation === 'deploy' ? describeDeploy(settings, definition.cannotStop) : []),
    ...(settings.logDir === undefined ? [] : [`log-dir: ${settings.logDir}`]),
    ...describeGitHub(settings.github),
    ...(settings.dryRun ? ['dry-run: nothing is changed'] : []),
    ...lines,
  ]
}

function describeDeploy(settings: DeploySettings, cannotStop: string | undefined): string[] {
  const { onFailure, stopAfterJob, settleTimeMs, probe, tunnel, group, replace } = settings
  return [
    ...(cannotStop === undefined
      ? [`on-failure: ${onFailure}`, `stop-after-job: ${stopAfterJob}`]
      : []),
    ...(settleTimeMs > 0 ? [`settle-time: ${settleTimeMs / 1000}s`] : []),
    ...probe.probes.map(({ port, protocol }) => `probe: ${port} ${protocol}`),
    ...(group === undefined ? [] : [`group: ${group}`]),
    ...(replace ? [`replace: ${replace.when}, scope: ${replace.reach.kind}`] : []),
    describeTunnel(tunnel),
  ]
}

function describeTunnel(tunnel: TunnelSettings): string {
  const why = tunnel.transport === 'none' ? `, ${tunnel.why}` : ''
  return `tunnel: ${tunnel.transport.replace('-', ', ')}${why}`
}

function describeGitHub({ environment, comment }: GitHubSettings): string[] {
  return [
    ...(environment === '' ? [] : [`environment: ${environment}`]),
    ...(comment ? ['comment: true'] : []),
  ]
}
