import { describe, expect, it, test } from 'vitest'
import type { WaitMode } from '../../src/settings/model.ts'
import { readTunnel, readWebhookInputs } from '../../src/settings/tunnel.ts'
import { environmentOf, type Given, readWith } from './reading.ts'

interface Where {
  readonly wait?: WaitMode
  readonly runner?: string
}

function read(given: Given, { wait = 'auto', runner = 'self-hosted' }: Where = {}) {
  const { value, problems } = readWith(given, (inputs, found) =>
    readTunnel(inputs, found, wait, { RUNNER_ENVIRONMENT: runner }),
  )
  return { tunnel: value, problems }
}

const problemsWith = (given: Given) => read(given).problems

const KEY = '-----BEGIN OPENSSH PRIVATE KEY-----\nb3Blbg\n-----END OPENSSH PRIVATE KEY-----'
const SSH: Given = {
  'ssh-host': 'host.example.com',
  'ssh-user': 'tunnel',
  'ssh-key': KEY,
  'ssh-known-hosts': 'host.example.com ssh-ed25519 AAAA',
  'ssh-public-url': 'https://hooks.example.com/{port}',
}
const NAMED: Given = {
  'cloudflared-token': 'eyJh.token',
  'cloudflared-hostname': 'hooks.example.com',
  'listen-port': '8080',
}
const PUBLIC: Given = { 'public-url': 'https://hooks.example.com/x', 'listen-port': '8080' }
const RELAY: Given = { 'relay-url': 'https://smee.example.com' }

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

describe('a tunnel by ssh', () => {
  test.each([
    ['ssh-host', '', 'ssh-host is empty: name the host of your sshd'],
    ['ssh-user', '', 'ssh-user is empty: name the user to log in as'],
    [
      'ssh-known-hosts',
      '',
      'ssh-known-hosts is empty: give the host key as `ssh-keyscan` prints it: it is never trusted on first use',
    ],
    [
      'ssh-public-url',
      '',
      'ssh-public-url is empty: give the URL that leads to the forwarded port',
    ],
    ['ssh-port', '0', 'ssh-port is "0": use a whole number from 1 to 65535'],
    ['ssh-port', '65536', 'ssh-port is "65536": use a whole number from 1 to 65535'],
    ['ssh-remote-port', '65536', 'ssh-remote-port is "65536": use a whole number from 0 to 65535'],
    [
      'ssh-public-url',
      'http://hooks.example.com/{port}',
      'ssh-public-url is "http://hooks.example.com/{port}": use https (http only for loopback)',
    ],
    [
      'ssh-public-url',
      'https://hooks.example.com',
      'ssh-public-url is "https://hooks.example.com": put {port} where the port belongs that the server chooses, or set ssh-remote-port',
    ],
    [
      'ssh-public-url',
      'https://me:hush@hooks.example.com/{port}',
      'ssh-public-url: leave user name and password out of the URL',
    ],
  ])('with %s %j is a problem', (input, value, problem) => {
    expect(problemsWith({ tunnel: 'ssh', ...SSH, [input]: value })).toEqual([problem])
  })

  it('needs no {port} in its URL where the port is fixed', () => {
    const fixed = { ...SSH, 'ssh-remote-port': '1', 'ssh-public-url': 'https://x.example' }
    expect(problemsWith(fixed)).toEqual([])
  })

  it('takes {port} as the port of the URL', () => {
    const url = { 'ssh-public-url': 'https://x.example:{port}/{port}' }
    expect(problemsWith({ ...SSH, ...url })).toEqual([])
  })

  test.each(['deploy', '_apt', '7days', 'a.b-c_d', 'u'.repeat(64)])(
    'may be for the user %s',
    (user) => {
      expect(problemsWith({ ...SSH, 'ssh-user': user })).toEqual([])
    },
  )

  test.each(['-oProxyCommand=x', '.a', 'a b', 'a@b', 'a\nb', 'ü', 'aü', 'u'.repeat(65)])(
    'may not be for the user %j',
    (user) => {
      const [problem, ...more] = problemsWith({ ...SSH, 'ssh-user': user })
      expect(problem).toContain('use a plain user name')
      expect(more).toEqual([])
    },
  )

  test.each([
    ['of OpenSSH', KEY],
    ['in PEM', '-----BEGIN PRIVATE KEY-----\nAbc=\n-----END PRIVATE KEY-----'],
    ['of RSA', '-----BEGIN RSA PRIVATE KEY-----\nAbc=\n-----END RSA PRIVATE KEY-----\n'],
  ])('takes a key %s', (_, key) => {
    expect(read({ ...SSH, 'ssh-key': key })).toMatchObject({
      problems: [],
      tunnel: { privateKey: `${key.trim()}\n` },
    })
  })

  test.each([
    ['none', ''],
    ['the public half', 'ssh-ed25519 AAAA me@example.com'],
    ['the path of a key', '~/.ssh/id_ed25519'],
    ['a certificate', KEY.replaceAll('PRIVATE KEY', 'CERTIFICATE')],
    ['a key without its end', KEY.slice(0, -4)],
    ['a key without its beginning', KEY.slice(4)],
    ['a key among other text', `key: ${KEY}`],
    ['a key with other text behind it', `${KEY} # mine`],
  ])('refuses %s for the key, and never shows it', (_, key) => {
    expect(problemsWith({ ...SSH, 'ssh-key': key })).toEqual([
      'ssh-key: give the private key itself, in PEM or OpenSSH form, from a secret',
    ])
  })

  it('says of a key whose line breaks were lost how to store it', () => {
    expect(problemsWith({ ...SSH, 'ssh-key': KEY.replaceAll('\n', '\\n') })).toEqual([
      'ssh-key: its line breaks are written as \\n: store the key in the secret with real line breaks',
    ])
  })
})

