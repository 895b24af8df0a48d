import { describe, expect, test } from 'vitest'
import { error, never, ready, readyThenError } from '../emulator/edgegap/script.ts'
import type { Effect } from '../emulator/faults.ts'
import {
  annotations,
  CREATE,
  cancelAt,
  cancelAtLine,
  deploy,
  type Edgegap,
  killAt,
  LIST,
  LOGS,
  liveIds,
  onlyError,
  STATUS,
  STOP,
  startEdgegap,
} from './deploy.ts'

const TAG = 'pr-12'
const AFTER = { group: TAG, replace: 'after-ready' } as const
const BEFORE = { group: TAG, replace: 'before-deploy' } as const
const TWO_PLACES = 'a 1,1\nb 2,2'
const LONG_MS = 180_000

function addOld(edgegap: Edgegap): string {
  return edgegap.addDeployment({ tags: ['theirs', TAG] }).id
}

/** What is no member of the group, however the list answers. */
function addStrangers(edgegap: Edgegap): string[] {
  const orders = [
    { application: 'other-game', tags: [TAG] },
    { application: 'My-Game', tags: [TAG] },
    { tags: ['pr-1'] },
    { tags: ['pr-123'] },
    { tags: ['PR-12'] },
    { tags: [`${TAG} `, ` ${TAG}`] },
    { tags: [`${TAG},other`] },
    { tags: ['pr-13'], hidesTags: true },
    { tags: [] },
  ]
  return orders.map((order) => edgegap.addDeployment(order).id)
}

