import { afterEach, describe, expect, test } from 'vitest'
import { readEvent } from '../../src/github/event.ts'
import { exampleEvent } from '../emulator/github/events.ts'
import { eventFile, removeEventFiles } from './stage.ts'

afterEach(removeEventFiles)

const MERGE = 'd'.repeat(40)

function read(name: string, event: unknown, more: NodeJS.ProcessEnv = {}) {
  return readEvent({
    GITHUB_API_URL: 'https://api.github.com',
    GITHUB_SERVER_URL: 'https://github.com',
    GITHUB_REPOSITORY: 'Codertocat/Hello-World',
    GITHUB_EVENT_NAME: name,
    GITHUB_EVENT_PATH: event === undefined ? '/nowhere/event.json' : eventFile(event),
    GITHUB_SHA: MERGE,
    GITHUB_REF: 'refs/heads/main',
    GITHUB_RUN_ID: '9007',
    GITHUB_RUN_NUMBER: '7',
    GITHUB_RUN_ATTEMPT: '1',
    ...more,
  })
}

interface PullEvent {
  number: number
  pull_request: { head: { sha: string } }
}
interface RunEvent {
  workflow_run: Record<string, unknown> & { head_sha: string; head_branch: string }
}

describe("GitHub's own examples of events", () => {
  test.each(['pull_request', 'pull_request_target'])(
    '%s: its head, a preview, its number',
    (name) => {
      const example = exampleEvent('pull_request', 'opened') as unknown as PullEvent
      expect(read(name, example)).toMatchObject({
        sha: example.pull_request.head.sha,
        isPreview: true,
        pullNumber: example.number,
      })
    },
  )

  test('pull_request closed, which stops a preview', () => {
    const example = exampleEvent('pull_request', 'closed') as unknown as PullEvent
    expect(read('pull_request', example)?.pullNumber).toBe(example.number)
  })

  test('push: its commit, no preview, the branch to look for', () => {
    expect(read('push', exampleEvent('push'), { GITHUB_REF: 'refs/heads/feat/x' })).toMatchObject({
      sha: MERGE,
      isPreview: false,
      pullNumber: undefined,
      pullSearch: { owner: 'Codertocat', repository: 'Hello-World', branch: 'feat/x' },
    })
  })

  test('push of a tag: nothing to look for', () => {
    const event = read('push', exampleEvent('push'), { GITHUB_REF: 'refs/tags/v1' })
    expect(event?.pullSearch).toBeUndefined()
  })

  test('merge_group: the SHA, since its ref cannot be resolved', () => {
    const more = { GITHUB_REF: 'refs/heads/gh-readonly-queue/main/pr-1-abc' }
    const event = read('merge_group', exampleEvent('merge_group'), more)
    expect(event).toMatchObject({ sha: MERGE, isPreview: false })
    expect(event?.pullSearch).toBeUndefined()
  })

  test('workflow_run: the commit and branch of the run before it', () => {
    const example = exampleEvent('workflow_run', 'completed') as unknown as RunEvent
    const { head_sha, head_branch } = example.workflow_run
    expect(read('workflow_run', example)).toMatchObject({
      sha: head_sha,
      isPreview: false,
      pullSearch: { branch: head_branch },
    })
  })

  test('workflow_run of a pull request: a preview', () => {
    const example = exampleEvent('workflow_run', 'completed') as unknown as RunEvent
    const pull_requests = [
      { number: 3, base: { repo: { url: 'https://api.github.com/repos/Upstream/Hello-World' } } },
      { number: 4, base: { repo: { url: 'https://api.github.com/repos/Codertocat/Hello-World' } } },
    ]
    const workflow_run = { ...example.workflow_run, event: 'pull_request', pull_requests }
    expect(read('workflow_run', { ...example, workflow_run })).toMatchObject({
      isPreview: true,
      pullNumber: 4,
    })
  })

  test('a comment on a pull request, and one on an issue', () => {
    const pull = { issue: { number: 5, pull_request: { url: 'x' } } }
    expect(read('issue_comment', pull)?.pullNumber).toBe(5)
    const issue = exampleEvent('issue_comment', 'created')
    expect(read('issue_comment', issue)?.pullNumber).toBeUndefined()
  })

  test('schedule: the commit, no preview, no pull request', () => {
    const event = read('schedule', { schedule: '0 0 * * *' })
    expect(event).toMatchObject({ sha: MERGE, isPreview: false, pullNumber: undefined })
    expect(event?.pullSearch).toBeUndefined()
  })
})

