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
    ...(settings.dryRun ? ['dry-run: nothing is changed'] : []),
    ...lines,
  ]
}

function describeDeploy(settings: DeploySettings, cannotStop: string | undefined): string[] {
  const { onFailure, stopAfterJob, settleTimeMs, tunnel, group, replace } = settings
  return [
    ...(cannotStop === undefined
      ? [`on-failure: ${onFailure}`, `stop-after-job: ${stopAfterJob}`]
      : []),
    ...(settleTimeMs > 0 ? [`settle-time: ${settleTimeMs / 1000}s`] : []),
    ...(group === undefined ? [] : [`group: ${group}`]),
    ...(replace ? [`replace: ${replace.when}, scope: ${replace.reach.kind}`] : []),
    describeTunnel(tunnel),
  ]
}

function describeTunnel(tunnel: TunnelSettings): string {
  const why = tunnel.transport === 'none' ? `, ${tunnel.why}` : ''
  return `tunnel: ${tunnel.transport.replace('-', ', ')}${why}`
}
