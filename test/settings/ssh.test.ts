import { describe, expect, it, test } from 'vitest'
import { KEY, problemsWith, readTunnelOf as read, SSH } from './tunnel-inputs.ts'

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
