import { describe, expect, test } from 'vitest'
import { ActionError, type ErrorKind } from '../../src/base/errors.ts'
import { warningFor } from '../../src/github/warning.ts'

const part = (kind: ErrorKind, name = 'The comment', permission = 'pull-requests: write') => ({
  name,
  permission,
  error: new ActionError({ kind, what: `it was ${kind}` }),
})

describe('the warning that GitHub is not up to date', () => {
  test('names what happened, the request, what to do, and that the deploy is not affected', () => {
    const error = new ActionError({
      kind: 'forbidden',
      what: 'Resource not accessible by integration',
      request: 'POST /repos/octo/game/deployments → 403',
    })
    expect(
      warningFor([{ name: 'The deployment record', permission: 'deployments: write', error }]),
    ).toBe(
      [
        'The deployment record on GitHub is not up to date: Resource not accessible by integration (POST /repos/octo/game/deployments → 403).',
        "Add under the job's permissions: deployments: write.",
        'In pull requests from forks and by Dependabot the token can only read, whatever the job says.',
        'The deploy itself is not affected.',
      ].join(' '),
    )
  })

  test.each<[ErrorKind, string]>([
    ['unauthorized', "github-token was not accepted: use the job's own token"],
    ['forbidden', "Add under the job's permissions: pull-requests: write."],
    ['not-found', "Add under the job's permissions: pull-requests: write."],
    ['rate-limited', 'The rate limit of this token is used up'],
    ['untrusted-certificate', 'Set NODE_EXTRA_CA_CERTS to the file'],
    ['unreachable', "deploying. Check that this runner reaches GitHub's API; a proxy is set by"],
    ['server-fault', 'deploying. The job needs the permissions: pull-requests: write. The'],
  ])('after %s advises what helps', (kind, advice) => {
    const text = warningFor([
      { ...part(kind), error: new ActionError({ kind, what: 'deploying' }) },
    ])
    expect(text).toContain(advice)
    expect(text).toMatch(/^The comment on GitHub is not up to date: deploying\. /)
  })

  test.each([
    ['Unable to create comment because issue is locked.', 'is locked: unlock it'],
    ['Repository was archived so is read-only.', 'The repository is archived'],
    [
      'Resource protected by organization SAML enforcement. You must grant your Personal Access token access to this organization.',
      'single sign-on',
    ],
    [
      'Although you appear to have the correct authorization credentials, the `octo` organization has an IP allow list enabled, and your IP address is not permitted to access this resource.',
      'add that of this runner',
    ],
  ])('asks for no permission where that would not help: %s', (what, advice) => {
    const text = warningFor([
      { ...part('forbidden'), error: new ActionError({ kind: 'forbidden', what }) },
    ])
    expect(text).toContain(advice)
    expect(text).not.toContain("the job's permissions")
  })

  test.each([
    ['CERT_NOT_YET_VALID', 'the clock of this runner'],
    ['CERT_HAS_EXPIRED', 'the clock of this runner'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'one for another name'],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'Set NODE_EXTRA_CA_CERTS'],
  ])('after a certificate that does not verify (%s) advises what helps', (code, advice) => {
    const what = `GitHub gave no answer: the certificate of github.test is not trusted (${code})`
    const error = new ActionError({ kind: 'untrusted-certificate', what })
    expect(warningFor([{ ...part('forbidden'), error }])).toContain(advice)
  })

  test('of two parts is one, with both permissions', () => {
    const text = warningFor([
      part('server-fault', 'The deployment record', 'deployments: write'),
      part('forbidden'),
    ])
    expect(text).toContain(
      'The deployment record on GitHub is not up to date: it was server-fault. ',
    )
    expect(text).toContain('The comment on GitHub is not up to date: it was forbidden. ')
    expect(text).toContain(
      ': deployments: write, pull-requests: write. In pull requests from forks',
    )
  })

  test('advises for the gravest of two', () => {
    const text = warningFor([part('forbidden'), part('unauthorized')])
    expect(text).toContain('github-token was not accepted')
    expect(text).not.toContain('forks')
  })
})
