import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { Budget } from '../../src/github/budget.ts'
import { GitHubClient } from '../../src/github/client.ts'
import {
  DeploymentRecorder,
  type RecordOptions,
  type SavedRecord,
} from '../../src/github/deployment-record.ts'
import { DeploymentRecords } from '../../src/github/deployment-records.ts'
import { createHttpClient } from '../../src/net/request.ts'
import { jobAccount } from '../emulator/github/account.ts'
import { type GitHubEmulator, startGitHub } from '../emulator/github/emulator.ts'
import { deploying, SHA, viewOf } from './stage.ts'

let github: GitHubEmulator
let saved: SavedRecord[]

beforeEach(async () => {
  github = await startGitHub()
  saved = []
})

afterEach(() => github.close())

function openRecords() {
  const client = new GitHubClient({
    token: github.token,
    apiUrl: new URL(github.apiUrl),
    http: createHttpClient({}),
    environment: {},
    budget: new Budget(systemClock),
    wallMs: () => Date.now(),
  })
  return new DeploymentRecords(client, { owner: 'octo', name: 'game' })
}

/** A recorder by itself: what it does at the start is over when the end begins. */
function openRecorder(more: Partial<RecordOptions> = {}, before?: SavedRecord) {
  const options: RecordOptions = {
    records: openRecords(),
    ...{ environment: 'staging', environmentUrl: undefined, group: '', sha: SHA },
    ...{ isPreview: true, run: { id: 9_007, number: 7, attempt: 1 }, runUrl: undefined },
    newKey: () => 'our-key',
    onChange: (change) => saved.push(change),
    ...more,
  }
  return new DeploymentRecorder(options, before)
}

function add(run: number, state: string, more: object = {}) {
  const key = { id: 9_000 + run, number: run, attempt: 1 }
  const payload = { deploy_game_server: `of-${run}`, group: '', run: key }
  const body = { ref: 'e'.repeat(40), environment: 'staging', payload, ...more }
  return github.addDeployment(jobAccount(), body, state)
}

function succeed({ statuses }: ReturnType<typeof add>) {
  const [first] = statuses
  if (first) statuses.push({ ...first, id: github.state.newId(), state: 'success' })
}

const stateOf = ({ id }: { id: number }) => github.stateOf(id)
const own = () =>
  github.state.deployments.find(({ payload }) => {
    return (payload as { deploy_game_server?: string }).deploy_game_server === 'our-key'
  })
const ownStates = () => own()?.statuses.map(({ state }) => state)
const sentSince = (count: number) =>
  github.requests
    .slice(count)
    .map(({ method, path }) => `${method} ${path.split('/').slice(4).join('/')}`)

const FIRST = { id: 9_007, number: 7, attempt: 1 }
const AGAIN = { run: { ...FIRST, attempt: 2 } }

describe('at the end of a run', () => {
  test('only what is new since its start is read', async () => {
    for (let count = 0; count < 150; count += 1) add(5, 'inactive')
    const recorder = openRecorder()
    await recorder.start(deploying())
    const before = github.requests.length
    await recorder.finish(viewOf())
    expect(sentSince(before)).toEqual(
      ['deployments', `deployments/${own()?.id}/statuses`].map(
        (path, index) => `${index === 0 ? 'GET' : 'POST'} ${path}`,
      ),
    )
  })

  test('what was still deploying at its start, and has succeeded since, is ended', async () => {
    const slow = add(6, 'in_progress')
    const recorder = openRecorder()
    await recorder.start(deploying())
    succeed(slow)
    await recorder.finish(viewOf())
    expect(stateOf(slow)).toBe('inactive')
    expect(ownStates()).toEqual(['in_progress', 'success'])
  })

  test('what somebody else recorded since its start stays', async () => {
    const recorder = openRecorder()
    await recorder.start(deploying())
    const foreign = add(0, 'success', { payload: {} })
    await recorder.finish(viewOf())
    expect(stateOf(foreign)).toBe('success')
  })

  test('a newer run that is still deploying is left alone', async () => {
    const recorder = openRecorder()
    await recorder.start(deploying())
    const newer = add(8, 'in_progress')
    await recorder.finish(viewOf())
    expect(stateOf(newer)).toBe('in_progress')
    expect(ownStates()).toEqual(['in_progress', 'success'])
  })

  test('it gives way to a newer run that succeeded meanwhile, and ends nothing', async () => {
    const old = add(5, 'success')
    const recorder = openRecorder()
    await recorder.start(deploying())
    const newer = add(8, 'success')
    await recorder.finish(viewOf())
    expect([old, newer].map(stateOf)).toEqual(['success', 'success'])
    expect(ownStates()).toEqual(['in_progress', 'inactive'])
  })

  test('it gives way to a newer run that succeeds in the very moment', async () => {
    const recorder = openRecorder()
    await recorder.start(deploying())
    const newer = add(8, 'in_progress')
    const finished = recorder.finish(viewOf())
    await github.whenRequested('POST', new RegExp(`/${own()?.id}/statuses$`), { count: 2 })
    succeed(newer)
    await finished
    expect(ownStates()).toEqual(['in_progress', 'success', 'inactive'])
    expect(stateOf(newer)).toBe('success')
  })
})

