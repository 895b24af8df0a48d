import { expect, it } from 'vitest'
import { isPage, kindOfStatus } from '../../src/provider/http-errors.ts'

it.each([
  [200, 'malformed-reply'],
  [302, 'malformed-reply'],
  [399, 'malformed-reply'],
  [400, 'refused'],
  [401, 'unauthorized'],
  [403, 'forbidden'],
  [404, 'not-found'],
  [409, 'refused'],
  [429, 'rate-limited'],
  [499, 'refused'],
  [500, 'server-fault'],
  [599, 'server-fault'],
])('HTTP %d usually means %s', (status, kind) => {
  expect(kindOfStatus(status)).toBe(kind)
})

it.each([
  ['<html>', true],
  ['\n <!doctype html>', true],
  ['{"a":"<b>"}', false],
  ['x <html>', false],
  ['', false],
])('%j is a web page: %s', (body, is) => {
  expect(isPage(body)).toBe(is)
})
