import { describe, expect, it } from 'vitest'
import { REGISTRY } from '../../src/provider/registry.ts'
import { nearestName } from '../../src/settings/nearest.ts'
import { BadInputs } from '../../src/settings/problems.ts'
import { readSettings } from '../../src/settings/settings.ts'
import { findUnknownInputs, knownInputs } from '../../src/settings/unknown-inputs.ts'

const key = '-----BEGIN OPENSSH PRIVATE KEY-----\nx\n-----END OPENSSH PRIVATE KEY-----'
const ssh = {
  'ssh-host': 'host.example.com',
  'ssh-user': 'u',
  'ssh-key': key,
  'ssh-known-hosts': 'host ssh-ed25519 AAAA',
  'ssh-public-url': 'https://x.example/{port}',
}

async function read(inputs: Record<string, string>, environment: NodeJS.ProcessEnv = {}) {
  const given = { 'api-token': 'abc-123', application: 'my-game', version: 'v1', ...inputs }
  const named = Object.entries(given).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value])
  return await readSettings({ ...environment, ...Object.fromEntries(named) }, REGISTRY)
}

async function problemsWith(inputs: Record<string, string>): Promise<readonly string[]> {
  try {
    await read(inputs)
  } catch (thrown) {
    if (thrown instanceof BadInputs) return thrown.problems
    throw thrown
  }
  return []
}

describe('a problem says what was probably meant', () => {
  it.each([
    [{ timeout: '600' }, 'did you mean 600s or 10m?'],
    [{ timeout: '10' }, 'did you mean 10s or 10m?'],
    [{ timeout: '10 minutes' }, 'did you mean 10m?'],
    [{ timeout: '1.5h' }, 'did you mean 1h30m?'],
    [{ timeout: '90 Sec' }, 'did you mean 90s?'.replace('90s', '1m30s')],
    [{ timeout: '5000ms' }, 'did you mean 5s?'],
    [{ timeout: '1h 30M' }, 'did you mean 1h30m?'],
    [{ 'api-url': 'api.edgegap.com' }, 'did you mean https://api.edgegap.com?'],
    [{ ...ssh, 'ssh-key': key.replaceAll('\n', '\\n') }, 'with real line breaks'],
    [{ 'poll-interval': '500ms' }, 'write a duration such as 90s, 10m or 1h30m, at least 1s'],
    [
      { locations: 'tokyo 139.69,35.68' },
      'latitude comes first and is from -90 to 90; did you mean tokyo 35.68,139.69?',
    ],
    [{ locations: 'tokyo 35.68 139.69' }, 'did you mean tokyo 35.68,139.69?'],
    [{ wait: 'pol' }, 'did you mean poll?'],
    [{ provider: 'rockit' }, 'did you mean rockit-edge?'],
    [{ 'on-failure': 'stopp' }, 'did you mean stop?'],
    [
      { 'api-url': 'https://api.edgegap.com/v1/' },
      'leave the path /v1/ out, the action adds its own; did you mean https://api.edgegap.com?',
    ],
    [
      { ...ssh, 'ssh-host': 'host:2222' },
      'use a host name or address alone, and write ssh-port: 2222; did you mean host?',
    ],
    [{ ...ssh, 'ssh-host': 'ssh://me@host.example' }, 'did you mean host.example?'],
    [{ ...ssh, 'ssh-host': 'a..b' }, 'ssh-host is "a..b": use a host name or address alone'],
    [{ ...ssh, 'ssh-host': '-oProxyCommand=x' }, 'use a host name or address alone'],
  ])('%j', async (inputs, text) => {
    const problems = await problemsWith(inputs as Record<string, string>)
    expect(problems).toEqual([expect.stringContaining(text)])
    expect(problems[0]).toMatch(new RegExp(`${text.slice(-3).replace(/[?.]/g, '\\$&')}$`))
  })

  it.each(['host', 'a.b-c.example', 'a.example.', '203.0.113.7', '2001:db8::1', 'my_host'])(
    'a host may be %s',
    async (host) => {
      expect(await problemsWith({ ...ssh, 'ssh-host': host })).toEqual([])
    },
  )
})