describe('an event file that is not as documented is taken for absent', () => {
  test.each([
    ['is missing', undefined],
    ['is no JSON', '{"pull_request": '],
    ['is empty', ''],
    ['is a list', '[1, 2]'],
    ['is null', 'null'],
    ['has texts for objects', { pull_request: 'x', issue: 7, workflow_run: [] }],
    ['has numbers out of range', { pull_request: { number: -1, head: { sha: 12 } } }],
    ['has a prototype', '{"__proto__": {"pull_request": {"number": 3}}}'],
  ])('%s', (_, event) => {
    expect(read('pull_request', event)).toMatchObject({ sha: MERGE, pullNumber: undefined })
    expect(read('workflow_run', event)).toMatchObject({ sha: MERGE, pullNumber: undefined })
  })

  test('a commit that is no SHA is not taken', () => {
    const event = { pull_request: { number: 3, head: { sha: 'main; rm -rf' } } }
    expect(read('pull_request', event, { GITHUB_SHA: 'v1' })?.sha).toBeUndefined()
  })
})

describe('the run', () => {
  test('has a page, with its attempt where it is not the first', () => {
    const page = 'https://github.com/Codertocat/Hello-World/actions/runs/9007'
    expect(read('push', {})?.runUrl).toBe(page)
    const again = read('push', {}, { GITHUB_RUN_ATTEMPT: '2' })
    expect(again?.runUrl).toBe(`${page}/attempts/2`)
  })

  test("of an enterprise's server belongs there", () => {
    const event = read(
      'push',
      {},
      {
        GITHUB_SERVER_URL: 'https://git.example.com',
        GITHUB_API_URL: 'https://git.example.com/api/v3',
      },
    )
    expect(event?.apiUrl.href).toBe('https://git.example.com/api/v3')
    expect(event?.commitUrl).toBe(`https://git.example.com/Codertocat/Hello-World/commit/${MERGE}`)
  })

  test('outside GitHub is none', () => {
    expect(readEvent({})).toBeUndefined()
  })
})

describe('the pull request', () => {
  test.each([
    ['refs/pull/12/merge', 12],
    ['refs/pull/12/head', 12],
    ['refs/pull/0/merge', undefined],
    ['refs/pull/12/merge/x', undefined],
    ['x/refs/pull/12/merge', undefined],
    ['refs/heads/refs/pull/12/merge', undefined],
    ['refs/tags/v1', undefined],
  ])('of an event that cannot be read is that of the ref %s: %s', (ref, number) => {
    expect(read('pull_request', '{', { GITHUB_REF: ref })?.pullNumber).toBe(number)
  })

  test('of the event counts more than that of the ref', () => {
    const event = { pull_request: { number: 3 } }
    expect(read('pull_request', event, { GITHUB_REF: 'refs/pull/12/merge' })?.pullNumber).toBe(3)
  })
})