describe('a host', () => {
  test.each([
    'host',
    'a.b-c.example',
    'a.example.',
    '203.0.113.7',
    '2001:db8::1',
    'my_host',
    '_sip.example',
    'HOST.Example',
    `${'a'.repeat(63)}.example`,
    'a'.repeat(63),
  ])('may be %s', (host) => {
    expect(problemsWith({ ...SSH, 'ssh-host': host })).toEqual([])
  })

  test.each([
    'a..b',
    '.a',
    'a-',
    '-a',
    'a-.example',
    'a.-b',
    'a..',
    '.',
    'a b',
    'a\nb',
    '-oProxyCommand=x',
    'ü.example',
    'a'.repeat(64),
    `${'a.'.repeat(127)}a`,
    'a:b:c',
    'host/path/more',
    'host:123456',
    'a@b@c',
    '://host',
    'ssh:///host',
  ])('may not be %j, and nothing is offered in its place', (host) => {
    const [problem, ...more] = problemsWith({ ...SSH, 'ssh-host': host })
    expect(problem).toMatch(/^ssh-host.*: use a host name or address alone$/s)
    expect(more).toEqual([])
  })

  test.each([
    ['ssh://host.example', 'host.example'],
    ['ssh://host.example/', 'host.example'],
    ['host.example/', 'host.example'],
    ['SSH2://host.example', 'host.example'],
  ])('%s is understood', (host, meant) => {
    expect(problemsWith({ ...SSH, 'ssh-host': host })).toEqual([
      `ssh-host is "${host}": use a host name or address alone; did you mean ${meant}?`,
    ])
  })

  it('with a user before it is understood, and not shown: it may be a password', () => {
    for (const host of ['me@host.example', 'ssh://me:hush@host.example'])
      expect(problemsWith({ ...SSH, 'ssh-host': host })).toEqual([
        'ssh-host: use a host name or address alone; did you mean host.example?',
      ])
  })

  it('with a port behind it is told where the port belongs', () => {
    for (const host of ['host.example:2222', 'ssh://host.example:2222/'])
      expect(problemsWith({ ...SSH, 'ssh-host': host })).toEqual([
        `ssh-host is "${host}": use a host name or address alone, and write ssh-port: 2222; did you mean host.example?`,
      ])
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
      ['listen-port is empty: name the port here that the public URL leads to'],
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
    [{ tunnel: 'public', 'listen-port': '1' }, ['public-url is empty: give its URL']],
    [
      { 'public-url': 'https://x.example' },
      ['listen-port is empty: name the port here that the public URL leads to'],
    ],
    [
      { 'public-url': 'http://x.example', 'listen-port': '1' },
      ['public-url is "http://x.example": use https (http only for loopback)'],
    ],
    [{ tunnel: 'relay' }, ['relay-url is empty: give its URL']],
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
      readWebhookInputs(inputs, found, 'auto', environmentOf({})),
    )
    expect(problems).toEqual([expect.stringMatching(/^tunnel-timeout is "5"/)])
  })
})