describe('a name that is near', () => {
  const known = knownInputs(REGISTRY)

  it.each([
    ['location', 'locations'],
    ['secrets-env', 'secret-env'],
    ['secret_env', 'secret-env'],
    ['aplication', 'application'],
    ['app', 'application'],
    ['token', 'api-token'],
    ['time-out', 'timeout'],
    ['tunel', 'tunnel'],
    ['vesrion', 'version'],
    ['organization', 'organization'],
    ['deployment', 'deployment-id'],
  ])('to %s is %s', async (name, nearest) => {
    expect(nearestName(name, known)).toBe(nearest)
  })

  it.each(['colour', 'x', 'id', 'foo-bar', 'q'.repeat(60)])('to %s is none', async (name) => {
    expect(nearestName(name, known)).toBeUndefined()
  })
})

describe('an input that does not exist', () => {
  it('is warned of by name, and never by value', async () => {
    const environment = { INPUT_LOCATION: 'hush', 'INPUT_FOO-BAR': 'hush' }
    expect(findUnknownInputs(environment, REGISTRY)).toEqual([
      'location is not an input of this action and has no effect. Did you mean locations?',
      'foo-bar is not an input of this action and has no effect.',
    ])
  })

  it.each([
    ['one that exists', { INPUT_LOCATIONS: 'x', 'INPUT_SSH-KEY': 'y', 'INPUT_DRY-RUN': 'false' }],
    ['one that is empty', { INPUT_LOCATION: '' }],
    ["another program's variable", { INPUT_METHOD: 'fcitx', INPUT_RC_FILE_X: 'y', INPUT: 'z' }],
    [
      'a name that the runner would not write',
      { input_location: 'x', INPUT_Location: 'x', INPUT_1: '' },
    ],
  ])('is not %s', async (_, environment) => {
    expect(findUnknownInputs(environment, REGISTRY)).toEqual([])
  })
})

describe('a tunnel', () => {
  const decided = async (inputs: Record<string, string>, RUNNER_ENVIRONMENT = 'self-hosted') => {
    const { settings } = await read(inputs, { RUNNER_ENVIRONMENT })
    if (settings.operation !== 'deploy') throw new Error('not a deploy')
    const { tunnel, tunnelTimeoutMs } = settings
    const isUnasked = tunnel.transport === 'cloudflared-quick' ? tunnel.isUnasked : undefined
    return { transport: tunnel.transport, isUnasked, tunnelTimeoutMs }
  }

  it.each([
    [{}, 'self-hosted', { transport: 'none', isUnasked: undefined, tunnelTimeoutMs: 1_000 }],
    [
      {},
      'github-hosted',
      { transport: 'cloudflared-quick', isUnasked: true, tunnelTimeoutMs: 1_000 },
    ],
    [
      { tunnel: 'cloudflared' },
      'self-hosted',
      { transport: 'cloudflared-quick', isUnasked: false, tunnelTimeoutMs: 5_000 },
    ],
    [
      { 'relay-url': 'https://x.example' },
      'self-hosted',
      { transport: 'relay', isUnasked: undefined, tunnelTimeoutMs: 5_000 },
    ],
    [
      { wait: 'webhook' },
      'self-hosted',
      { transport: 'cloudflared-quick', isUnasked: false, tunnelTimeoutMs: 60_000 },
    ],
    [
      { wait: 'webhook' },
      'github-hosted',
      { transport: 'cloudflared-quick', isUnasked: false, tunnelTimeoutMs: 60_000 },
    ],
    [
      { tunnel: 'cloudflared', 'tunnel-timeout': '0s' },
      'self-hosted',
      { transport: 'cloudflared-quick', isUnasked: false, tunnelTimeoutMs: 0 },
    ],
  ])('with %j on a %s runner is %j', async (inputs, runner, expected) => {
    expect(await decided(inputs as Record<string, string>, runner)).toEqual(expected)
  })

  it('that is none is a problem with wait: webhook', async () => {
    expect(await problemsWith({ wait: 'webhook', tunnel: 'none' })).toEqual([
      'tunnel is "none": wait: webhook needs a tunnel',
    ])
  })
})
