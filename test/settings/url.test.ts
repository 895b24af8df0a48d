import { describe, expect, it } from 'vitest'
import { parseServiceUrl } from '../../src/settings/url.ts'

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