describe('the branch to look for', () => {
  const long = 'b'.repeat(255)
  const owner = { login: 'mona' }
  const ofRun = (workflow_run: object) =>
    read('workflow_run', { workflow_run: { head_branch: 'idea', ...workflow_run } })?.pullSearch

  test.each([
    ['refs/heads/main', 'main'],
    ['refs/heads/a/b c', 'a/b c'],
    [`refs/heads/${long}`, long],
    [`refs/heads/${long}b`, undefined],
    ['refs/heads/', undefined],
    ['refs/heads/a\nb', undefined],
    [undefined, undefined],
    ['refs/pull/12/merge', undefined],
    ['x/refs/heads/main', undefined],
    ['', undefined],
  ])('of a push to %s is %s', (ref, branch) => {
    expect(read('push', {}, { GITHUB_REF: ref })?.pullSearch?.branch).toBe(branch)
  })

  test('of a run by hand is the one that it ran on', () => {
    expect(read('workflow_dispatch', {})?.pullSearch?.branch).toBe('main')
  })

  test('of a workflow_run is that of its fork', () => {
    const fork = { owner, name: 'game-fork' }
    const search = { owner: 'mona', repository: 'game-fork', branch: 'idea' }
    expect(ofRun({ head_repository: fork })).toEqual(search)
  })

  test.each([
    ['without a fork', {}],
    ['whose fork has no owner', { head_repository: { owner: {} } }],
    ['whose owner has no name', { head_repository: { owner: { login: '' } } }],
    ['whose owner is none', { head_repository: { owner: { login: 'a b' } } }],
    ['whose owner is more than one', { head_repository: { owner: { login: 'a/b' } } }],
    ['whose owner is too long', { head_repository: { owner: { login: 'a'.repeat(101) } } }],
    ['without a branch', { head_repository: { owner }, head_branch: '' }],
    ['whose branch is a number', { head_repository: { owner }, head_branch: 7 }],
  ])('of a workflow_run %s is none', (_, run) => {
    expect(ofRun(run)).toBeUndefined()
  })
})

describe('the pull request of a workflow_run', () => {
  const here = 'https://api.github.com/repos/Codertocat/Hello-World'
  const pullOf = (...pull_requests: unknown[]) =>
    read('workflow_run', { workflow_run: { event: 'push', pull_requests } })?.pullNumber
  const based = (url: string) => ({ number: 4, base: { repo: { url } } })

  test.each([
    ['without its base', { number: 4 }, 4],
    ['of this repository', based(here), 4],
    ['of this repository, in other letters', based(here.toUpperCase()), 4],
    ['of another repository', based('https://api.github.com/repos/a/Hello-World'), undefined],
    ['that ends the same', based(`${here}x`), undefined],
    ['without a number', { base: { repo: { url: here } } }, undefined],
    ['that is null', null, undefined],
  ])('%s is %s', (_, pull, number) => {
    expect(pullOf(pull)).toBe(number)
  })

  test('is the first of several of this repository', () => {
    expect(pullOf(based(`${here}2`), { ...based(here), number: 5 }, based(here))).toBe(5)
  })

  test('makes a preview for a pull_request_target too', () => {
    const event = { workflow_run: { event: 'pull_request_target' } }
    expect(read('workflow_run', event)?.isPreview).toBe(true)
  })
})

describe('the commit', () => {
  const sha256 = 'a'.repeat(64)
  test.each([
    [sha256, sha256],
    ['a'.repeat(41), undefined],
    [`${'a'.repeat(40)}x`, undefined],
    [`x${'a'.repeat(40)}`, undefined],
    ['A'.repeat(40), undefined],
    ['', undefined],
  ])('%s is taken as %s', (given, sha) => {
    expect(read('push', {}, { GITHUB_SHA: given })?.sha).toBe(sha)
  })

  test('has no page where there is none', () => {
    expect(read('push', {}, { GITHUB_SHA: '' })?.commitUrl).toBeUndefined()
  })

  test('of a workflow_run without one is that of this run', () => {
    expect(read('workflow_run', { workflow_run: { head_sha: 'main' } })?.sha).toBe(MERGE)
  })
})