describe.concurrent('replace: after-ready', () => {
  test('stops the older ones once the new one is ready', async () => {
    await using edgegap = await startEdgegap()
    const old = [addOld(edgegap), addOld(edgegap)]
    const { main, post } = await deploy(edgegap, AFTER)
    expect(main).toMatchObject({ exitCode: 0, outputs: { outcome: 'succeeded' } })
    expect(JSON.parse(main.outputs['stopped-ids'] ?? '').sort()).toEqual(old.toSorted())
    for (const id of old) expect(main.summary).toMatch(new RegExp(`Replaced<.*<code>${id}`))
    expect(liveIds(edgegap)).toEqual([main.outputs['deployment-id']])
    const readyAtMs = edgegap.deployments.at(-1)?.newsAt ?? Number.POSITIVE_INFINITY
    for (const one of edgegap.stopped()) {
      expect(one.stopRequestedAt).toBeGreaterThan(readyAtMs)
    }
    expect(post?.rawStdout).toBe('')
  })

  test('shows the log of an older one before it is stopped', async () => {
    await using edgegap = await startEdgegap()
    const old = addOld(edgegap)
    edgegap.setLogs(old, { logs: 'the words of the old one\n' })
    const { main } = await deploy(edgegap, AFTER)
    expect(main.rawStdout).toContain(`Log of ${old}`)
    expect(main.rawStdout).toContain('| the words of the old one\n')
  })

  test('keeps the older one where the new one fails', async () => {
    await using edgegap = await startEdgegap({ script: error(100) })
    const old = addOld(edgegap)
    const { main } = await deploy(edgegap, AFTER)
    expect(main.outputs.outcome).toBe('failed')
    expect(liveIds(edgegap)).toEqual([old])
  })

  test('keeps the older one where one of several new ones fails', async () => {
    await using edgegap = await startEdgegap({ stopPendingAtOnce: true })
    const old = addOld(edgegap)
    edgegap.nextScript(ready(100), error(600))
    const { main } = await deploy(edgegap, { ...AFTER, locations: TWO_PLACES })
    expect(main.outputs.outcome).toBe('failed')
    expect(liveIds(edgegap)).toEqual([old])
  })

  test('keeps the older one where the new one does not stay ready', async () => {
    await using edgegap = await startEdgegap({ script: readyThenError(100, 700) })
    const old = addOld(edgegap)
    const { main } = await deploy(edgegap, { ...AFTER, 'settle-time': '2s' })
    expect(main.outputs.outcome).toBe('failed')
    expect(liveIds(edgegap)).toEqual([old])
  })

  test.each([
    ['rows as they should be', {}],
    ['every filter ignored', { ignoreFilters: true }],
    ['rows without tags', { tagsInRows: false, ignoreFilters: true }],
    ['small pages', { maxPageSize: 2, ignoreFilters: true }],
  ] as const)('touches nothing but this group of this application: %s', async (_, settings) => {
    await using edgegap = await startEdgegap(settings)
    const strangers = addStrangers(edgegap)
    const old = addOld(edgegap)
    const { main } = await deploy(edgegap, AFTER)
    expect(JSON.parse(main.outputs['stopped-ids'] ?? '')).toEqual([old])
    expect(liveIds(edgegap)).toEqual([...strangers, main.outputs['deployment-id']])
    expect(edgegap.requestsTo('DELETE', STOP).every(({ path }) => path.includes(old))).toBe(true)
  })

  test('with scope: application stops every older one of the application', async () => {
    await using edgegap = await startEdgegap({ ignoreFilters: true })
    const other = edgegap.addDeployment({ application: 'other-game', tags: [TAG] }).id
    edgegap.addDeployment({ tags: [] })
    addOld(edgegap)
    const { main } = await deploy(edgegap, { replace: 'after-ready', scope: 'application' })
    expect(liveIds(edgegap)).toEqual([other, main.outputs['deployment-id']])
  })

  test('warns of an older one that cannot be stopped, and stays green', async () => {
    await using edgegap = await startEdgegap()
    const [stuck, other] = [addOld(edgegap), addOld(edgegap)]
    const isStuck = { matches: ({ path }: { path: string }) => path.includes(stuck) }
    edgegap.faults.order({ kind: 'status', status: 403, method: 'DELETE', ...isStuck })
    const { main } = await deploy(edgegap, AFTER)
    expect(main).toMatchObject({ exitCode: 0, outputs: { outcome: 'succeeded' } })
    expect(JSON.parse(main.outputs['stopped-ids'] ?? '')).toEqual([other])
    expect(annotations(main, 'warning').join()).toContain(`${stuck}, which was to be replaced`)
  })

  test.each([404, 429, 500])(
    'warns of an older one whose stop is always answered with %i, and stays green',
    async (code) => {
      await using edgegap = await startEdgegap()
      const old = addOld(edgegap)
      edgegap.faults.order({ ...status(code), method: 'DELETE', path: STOP })
      const { main, post } = await deploy(edgegap, AFTER)
      expect(main).toMatchObject({ exitCode: 0, outputs: { 'stopped-ids': '[]' } })
      expect(annotations(main, 'warning').join()).toContain(`${old}, which was to be replaced`)
      expect(liveIds(edgegap)).toEqual([old, main.outputs['deployment-id']])
      expect(post?.rawStdout).toBe('')
    },
    LONG_MS,
  )

  test('leaves one alone whose status is never known, and says so', async () => {
    await using edgegap = await startEdgegap()
    const old = addOld(edgegap)
    const fault = { ...status(404), method: 'GET', path: STATUS } as const
    edgegap.faults.order({ ...fault, matches: ({ path }) => path.includes(old) })
    const { main } = await deploy(edgegap, AFTER)
    expect(main.exitCode).toBe(0)
    expect(annotations(main, 'warning').join()).toContain(`${old} is listed, but its status`)
    expect(edgegap.requestsTo('DELETE', STOP)).toEqual([])
  })

  test('is content with an older one that ended by itself meanwhile', async () => {
    await using edgegap = await startEdgegap()
    const old = addOld(edgegap)
    const { main } = await deploy(edgegap, AFTER, {
      mainControl: async () => {
        await edgegap.whenRequested('POST', CREATE, { timeoutMs: 30_000 })
        edgegap.setStatus(old, { status: 'TERMINATED' })
      },
    })
    expect(main).toMatchObject({ exitCode: 0, outputs: { 'stopped-ids': '[]' } })
    expect(annotations(main, 'warning')).toEqual([])
  })

  test('with stop-after-job leaves nothing behind when the job ends', async () => {
    await using edgegap = await startEdgegap()
    addOld(edgegap)
    const { main, post } = await deploy(edgegap, { ...AFTER, 'stop-after-job': 'true' })
    expect(main.exitCode).toBe(0)
    expect(post?.rawStdout).toContain(`Log of ${main.outputs['deployment-id']}`)
    expect(liveIds(edgegap)).toEqual([])
  })

  test('says of a full account that before-deploy stops the older ones first', async () => {
    await using edgegap = await startEdgegap({ maxDeployments: 1 })
    const old = addOld(edgegap)
    const { main } = await deploy(edgegap, AFTER)
    expect(onlyError(main)).toContain('replace: before-deploy stops the older ones of this group')
    expect(liveIds(edgegap)).toEqual([old])
  })
})

