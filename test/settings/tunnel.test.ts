import { describe, expect, it, test } from 'vitest'
import { readWebhookInputs } from '../../src/settings/tunnel.ts'
import { type Given, readWith } from './reading.ts'
import {
  KEY,
  NAMED,
  PUBLIC,
  problemsWith,
  RELAY,
  readTunnelOf as read,
  SSH,
  type Where,
} from './tunnel-inputs.ts'

describe('a tunnel that is configured', () => {
  test.each([
    [
      'the public URL of this runner',
      PUBLIC,
      {
        transport: 'public',
        publicUrl: new URL('https://hooks.example.com/x'),
        listenPort: 8080,
      },
    ],
    [
      'an sshd',
      SSH,
      {
        transport: 'ssh',
        host: 'host.example.com',
        port: 22,
        user: 'tunnel',
        // ssh refuses a key without a line break at its end.
        privateKey: `${KEY}\n`,
        knownHosts: 'host.example.com ssh-ed25519 AAAA',
        remotePort: 0,
        publicUrl: 'https://hooks.example.com/{port}',
      },
    ],
    [
      'an sshd with ports of its own',
      {
        ...SSH,
        'ssh-port': '2222',
        'ssh-remote-port': '9000',
        'ssh-public-url': 'https://x.example',
      },
      {
        transport: 'ssh',
        host: 'host.example.com',
        port: 2222,
        user: 'tunnel',
        privateKey: `${KEY}\n`,
        knownHosts: 'host.example.com ssh-ed25519 AAAA',
        remotePort: 9000,
        publicUrl: 'https://x.example',
      },
    ],
    ['a relay', RELAY, { transport: 'relay', relayUrl: new URL('https://smee.example.com') }],
    [
      'a named tunnel of cloudflared',
      NAMED,
      {
        transport: 'cloudflared-named',
        token: 'eyJh.token',
        hostname: 'hooks.example.com',
        listenPort: 8080,
        binaryPath: undefined,
      },
    ],
    [
      'a binary of cloudflared',
      { ...NAMED, 'cloudflared-path': '/opt/cloudflared' },
      {
        transport: 'cloudflared-named',
        token: 'eyJh.token',
        hostname: 'hooks.example.com',
        listenPort: 8080,
        binaryPath: '/opt/cloudflared',
      },
    ],
  ])('%s', (_, given, tunnel) => {
    expect(read(given)).toEqual({ tunnel, problems: [] })
  })

  it('by a single input is found by that input, in a fixed order', () => {
    const all = { ...PUBLIC, ...SSH, ...RELAY, ...NAMED }
    const order = ['public', 'ssh', 'relay', 'cloudflared-named'] as const
    const first = ['public-url', 'ssh-host', 'relay-url', 'cloudflared-token']
    for (const [index, transport] of order.entries()) {
      const left = Object.entries(all).filter(([name]) => !first.slice(0, index).includes(name))
      expect(read(Object.fromEntries(left)).tunnel.transport).toBe(transport)
    }
  })

  test.each([
    ['public', 'public'],
    ['ssh', 'ssh'],
    ['relay', 'relay'],
    ['cloudflared', 'cloudflared-named'],
  ])('as %s is taken, whatever else is', (tunnel, transport) => {
    const all = { ...PUBLIC, ...SSH, ...RELAY, ...NAMED }
    expect(read({ ...all, tunnel })).toMatchObject({ tunnel: { transport }, problems: [] })
  })
})

describe('no tunnel', () => {
  test.each([
    ['self-hosted', 'this runner is self-hosted and no tunnel is configured'],
    ['', 'this runner is self-hosted and no tunnel is configured'],
  ])('is opened on a runner that is %j', (runner, why) => {
    expect(read({}, { runner })).toEqual({ tunnel: { transport: 'none', why }, problems: [] })
  })

  it('is opened where it is switched off', () => {
    expect(read({ tunnel: 'none' })).toEqual({
      tunnel: { transport: 'none', why: 'tunnel is none' },
      problems: [],
    })
  })

  test.each(['poll', 'none'] as const)('is needed with wait: %s', (wait) => {
    expect(read({ ...PUBLIC, 'listen-port': '' }, { wait, runner: 'github-hosted' })).toEqual({
      tunnel: { transport: 'none', why: `wait is ${wait}` },
      problems: [],
    })
  })

  it('is opened where the webhook is asked for and the tunnel is not', () => {
    const { problems } = read({ tunnel: 'none' }, { wait: 'webhook' })
    expect(problems).toEqual(['tunnel is "none": wait: webhook needs a tunnel'])
  })
})

