import type { Settings } from './settings.ts'
import type { TunnelSettings } from './tunnel.ts'

/** What was decided, for the log: one line each. */
export function describeSettings(settings: Settings): string[] {
  const shared = [`api-url: ${settings.apiUrl.origin}`, `wait: ${settings.wait}`]
  if (settings.operation === 'stop') return [`Stopping ${settings.deploymentId}`, ...shared]
  const { application, tunnel } = settings
  if (settings.provider === 'rockit-edge') {
    const { organization, username, source, waitUntil } = settings
    return [
      `Publishing a build of ${application} as ${username} of ${organization}`,
      ...shared,
      describeTunnel(tunnel),
      source.kind === 'path'
        ? `build: ${source.path}`
        : `build-url: ${source.url.origin}${source.url.pathname}`,
      `wait-until: ${waitUntil}`,
    ]
  }
  const { version, onFailure, stopAfterJob, locations, environment } = settings
  return [
    `Deploying ${application} ${version}`,
    ...shared,
    `on-failure: ${onFailure}`,
    `stop-after-job: ${stopAfterJob}`,
    describeTunnel(tunnel),
    ...locations.map(({ name, where }) => `location: ${name} (${where})`),
    ...environment.map(
      ({ key, secret }) => `${secret ? 'secret ' : ''}environment variable: ${key}`,
    ),
  ]
}

function describeTunnel(tunnel: TunnelSettings): string {
  const why = tunnel.transport === 'none' ? `, ${tunnel.why}` : ''
  return `tunnel: ${tunnel.transport.replace('-', ', ')}${why}`
}