describe.concurrent('replace: before-deploy', () => {
  test.each([
    ['which then answers 410', {}],
    ['which is then unknown', { forgetTerminatedAfterMs: 0 }],
    ['which is then unknown, with 404', { forgetTerminatedAfterMs: 0, unknownIdStatus: 404 }],
    ['on an account that refuses with 422', { maxDeploymentsStatus: 422 }],
  ] as const)(
    'waits until the older one is gone, %s',
    async (_, settings) => {
      await using edgegap = await startEdgegap({
        maxDeployments: 1,
        terminateAfterMs: 1_500,
        ...settings,
      })
      const old = addOld(edgegap)
      const { main } = await deploy(edgegap, BEFORE)
      expect(main).toMatchObject({ exitCode: 0, outputs: { outcome: 'succeeded' } })
      expect(main.outputs['stopped-ids']).toBe(JSON.stringify([old]))
      expect(liveIds(edgegap)).toEqual([main.outputs['deployment-id']])
      expect(edgegap.requestsTo('POST', CREATE)).toHaveLength(1)
    },
    LONG_MS,
  )

  test('waits for a slot that is freed only after the older one is gone', async () => {
    await using edgegap = await startEdgegap({ maxDeployments: 1 })
    addOld(edgegap)
    edgegap.faults.order({ kind: 'status', status: 400, method: 'POST', path: CREATE, times: 2 })
    const { main } = await deploy(edgegap, BEFORE)
    expect(main).toMatchObject({ exitCode: 0, outputs: { outcome: 'succeeded' } })
    expect(liveIds(edgegap)).toEqual([main.outputs['deployment-id']])
  })

  test('waits for one that somebody else is stopping', async () => {
    await using edgegap = await startEdgegap({ maxDeployments: 1, terminateAfterMs: 2_500 })
    const old = addOld(edgegap)
    await fetch(`${edgegap.url}/v1/stop/${old}`, {
      method: 'DELETE',
      headers: { authorization: `token ${edgegap.settings.token}` },
    })
    const { main } = await deploy(edgegap, BEFORE)
    expect(main.exitCode).toBe(0)
    expect(main.outputs['stopped-ids']).toBe('[]')
  })

  test('goes on where there is nothing to replace', async () => {
    await using edgegap = await startEdgegap({ maxDeployments: 1 })
    const { main } = await deploy(edgegap, BEFORE)
    expect(main).toMatchObject({ exitCode: 0, outputs: { 'stopped-ids': '[]' } })
  })

  test('warns of one that does not end, and deploys all the same', async () => {
    await using edgegap = await startEdgegap({ stopEndsNothing: true })
    const old = addOld(edgegap)
    const { main } = await deploy(edgegap, { ...BEFORE, timeout: '3s' })
    expect(main.exitCode).toBe(0)
    expect(annotations(main, 'warning').join()).toContain(old)
    expect(main.outputs['stopped-ids']).toBe('[]')
  })
})

const status = (code: number, body: unknown = { message: 'trouble' }): Effect => {
  return { kind: 'status', status: code, body }
}
const PASSING: readonly (readonly [string, Effect])[] = [
  ['404', status(404)],
  ['500', status(500)],
  ['429', { kind: 'status', status: 429, headers: { 'retry-after': '1' } }],
  ['403', status(403)],
  ['a page', status(200, '<html>')],
  ['a reset', { kind: 'reset', when: 'after' }],
  ['half a reply', { kind: 'truncate' }],
  ['nothing', { kind: 'hang' }],
]

describe.concurrent('one fault while the older ones are listed and stopped', () => {
  const points = [
    ['the list', 'GET', LIST],
    ['the status', 'GET', STATUS],
    ['the log', 'GET', LOGS],
    ['the stop', 'DELETE', STOP],
  ] as const
  const cases = points.flatMap(([name, method, path]) =>
    PASSING.map(([fault, effect]) => [name, fault, { method, path, ...effect }] as const),
  )
  test.each(cases)(
    '%s answers with %s: it is replaced all the same',
    async (_, __, fault) => {
      await using edgegap = await startEdgegap()
      addOld(edgegap)
      edgegap.faults.order({ ...fault, times: 1 })
      const { main } = await deploy(edgegap, AFTER)
      expect(main.outputs.outcome).toBe('succeeded')
      expect(liveIds(edgegap)).toEqual([main.outputs['deployment-id']])
    },
    LONG_MS,
  )
})

