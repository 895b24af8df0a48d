import { expect, test } from 'vitest'
import { connectProxyFor, proxiesOf } from '../../src/net/proxy.ts'

const proxyFor = (environment: NodeJS.ProcessEnv, host: string, port = 22) =>
  connectProxyFor(environment, host, port)

test('the proxy for HTTPS comes first, in either letter case', () => {
  expect(proxyFor({}, 'ssh.example')).toBeUndefined()
  expect(proxyFor({ http_proxy: 'http://a' }, 'ssh.example')).toBe('http://a')
  expect(proxyFor({ http_proxy: 'http://a', HTTPS_PROXY: 'http://b' }, 'x.example')).toBe(
    'http://b',
  )
})

test('loopback never has one', () => {
  for (const host of ['localhost', 'LOCALHOST.', '127.0.0.1', '127.8.9.10', '::1']) {
    expect(proxyFor({ https_proxy: 'http://a' }, host)).toBeUndefined()
  }
})

test.each([
  ['example.com', 'example.com', true],
  ['Example.Com', 'EXAMPLE.com.', true],
  ['example.com', 'ssh.example.com', true],
  ['.example.com', 'ssh.example.com', true],
  ['.example.com', 'example.com', true],
  ['*.example.com', 'ssh.example.com', true],
  ['*.example.com', 'example.com', false],
  ['example.com', 'badexample.com', false],
  ['a.test, example.com', 'example.com', true],
  ['a.test b.test', 'b.test', true],
  ['*', 'anything.test', true],
  ['example.com:22', 'example.com', true],
  ['example.com:443', 'example.com', false],
  ['10.0.0.5', '10.0.0.5', true],
  ['fe80::1', 'fe80::1', true],
  ['fe80::1:22', 'fe80::1:22', true],
  ['fe80::1:22', 'fe80::1', false],
  ['[fe80::1]', 'fe80::1', true],
  ['[fe80::1]:22', 'fe80::1', true],
  ['[fe80::1]:443', 'fe80::1', false],
  ['', 'example.com', false],
  [' , ,', 'example.com', false],
])('no_proxy %j and %s: direct is %s', (noProxy, host, isDirect) => {
  const environment = { https_proxy: 'http://proxy', no_proxy: noProxy }
  expect(proxyFor(environment, host)).toBe(isDirect ? undefined : 'http://proxy')
})

test.each([
  ['proxy:8080', 'http://proxy:8080'],
  ['10.0.0.1:3128', 'http://10.0.0.1:3128'],
  ['user:pass@proxy:8080', 'http://user:pass@proxy:8080'],
  [' proxy ', 'http://proxy'],
  ['HTTPS://proxy', 'HTTPS://proxy'],
  ['socks5://proxy', 'socks5://proxy'],
  [' ', undefined],
])('a proxy %j is %s', (https_proxy, expected) => {
  expect(proxiesOf({ https_proxy }).httpsProxy).toBe(expected)
})
