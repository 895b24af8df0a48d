import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { jobAccount, personAccount } from './github/account.ts'
import { deviations } from './github/description.ts'
import { type GitHubEmulator, startGitHub } from './github/emulator.ts'

const SHA = 'a'.repeat(40)
const DEPLOYMENT = { ref: SHA, auto_merge: false, required_contexts: [], environment: 'staging' }
const REPOSITORY = '/repos/octo/game'

let github: GitHubEmulator

beforeEach(async () => {
  github = await startGitHub()
  github.state.pulls.push({ number: 12, state: 'open', branch: 'feature', sha: SHA })
})

afterEach(async () => {
  await github.close()
})

async function ask(method: string, path: string, body?: unknown, token = github.token) {
  const reply = await fetch(github.url + path, {
    method,
    headers: { authorization: `token ${token}`, 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  const text = await reply.text()
  return { status: reply.status, headers: reply.headers, body: text ? JSON.parse(text) : undefined }
}

describe("replies are what GitHub's own description says", () => {
  test('of deployments and their statuses', async () => {
    const created = await ask('POST', `${REPOSITORY}/deployments`, DEPLOYMENT)
    expect(created.status).toBe(201)
    expect(deviations('repos/create-deployment', 'reply', created.body)).toEqual([])
    const statuses = `${REPOSITORY}/deployments/${created.body.id}/statuses`
    const status = await ask('POST', statuses, { state: 'in_progress' })
    expect(deviations('repos/create-deployment-status', 'reply', status.body)).toEqual([])
    const listed = await ask('GET', `${REPOSITORY}/deployments`)
    expect(deviations('repos/list-deployments', 'reply', listed.body)).toEqual([])
    const states = await ask('GET', statuses)
    expect(deviations('repos/list-deployment-statuses', 'reply', states.body)).toEqual([])
  })

  test('of comments', async () => {
    const created = await ask('POST', `${REPOSITORY}/issues/12/comments`, { body: 'hello' })
    expect(deviations('issues/create-comment', 'reply', created.body)).toEqual([])
    const path = `${REPOSITORY}/issues/comments/${created.body.id}`
    const updated = await ask('PATCH', path, { body: 'bye' })
    expect(deviations('issues/update-comment', 'reply', updated.body)).toEqual([])
    const listed = await ask('GET', `${REPOSITORY}/issues/12/comments`)
    expect(deviations('issues/list-comments', 'reply', listed.body)).toEqual([])
    expect((await ask('DELETE', path)).status).toBe(204)
    expect((await ask('PATCH', path, { body: 'late' })).status).toBe(404)
  })

  test('of pull requests and users', async () => {
    const byBranch = await ask('GET', `${REPOSITORY}/pulls?head=octo:feature`)
    expect(byBranch.body).toHaveLength(1)
    expect(deviations('pulls/list', 'reply', byBranch.body)).toEqual([])
    const byCommit = await ask('GET', `${REPOSITORY}/commits/${SHA}/pulls`)
    const operation = 'repos/list-pull-requests-associated-with-commit'
    expect(deviations(operation, 'reply', byCommit.body)).toEqual([])
    github.state.accounts.set('person', personAccount('mona', 7))
    const user = await ask('GET', '/user', undefined, 'person')
    expect(deviations('users/get-authenticated', 'reply', user.body)).toEqual([])
  })

  test('and a reply that is not would be found out', () => {
    const found = deviations('issues/create-comment', 'reply', { id: 'one' })
    expect(found.join()).toContain('id: Invalid input')
  })
})

describe('like GitHub', () => {
  test("the job's token is no user, but a viewer", async () => {
    expect((await ask('GET', '/user')).status).toBe(403)
    const { body } = await ask('POST', '/graphql', { query: '{ viewer { login databaseId } }' })
    expect(body.data.viewer.login).toBe('github-actions[bot]')
  })

  test('a missing permission is refused and named, an unknown token is not let in', async () => {
    github.state.accounts.set('weak', jobAccount({ 'pull-requests': 'read' }))
    const refused = await ask('POST', `${REPOSITORY}/deployments`, DEPLOYMENT, 'weak')
    expect(refused.status).toBe(403)
    expect(refused.headers.get('x-accepted-github-permissions')).toBe('deployments=write')
    const read = await ask('GET', `${REPOSITORY}/issues/12/comments`, undefined, 'weak')
    expect(read.status).toBe(200)
    expect((await ask('GET', '/user', undefined, 'other')).status).toBe(401)
  })

  test('lists come in pages with links', async () => {
    for (let count = 0; count < 5; count += 1) github.addComment(jobAccount(), 12, `${count}`)
    const first = await ask('GET', `${REPOSITORY}/issues/12/comments?per_page=2`)
    expect(first.body).toHaveLength(2)
    expect(first.headers.get('link')).toContain('page=2>; rel="next"')
    const last = await ask('GET', `${REPOSITORY}/issues/12/comments?per_page=2&page=3`)
    expect(last.body).toHaveLength(1)
    expect(last.headers.get('link')).not.toContain('rel="next"')
  })

  test('without auto_merge and required_contexts no deployment is made from within a run', async () => {
    const { auto_merge: _, ...merging } = DEPLOYMENT
    expect((await ask('POST', `${REPOSITORY}/deployments`, merging)).status).toBe(202)
    const { required_contexts: __, ...checking } = DEPLOYMENT
    expect((await ask('POST', `${REPOSITORY}/deployments`, checking)).status).toBe(409)
    expect(github.state.deployments).toEqual([])
  })

  test('a success ends earlier ones by itself, but no transient and no production ones', async () => {
    const add = (more: object) =>
      github.addDeployment(jobAccount(), { ...DEPLOYMENT, ...more }, 'success')
    const plain = add({})
    const transient = add({ transient_environment: true })
    const production = add({ production_environment: true })
    const { body } = await ask('POST', `${REPOSITORY}/deployments`, DEPLOYMENT)
    await ask('POST', `${REPOSITORY}/deployments/${body.id}/statuses`, { state: 'success' })
    const states = [plain, transient, production].map(({ id }) => github.stateOf(id))
    expect(states).toEqual(['inactive', 'success', 'success'])
  })
})