describe('a quick tunnel', () => {
  test.each<[string, Given, Where, boolean]>([
    ['nobody asked for', {}, { runner: 'github-hosted' }, true],
    ['the webhook needs', {}, { wait: 'webhook' }, false],
    [
      'the webhook needs, on a runner of GitHub',
      {},
      { wait: 'webhook', runner: 'github-hosted' },
      false,
    ],
    ['was asked for', { tunnel: 'cloudflared' }, {}, false],
    [
      'was asked for, on a runner of GitHub',
      { tunnel: 'cloudflared' },
      { runner: 'github-hosted' },
      false,
    ],
  ])('that %s', (_, given, where, isUnasked) => {
    expect(read(given, where)).toEqual({
      tunnel: { transport: 'cloudflared-quick', binaryPath: undefined, isUnasked },
      problems: [],
    })
  })

  it('uses the binary that is given', () => {
    expect(read({ 'cloudflared-path': '/opt/cf' }, { runner: 'github-hosted' }).tunnel).toEqual({
      transport: 'cloudflared-quick',
      binaryPath: '/opt/cf',
      isUnasked: true,
    })
  })
})

describe('a named tunnel', () => {
  test.each([
    [
      { 'cloudflared-hostname': '' },
      ['cloudflared-hostname is empty: name the public host name of the tunnel'],
    ],
    [
      { 'cloudflared-hostname': 'https://hooks.example.com/' },
      [
        'cloudflared-hostname is "https://hooks.example.com/": use a host name or address alone; did you mean hooks.example.com?',
      ],
    ],
    [
      { 'cloudflared-hostname': 'hooks.example.com:443' },
      [
        'cloudflared-hostname is "hooks.example.com:443": use a host name or address alone; did you mean hooks.example.com?',
      ],
    ],
    [
      { 'listen-port': '' },
      ['listen-port is empty: give the port on this runner that the public URL leads to'],
    ],
    [{ 'listen-port': '65536' }, ['listen-port is "65536": use a whole number from 1 to 65535']],
    [
      { 'cloudflared-token': 'two words' },
      ['cloudflared-token: holds blanks or other characters that no token has'],
    ],
    [
      { 'cloudflared-token': 'tokén' },
      ['cloudflared-token: holds blanks or other characters that no token has'],
    ],
    [
      { 'cloudflared-token': 'éa' },
      ['cloudflared-token: holds blanks or other characters that no token has'],
    ],
    [
      { 'cloudflared-token': '', tunnel: 'cloudflared' },
      ['cloudflared-token is empty: a named tunnel needs its token beside cloudflared-hostname'],
    ],
  ])('with %j is a problem', (given, problems) => {
    expect(problemsWith({ ...NAMED, ...given })).toEqual(problems)
  })
})

describe('a URL that others reach this runner by', () => {
  test.each([
    [
      { tunnel: 'public', 'listen-port': '1' },
      ['public-url is empty: give the URL of your ingress to this runner'],
    ],
    [
      { 'public-url': 'https://x.example' },
      ['listen-port is empty: give the port on this runner that the public URL leads to'],
    ],
    [
      { 'public-url': 'http://x.example', 'listen-port': '1' },
      ['public-url is "http://x.example": use https (http only for loopback)'],
    ],
    [{ tunnel: 'relay' }, ['relay-url is empty: give the URL of your relay']],
    [
      { 'relay-url': 'https://x.example/?token=hush' },
      ['relay-url: leave query and fragment out of the URL'],
    ],
  ])('with %j is a problem', (given, problems) => {
    expect(problemsWith(given)).toEqual(problems)
  })
})

describe('how long a deployment may be held up for it', () => {
  test.each<[string, Given, Where, number]>([
    ['nothing was configured', {}, {}, 1_000],
    ['a quick tunnel is only tried', {}, { runner: 'github-hosted' }, 1_000],
    ['a quick tunnel was asked for', { tunnel: 'cloudflared' }, {}, 5_000],
    ['an sshd was configured', SSH, {}, 5_000],
    ['it was switched off', { ...PUBLIC, tunnel: 'none' }, {}, 1_000],
    ['the webhook is a must', PUBLIC, { wait: 'webhook' }, 60_000],
    ['nothing is waited for', PUBLIC, { wait: 'poll' }, 1_000],
    ['it is given', { 'tunnel-timeout': '7s' }, { wait: 'webhook' }, 7_000],
    ['it is given as none', { ...PUBLIC, 'tunnel-timeout': '0s' }, {}, 0],
  ])('where %s', (_, given, { wait = 'auto', runner = 'self-hosted' }, ms) => {
    const { value, problems } = readWith(given, (inputs, found) =>
      readWebhookInputs(inputs, found, wait, { RUNNER_ENVIRONMENT: runner }),
    )
    expect(problems).toEqual([])
    expect(value.tunnelTimeoutMs).toBe(ms)
  })

  it('is a duration', () => {
    const { problems } = readWith({ 'tunnel-timeout': '5' }, (inputs, found) =>
      readWebhookInputs(inputs, found, 'auto', {}),
    )
    expect(problems).toEqual([expect.stringMatching(/^tunnel-timeout is "5"/)])
  })
})
