import type { Effect } from '../emulator/faults.ts'

const status = (code: number, when?: 'after'): Effect => ({
  kind: 'status',
  status: code,
  body: { message: `status ${code}` },
  ...(when && { when }),
})

/** Everything that has been seen to go wrong between an action and an API. */
export const FAULTS: readonly (readonly [name: string, effect: Effect])[] = [
  ['401', status(401)],
  ['403', status(403)],
  ['403 page', { kind: 'status', status: 403, body: '<html>blocked</html>' }],
  ['404', status(404)],
  ['404 page', { kind: 'status', status: 404, body: '<html>no such page</html>' }],
  ['409', status(409)],
  ['422', status(422)],
  ['429', status(429)],
  ['429 later', { kind: 'status', status: 429, headers: { 'retry-after': '1' } }],
  ['429 in an hour', { kind: 'status', status: 429, headers: { 'retry-after': '3600' } }],
  ['500', status(500)],
  ['500 after it was done', status(500, 'after')],
  ['502 page', { kind: 'status', status: 502, body: '<html>bad gateway</html>' }],
  ['504 after it was done', status(504, 'after')],
  ['200 page', { kind: 'status', status: 200, body: '<html>welcome</html>' }],
  ['200 empty', { kind: 'malformed', body: '' }],
  ['200 null', { kind: 'malformed', body: 'null' }],
  ['200 half a JSON', { kind: 'malformed', body: '{"request_id": "a6' }],
  [
    '200 wrong types',
    {
      kind: 'status',
      status: 200,
      when: 'after',
      body: { request_id: 7, current_status: [], data: 'x' },
    },
  ],
  ['redirect', { kind: 'status', status: 302, headers: { location: 'http://127.0.0.1:1/' } }],
  ['reset', { kind: 'reset' }],
  ['reset after it was done', { kind: 'reset', when: 'after' }],
  ['truncated', { kind: 'truncate' }],
  ['stalled body', { kind: 'stall-body' }],
  ['hangs', { kind: 'hang' }],
  ['hangs after it was done', { kind: 'hang', when: 'after' }],
  ['slow', { kind: 'delay', delayMs: 1_500 }],
  ['drips', { kind: 'slow-drip', intervalMs: 20, chunkBytes: 16 }],
]
