import type { Effect } from '../../emulator/faults.ts'

function instead(body: string): Effect {
  return { kind: 'malformed', body, when: 'before' }
}

function status(code: number, body: unknown = { message: 'no' }): Effect {
  return { kind: 'status', status: code, body }
}

/** Replies with a good status that are not what the provider documents. */
export const BAD_REPLIES: readonly (readonly [name: string, effect: Effect])[] = [
  ['a web page', instead('<!doctype html><title>Welcome</title>')],
  ['nothing', instead('')],
  ['a word', instead('OK')],
  ['null', instead('null')],
  ['a number', instead('7')],
  ['an object without fields', instead('{}')],
  ['nulls', instead('{"request_id":null,"current_status":null,"data":null,"tasks":null}')],
  [
    'fields of other types',
    instead(
      '{"request_id":{},"id":[],"current_status":[1],"status":{},"data":"x","tasks":{"a":1}}',
    ),
  ],
  [
    'a poisoned prototype',
    instead(
      '{"__proto__":{"polluted":true,"current_status":"READY"},"constructor":{"prototype":{"polluted":true}}}',
    ),
  ],
  ['JSON that is too deep to read', instead('['.repeat(200_000))],
  ['more than anybody reads', { kind: 'oversize', bytes: 6 * 1024 * 1024, when: 'before' }],
  ['half of the JSON', { kind: 'truncate' }],
]

/** Statuses that say nothing about a deployment. */
export const ERROR_STATUSES: readonly (readonly [name: string, effect: Effect])[] = [
  ['HTTP 401', status(401)],
  ['HTTP 403', status(403)],
  ['HTTP 429', status(429)],
  ['HTTP 500', status(500)],
  ['HTTP 502 with a web page', status(502, '<html>Bad Gateway</html>')],
  ['HTTP 503 with nothing', status(503, '')],
]

/** No whole reply at all. */
export const BROKEN: readonly (readonly [name: string, effect: Effect])[] = [
  ['a connection that is reset', { kind: 'reset' }],
]

export const HOSTILE = [...BAD_REPLIES, ...ERROR_STATUSES, ...BROKEN]

/** The request is carried out, and the reply to it is lost or unreadable. */
export const LOST: readonly (readonly [name: string, effect: Effect])[] = [
  ['a reset', { kind: 'reset', when: 'after' }],
  ['half of the JSON', { kind: 'truncate' }],
  ['a web page', { kind: 'malformed', body: '<html>Welcome</html>', when: 'after' }],
  ['a word', { kind: 'malformed', body: 'OK', when: 'after' }],
  ['an object without fields', { kind: 'malformed', body: '{}', when: 'after' }],
  ['HTTP 500', { kind: 'status', status: 500, when: 'after' }],
  ['HTTP 504 with a web page', { kind: 'status', status: 504, body: '<html>', when: 'after' }],
]
