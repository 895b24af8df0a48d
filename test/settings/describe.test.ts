import { describe, expect, it } from 'vitest'
import { describeSettings } from '../../src/settings/describe.ts'
import { type Given, readAll } from './reading.ts'
import { SSH } from './tunnel-inputs.ts'

async function linesOf(given: Given, environment?: NodeJS.ProcessEnv): Promise<string[]> {
  const { settings, definition } = await readAll(given, environment)
  const known = { describe: () => ({ title: 'Deploying my-game', lines: ['its own line'] }) }
  const { cannotStop } = definition
  return describeSettings(settings, {
    ...known,
    ...(cannotStop === undefined ? {} : { cannotStop }),
  })
}

describe('what was decided', () => {
  it('is said in few lines where nothing but the least is given', async () => {
    expect(await linesOf({})).toEqual([
      'Deploying my-game',
      'api-url: https://api.edgegap.com',
      'wait: auto',
      'on-failure: stop',
      'stop-after-job: false',
      'tunnel: none, this runner is self-hosted and no tunnel is configured',
      'its own line',
    ])
  })

  it('is said with everything that was asked for', async () => {
    const given = {
      wait: 'webhook',
      'on-failure': 'keep',
      'stop-after-job': 'true',
      'settle-time': '1m30s',
      probe: 'gameport a2s\nMy Web http /health',
      'log-dir': '/tmp/logs',
      group: 'pr-12',
      replace: 'after-ready',
      environment: 'staging',
      comment: 'true',
      'dry-run': 'true',
      'api-url': 'https://gateway.example.com/edgegap',
      ...SSH,
    }
    expect(await linesOf(given)).toEqual([
      'Deploying my-game',
      'api-url: https://gateway.example.com',
      'wait: webhook',
      'on-failure: keep',
      'stop-after-job: true',
      'settle-time: 90s',
      'probe: gameport a2s',
      'probe: My Web http',
      'group: pr-12',
      'replace: after-ready, scope: group',
      'tunnel: ssh',
      'log-dir: /tmp/logs',
      'environment: staging',
      'comment: true',
      'dry-run: nothing is changed',
      'its own line',
    ])
  })

  it('names the kind of a tunnel', async () => {
    expect(await linesOf({}, { RUNNER_ENVIRONMENT: 'github-hosted' })).toContain(
      'tunnel: cloudflared, quick',
    )
  })

  it('of a replacement names its scope', async () => {
    expect(await linesOf({ replace: 'before-deploy', scope: 'application' })).toContain(
      'replace: before-deploy, scope: application',
    )
  })

  it('of a stop says nothing of what only a deploy has', async () => {
    expect(await linesOf({ operation: 'stop', 'deployment-id': 'a1' })).toEqual([
      'Deploying my-game',
      'api-url: https://api.edgegap.com',
      'wait: auto',
      'its own line',
    ])
  })

  it('of a version waits for nothing', async () => {
    expect(await linesOf({ operation: 'version', image: 'example.com/my-game:v1' })).toEqual([
      'Deploying my-game',
      'api-url: https://api.edgegap.com',
      'its own line',
    ])
  })

  it('has no word of stopping where nothing can be stopped', async () => {
    const given = {
      provider: 'rockit-edge',
      'api-url': 'https://edge.example.com',
      organization: 'my-org',
      username: 'ci',
      'build-url': 'https://files.example.com/b.tar',
      'build-size': '12',
      application: 'my_game',
      version: '',
    }
    const lines = await linesOf(given)
    expect(lines).toEqual([
      'Deploying my-game',
      'api-url: https://edge.example.com',
      'wait: auto',
      'tunnel: none, this runner is self-hosted and no tunnel is configured',
      'its own line',
    ])
  })
})