describe('where the run belongs', () => {
  test.each([
    ['octo/game', { owner: 'octo', name: 'game' }],
    ['o.c-t_o/g.a-m_e', { owner: 'o.c-t_o', name: 'g.a-m_e' }],
    ['octo/game.', { owner: 'octo', name: 'game.' }],
    ['octo/.github', { owner: 'octo', name: '.github' }],
    ['octo', undefined],
    ['octo/', undefined],
    ['/game', undefined],
    ['octo/game/x', undefined],
    ['octo/..', undefined],
    ['./game', undefined],
    ['octo/ga me', undefined],
    ['octo/game?x', undefined],
    [`octo/${'g'.repeat(101)}`, undefined],
    [undefined, undefined],
  ])('%s is the repository %j', (given, repository) => {
    expect(read('push', {}, { GITHUB_REPOSITORY: given })?.repository).toEqual(repository)
  })

  test.each([
    ['', 'https://api.github.com/'],
    ['http://git.example.com/api/v3', 'http://git.example.com/api/v3'],
    ['ftp://git.example.com', undefined],
    ['git.example.com', undefined],
    ['https://user@git.example.com', undefined],
    ['https://git.example.com/?x=1', undefined],
    ['https://git.example.com/#x', undefined],
  ])('%j as the API is %s', (given, url) => {
    expect(read('push', {}, { GITHUB_API_URL: given })?.apiUrl.href).toBe(url)
  })

  test.each([
    ['', 'https://github.com/Codertocat/Hello-World'],
    ['https://git.example.com/', 'https://git.example.com/Codertocat/Hello-World'],
    ['https://example.com/git//', 'https://example.com/git/Codertocat/Hello-World'],
    ['javascript:alert(1)', undefined],
  ])('the pages of the server %j are below %s', (given, page) => {
    const event = read('push', {}, { GITHUB_SERVER_URL: given })
    expect(event?.commitUrl).toBe(page && `${page}/commit/${MERGE}`)
    expect(event?.runUrl).toBe(page && `${page}/actions/runs/9007`)
  })

  test.each([
    [
      { GITHUB_RUN_ID: '', GITHUB_RUN_NUMBER: '', GITHUB_RUN_ATTEMPT: '' },
      { id: 0, number: 0, attempt: 1 },
    ],
    [
      { GITHUB_RUN_ID: '0', GITHUB_RUN_NUMBER: '-1', GITHUB_RUN_ATTEMPT: '1.5' },
      { id: 0, number: 0, attempt: 1 },
    ],
    [
      { GITHUB_RUN_ID: ' 9', GITHUB_RUN_NUMBER: '9x', GITHUB_RUN_ATTEMPT: '3' },
      { id: 0, number: 0, attempt: 3 },
    ],
    [
      { GITHUB_RUN_ID: '9'.repeat(16), GITHUB_RUN_NUMBER: '9'.repeat(17) },
      { id: 0, number: 0, attempt: 1 },
    ],
    [
      { GITHUB_RUN_ID: String(Number.MAX_SAFE_INTEGER) },
      { id: Number.MAX_SAFE_INTEGER, number: 7, attempt: 1 },
    ],
  ])('%j is the run %j', (environment, run) => {
    const event = read('push', {}, environment)
    expect(event?.run).toEqual(run)
    if (run.id === 0) expect(event?.runUrl).toBeUndefined()
  })
})

test('a number may be written as a text', () => {
  expect(read('pull_request', { pull_request: { number: '12' } })?.pullNumber).toBe(12)
})

test('an event file of a size that no event has is not read', () => {
  const event = { pull_request: { number: 12 }, filler: ' '.repeat(26 * 1024 * 1024) }
  expect(read('pull_request', event)?.pullNumber).toBeUndefined()
})

test('without a name or a file of the event nothing is known of it', () => {
  const none = { GITHUB_EVENT_NAME: undefined, GITHUB_EVENT_PATH: undefined }
  expect(read('pull_request', { pull_request: { number: 12 } }, none)).toMatchObject({
    sha: MERGE,
    isPreview: false,
    pullNumber: undefined,
    pullSearch: undefined,
  })
})
