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
      pullSearch: { owner: 'Codertocat', branch: 'feat/x' },
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
