import { describe, expect, it } from 'vitest'
import { parseBaseUrl, parseServiceUrl, showUrl } from '../../src/settings/url.ts'

describe('a URL that is called with a secret', () => {
  it.each([
    ['https://api.edgegap.com', 'https://api.edgegap.com/'],
    ['https://proxy.example.com:8443/edgegap/', 'https://proxy.example.com:8443/edgegap/'],
    ['HTTPS://API.EDGEGAP.COM', 'https://api.edgegap.com/'],
    ['http://127.0.0.1:8080', 'http://127.0.0.1:8080/'],
    ['http://127.9.9.9', 'http://127.9.9.9/'],
    ['http://localhost:1', 'http://localhost:1/'],
    ['http://[::1]:80/x', 'http://[::1]/x'],
  ])('may be %s', (text, href) => {
    expect(String(parseServiceUrl(text))).toBe(href)
    expect(parseServiceUrl(text)).toBeInstanceOf(URL)
  })

  it.each([
    'api.edgegap.com',
    '',
    'https://',
    '/v1',
    'ftp://api.edgegap.com',
    'file:///etc/passwd',
    'javascript:alert(1)',
    'http://api.edgegap.com',
    'http://127.0.0.1.example.com',
    'http://localhost.example.com',
    'http://0.0.0.0',
    'http://[::]',
    'http://10.0.0.1',
    'https://user@api.edgegap.com',
    'https://user:pass@api.edgegap.com',
    'https://api.edgegap.com@evil.example',
    'https://api.edgegap.com/?a=1',
    'https://api.edgegap.com/#a',
  ])('may not be %j', (text) => {
    expect(parseServiceUrl(text)).toBeTypeOf('string')
  })
})

describe('what is wrong with a URL', () => {
  const FORM = 'write a full URL such as https://api.example.com'
  it.each([
    ['', FORM],
    ['https://', FORM],
    ['/v1', FORM],
    ['localhost', FORM],
    ['api.example.com', `${FORM}; did you mean https://api.example.com?`],
    ['my_api.example.com', `${FORM}; did you mean https://my_api.example.com?`],
    ['api.example.com:8443', `${FORM}; did you mean https://api.example.com:8443?`],
    ['api.example.com/a/b-c.d/', `${FORM}; did you mean https://api.example.com/a/b-c.d/?`],
    ['api.example.com:1/', `${FORM}; did you mean https://api.example.com:1/?`],
    // What may hold a secret is not repeated.
    ['api.example.com/?key=hush', FORM],
    ['me:hush@api.example.com', 'use https (http only for loopback)'],
    ['api.example.com:123456', 'use https (http only for loopback)'],
    ['api..example', FORM],
    ['.example', FORM],
    ['example.', FORM],
    ['see api.example.com', FORM],
    ['api.example.com or so', FORM],
    ['https://user@api.example.com', 'leave user name and password out of the URL'],
    ['https://:pass@api.example.com', 'leave user name and password out of the URL'],
    ['https://api.example.com/?a=1', 'leave query and fragment out of the URL'],
    ['https://api.example.com/#a', 'leave query and fragment out of the URL'],
    ['http://api.example.com', 'use https (http only for loopback)'],
    ['ftp://127.0.0.1', 'use https (http only for loopback)'],
  ])('%s', (text, problem) => {
    expect(parseServiceUrl(text)).toBe(problem)
  })
})

describe('a URL as it is shown', () => {
  it.each(['https://api.example.com/a', 'api.example.com', ''])('is %j', (text) => {
    expect(showUrl(text)).toBe(text)
  })

  it.each(['https://me:hush@x.example', 'https://x.example/?key=hush', 'https://x.example/#hush'])(
    'is nothing of %s',
    (text) => {
      expect(showUrl(text)).toBeUndefined()
    },
  )
})

describe('the base URL of an API', () => {
  it.each([
    'https://api.example.com/',
    'https://gateway.example.com/edgegap',
    'https://gateway.example.com/edgegap/',
    'https://gateway.example.com/v1beta/x',
    'https://gateway.example.com/rev1',
    'https://gateway.example.com/be',
    'https://gateway.example.com/v',
    'https://gateway.example.com/V1',
  ])('may be %s', (text) => {
    expect(String(parseBaseUrl(text))).toBe(text)
  })

  it.each([
    ['https://api.example.com/v1', '/v1', 'https://api.example.com'],
    ['https://api.example.com/v1/', '/v1/', 'https://api.example.com'],
    ['https://api.example.com/v12/status/a', '/v12/status/a', 'https://api.example.com'],
    ['https://x.example:8443/edgegap/v2', '/v2', 'https://x.example:8443/edgegap'],
    ['https://x.example/edgegap///v2', '/v2', 'https://x.example/edgegap'],
    ['https://x.example/be/v1/', '/be/v1/', 'https://x.example'],
    ['https://x.example/edge/be/v1', '/be/v1', 'https://x.example/edge'],
    ['https://x.example/v1/v2', '/v1/v2', 'https://x.example'],
  ])('%s has a path too much', (text, path, meant) => {
    expect(parseBaseUrl(text)).toBe(
      `leave the path ${path} out, the action adds its own; did you mean ${meant}?`,
    )
  })

  it('is a URL that is called with a secret', () => {
    expect(parseBaseUrl('http://api.example.com/v1')).toBe('use https (http only for loopback)')
  })
})