describe.concurrent('a list that never answers well', () => {
  test.each([
    ['500', status(500), 'failed'],
    ['403', status(403), 'rejected'],
    ['a page', status(200, '<html>'), 'failed'],
  ])(
    '(%s) creates nothing and stops nothing',
    async (_, effect, outcome) => {
      await using edgegap = await startEdgegap()
      const old = addOld(edgegap)
      edgegap.faults.order({ ...effect, method: 'GET', path: LIST })
      const { main } = await deploy(edgegap, BEFORE)
      expect(main).toMatchObject({ exitCode: 1, outputs: { outcome } })
      expect(onlyError(main)).toContain('so no server was created')
      expect(edgegap.created).toBe(0)
      expect(liveIds(edgegap)).toEqual([old])
    },
    LONG_MS,
  )
})

describe.concurrent('two runs of one group at the same time', () => {
  test('replace what stood before both, and leave the newest', async () => {
    await using edgegap = await startEdgegap({ stopPendingAtOnce: true })
    const old = addOld(edgegap)
    edgegap.nextScript(ready(1_500), ready(100))
    await Promise.all([deploy(edgegap, AFTER), deploy(edgegap, AFTER)])
    const newest = edgegap.deployments.at(-1)?.id
    expect(liveIds(edgegap)).toContain(newest)
    expect(liveIds(edgegap)).not.toContain(old)
  })

  test('of which the later one is ready first: it replaces the other', async () => {
    await using edgegap = await startEdgegap({ stopPendingAtOnce: true })
    addOld(edgegap)
    edgegap.nextScript(ready(9_000), ready(100))
    const first = deploy(edgegap, AFTER)
    await edgegap.whenRequested('GET', STATUS, { count: 2, timeoutMs: 30_000 })
    const second = await deploy(edgegap, AFTER)
    expect(liveIds(edgegap)).toEqual([second.main.outputs['deployment-id']])
    const { main } = await first
    expect(main.exitCode).toBe(1)
    expect(onlyError(main)).toContain('A newer run with replace stops what older runs')
    expect(liveIds(edgegap)).toEqual([second.main.outputs['deployment-id']])
  })

  test('of which the earlier one is ready last: it leaves the newer one alone', async () => {
    await using edgegap = await startEdgegap({ listLagMs: 0 })
    addOld(edgegap)
    edgegap.nextScript(ready(6_000), ready(100))
    const first = deploy(edgegap, AFTER)
    await edgegap.whenRequested('POST', CREATE, { timeoutMs: 30_000 })
    // The later run does not see the earlier one's server yet.
    edgegap.settings.listLagMs = 60_000
    const second = await deploy(edgegap, AFTER)
    const { main } = await first
    expect(main.exitCode).toBe(0)
    expect(liveIds(edgegap)).toContain(second.main.outputs['deployment-id'])
  })
})

/** The moments of a run that replaces a group, in their order. */
const STAGES = [
  ['while the older one is listed', 'GET', LIST, 1],
  ['while the status of the older one is read', 'GET', STATUS, 1],
  ['while the create is sent', 'POST', CREATE, 1],
  ['while the new one comes up', 'GET', STATUS, 3],
  ['while the log of the older one is read', 'GET', LOGS, 1],
  ['while the older one is stopped', 'DELETE', STOP, 1],
] as const

