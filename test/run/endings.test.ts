import { expect, it } from 'vitest'
import { ActionError, type ErrorKind } from '../../src/base/errors.ts'
import { timedOut } from '../../src/state/endings.ts'

const unread = (kind: ErrorKind, next?: string) => {
  const lastError = new ActionError({ kind, what: 'It answered oddly.', next })
  const server = { id: 'a', target: { name: 'x', where: '1,2' }, timeline: [], elapsedMs: 0 }
  return timedOut({ ...server, outcome: 'failed' }, 4_000, { lastError, failures: 9 })
}

it('a time-out without one good status check says why in one sentence', () => {
  expect(unread('malformed-reply').message).toBe(
    'a was not ready within 4.0 s; its status was never read (It answered oddly)',
  )
})

it.each([
  ['server-fault', 'Come back later.', /^Come back later\.$/],
  ['not-found', undefined, /does not know it: look for it in the dashboard/],
  ['connection-lost', undefined, /did not answer: check its status page/],
] as const)('it says what to do after %s', (kind, next, text) => {
  expect(unread(kind, next).next).toMatch(text)
})