describe('an older run that is run again', () => {
  test('takes over from a newer one that had succeeded before', async () => {
    const newer = add(8, 'success')
    const recorder = openRecorder(AGAIN)
    await recorder.start(deploying())
    await recorder.finish(viewOf())
    expect(stateOf(newer)).toBe('inactive')
    expect(ownStates()).toEqual(['in_progress', 'success'])
  })

  test('gives way to a newer one that was deploying then, and succeeded', async () => {
    const newer = add(8, 'in_progress')
    const recorder = openRecorder(AGAIN)
    await recorder.start(deploying())
    succeed(newer)
    await recorder.finish(viewOf())
    expect(stateOf(newer)).toBe('success')
    expect(ownStates()).toEqual(['in_progress', 'inactive'])
  })

  test('where the end comes first, takes over from what was recorded before it', async () => {
    const before = add(8, 'success')
    const recorder = openRecorder(AGAIN)
    recorder.hurry()
    await recorder.start(deploying())
    expect(github.requestsTo('GET', /./)).toEqual([])
    await recorder.finish(viewOf())
    expect(stateOf(before)).toBe('inactive')
    expect(ownStates()).toEqual(['in_progress', 'success'])
  })

  test('where the end comes first, gives way to what was recorded after it', async () => {
    const recorder = openRecorder(AGAIN)
    recorder.hurry()
    await recorder.start(deploying())
    const after = add(8, 'success')
    await recorder.finish(viewOf())
    expect(stateOf(after)).toBe('success')
    expect(ownStates()).toEqual(['in_progress', 'inactive'])
  })
})

describe('what is saved for the post step', () => {
  test('is the key before the record is asked for, and the id after', async () => {
    const recorder = openRecorder()
    const started = recorder.start(deploying())
    await github.whenRequested('POST', /\/deployments$/)
    expect(saved[0]).toEqual({ key: 'our-key' })
    await started
    expect(saved).toEqual([{ key: 'our-key' }, { key: 'our-key', id: own()?.id }])
  })

  test('is used instead of a new key', async () => {
    const recorder = openRecorder({}, { key: 'saved-key' })
    await recorder.finish(viewOf())
    expect(github.state.deployments[0]?.payload).toMatchObject({ deploy_game_server: 'saved-key' })
  })

  test('with an id needs no search', async () => {
    const record = add(7, 'in_progress')
    const recorder = openRecorder({}, { key: 'of-7', id: record.id })
    await recorder.finish(viewOf({ outcome: 'cancelled' }))
    expect(sentSince(0)).toEqual([`POST deployments/${record.id}/statuses`])
    expect(stateOf(record)).toBe('inactive')
  })

  test('with a key alone is found, and its id saved', async () => {
    const record = add(7, 'in_progress', { ref: SHA })
    const recorder = openRecorder({}, { key: 'of-7' })
    await recorder.finish(viewOf({ outcome: 'failed' }))
    expect(saved).toEqual([{ key: 'of-7', id: record.id }])
    expect(github.state.deployments).toHaveLength(1)
    expect(stateOf(record)).toBe('failure')
  })

  test('with a key that nobody knows makes no record for a cancelled run', async () => {
    add(6, 'success', { ref: SHA })
    const recorder = openRecorder({}, { key: 'lost' })
    await recorder.finish(viewOf({ outcome: 'cancelled' }))
    expect(sentSince(0)).toEqual(['GET deployments'])
    expect(saved).toEqual([])
  })
})

describe('the records of an environment', () => {
  const idsOf = async (newerThan?: number) =>
    (await openRecords().list('staging', { newerThan })).map(({ id }) => id)

  test('are listed newest first, whatever order they come in', async () => {
    const body = [{ id: 2 }, { id: 9 }, {}, { id: 5 }]
    github.faults.order({ kind: 'status', status: 200, body, path: /\/deployments$/ })
    expect(await idsOf()).toEqual([9, 5, 2])
  })

  test('that are newer than one are listed without it', async () => {
    const [, second, third] = [add(1, 'success'), add(2, 'success'), add(3, 'success')]
    expect(await idsOf(second?.id)).toEqual([third?.id])
  })

  test('that are newer than one are read no further than to it', async () => {
    const records = Array.from({ length: 250 }, () => add(1, 'inactive'))
    const newest = records.slice(150).map(({ id }) => id)
    expect(await idsOf(records[149]?.id)).toEqual(newest.toReversed())
    expect(github.requests).toHaveLength(2)
    expect(await idsOf(records[150]?.id)).toEqual(newest.slice(1).toReversed())
    expect(github.requests).toHaveLength(3)
  })

  test('are inactive once they are deleted, and in no state before their first status', async () => {
    const record = add(1, 'success')
    record.statuses.splice(0)
    expect(await openRecords().stateOf(record.id)).toBeUndefined()
    expect(await openRecords().stateOf(1)).toBe('inactive')
  })

  test('have the states that GraphQL gives, and no others', async () => {
    const latestStatus = { state: 'SUCCESS' }
    const nodes = [{ databaseId: 3, latestStatus }, { databaseId: 4 }, { latestStatus }]
    const body = { data: { repository: { deployments: { nodes } } } }
    github.faults.order({ kind: 'status', status: 200, body, path: /graphql$/ })
    expect([...(await openRecords().states('staging'))]).toEqual([[3, 'success']])
  })
})

test('a stop ends what is active, of whichever run', async () => {
  const records = [add(5, 'success'), add(9, 'success'), add(0, 'success', { payload: {} })]
  await openRecorder().stop(viewOf({ outcome: 'stopped' }))
  expect(records.map(stateOf)).toEqual(['inactive', 'inactive', 'inactive'])
  expect(own()).toBeUndefined()
})