describe.concurrent('a run that is ended with replace: after-ready', () => {
  const ends = { cancel: cancelAt, kill: killAt }
  const cases = STAGES.flatMap((stage) =>
    (['cancel', 'kill'] as const).flatMap((how) =>
      ([false, true] as const).map((isSlow) => [how, ...stage, isSlow] as const),
    ),
  )
  test.each(cases)(
    'by a %s %s leaves the old one or the new one',
    async (how, _, method, path, count, isSlow) => {
      await using edgegap = await startEdgegap({ script: ready(600), stopPendingAtOnce: true })
      const old = addOld(edgegap)
      // So that the end comes before or after the request has its effect.
      if (isSlow) edgegap.faults.order({ kind: 'delay', delayMs: 700, method, path })
      const { main } = await deploy(edgegap, AFTER, {
        mainControl: ends[how](edgegap, method, path, count),
      })
      expectOneLeft(edgegap, old, main)
    },
    LONG_MS,
  )

  test('by a cancel right after the stop leaves the new one and says so', async () => {
    await using edgegap = await startEdgegap({ terminateAfterMs: 5_000 })
    const old = addOld(edgegap)
    edgegap.faults.order({ kind: 'delay', delayMs: 1_500, method: 'DELETE', path: STOP })
    const { main } = await deploy(edgegap, AFTER, {
      mainControl: cancelAt(edgegap, 'DELETE', STOP),
    })
    const id = main.outputs['deployment-id'] ?? ''
    const outputs = { outcome: 'cancelled', error: 'The run was cancelled.' }
    expect(main).toMatchObject({ exitCode: 1, outputs })
    expect(JSON.parse(main.outputs.deployments ?? '')).toMatchObject([{ id, outcome: 'succeeded' }])
    expect(annotations(main, 'warning').join()).toContain(`${id} stays in place`)
    expect(liveIds(edgegap)).toEqual([id])
    expect(main.outputs['stopped-ids']).toBe(JSON.stringify([old]))
  })

  test('by a kill at the first stop leaves the new one, which the post step names', async () => {
    await using edgegap = await startEdgegap({ script: ready(300) })
    const old = addOld(edgegap)
    edgegap.faults.order({ kind: 'delay', delayMs: 300, method: 'DELETE', path: STOP })
    const { post } = await deploy(edgegap, AFTER, { mainControl: killAt(edgegap, 'DELETE', STOP) })
    const [id = '-'] = liveIds(edgegap).filter((live) => live !== old)
    expect(post?.exitCode).toBe(0)
    expect(post && annotations(post, 'notice').join()).toContain(`${id} stays up`)
  })

  test.each(['cancel', 'kill'] as const)(
    'by a %s while the log of the older one hangs leaves the old one',
    async (how) => {
      await using edgegap = await startEdgegap({ script: ready(300) })
      const old = addOld(edgegap)
      edgegap.faults.order({ kind: 'hang', method: 'GET', path: LOGS })
      await deploy(edgegap, AFTER, { mainControl: ends[how](edgegap, 'GET', LOGS) })
      expect(liveIds(edgegap)).toEqual([old])
    },
    LONG_MS,
  )

  test('by a cancel once it is ready, and before the first stop, leaves the old one', async () => {
    await using edgegap = await startEdgegap({ script: ready(300) })
    const old = addOld(edgegap)
    const { main } = await deploy(
      edgegap,
      { ...AFTER, 'settle-time': '20s' },
      { mainControl: cancelAtLine(/Status\.READY/) },
    )
    expect(main.outputs.outcome).toBe('cancelled')
    expect(liveIds(edgegap)).toEqual([old])
  })
})

/** The old one while it was not touched, else the new one; both where the run had let go of the new one. */
function expectOneLeft(edgegap: Edgegap, old: string, main: { state: Record<string, string> }) {
  const live = liveIds(edgegap)
  const made = edgegap.deployments.filter(({ id }) => id !== old).map(({ id }) => id)
  const isOldStopped = edgegap.stopped().some(({ id }) => id === old)
  if (isOldStopped) expect(live).toEqual(made)
  else if (live.length > 1) {
    expect(JSON.parse(main.state.ledger ?? '')).toMatchObject({ entries: [], inPlace: made })
    expect(live).toEqual([old, ...made])
  } else expect(live).toEqual([old])
}

describe.concurrent('a run that is ended with replace: before-deploy', () => {
  const ends = { cancel: cancelAt, kill: killAt }
  const stages = [
    ['while the older one is listed', 'GET', LIST, 1],
    ['while the log of the older one is read', 'GET', LOGS, 1],
    ['while the older one is stopped', 'DELETE', STOP, 1],
    ['while it waits for the end of the older one', 'DELETE', STOP, 2],
    ['while the create is sent', 'POST', CREATE, 1],
  ] as const
  test.each(
    stages.flatMap((stage) => (['cancel', 'kill'] as const).map((how) => [how, ...stage] as const)),
  )(
    'by a %s %s leaves no new one that nobody asked for',
    async (how, _, method, path, count) => {
      await using edgegap = await startEdgegap({
        script: never(),
        stopPendingAtOnce: true,
        terminateAfterMs: 800,
        maxDeployments: 1,
      })
      const old = addOld(edgegap)
      const { main } = await deploy(edgegap, BEFORE, {
        mainControl: ends[how](edgegap, method, path, count),
      })
      const isOldStopped = edgegap.stopped().some(({ id }) => id === old)
      expect(liveIds(edgegap)).toEqual(isOldStopped ? [] : [old])
      if (how === 'cancel' && isOldStopped) expect(main.outputs['stopped-ids']).toContain(old)
    },
    LONG_MS,
  )
})
