import { describe, expect, test } from 'vitest'
import { never } from '../emulator/edgegap/script.ts'
import type { Effect } from '../emulator/faults.ts'
import type { StepResult } from '../harness/step-result.ts'
import {
  annotations,
  cancelAt,
  type Edgegap,
  expectAllOutputs,
  LIST,
  liveIds,
  onlyError,
  run,
  STATUS,
  STOP,
  startEdgegap,
  type With,
} from './deploy.ts'

const TAG = 'pr-12'
const GROUP = { operation: 'stop', application: 'my-game', group: TAG } as const
const APPLICATION = { operation: 'stop', application: 'my-game', scope: 'application' } as const
const LONG_MS = 180_000

function add(edgegap: Edgegap, count: number): string[] {
  return Array.from({ length: count }, () => edgegap.addDeployment({ tags: [TAG] }).id)
}

function stoppedIds({ outputs }: StepResult): string[] {
  return (JSON.parse(outputs['stopped-ids'] ?? '') as string[]).sort()
}

/** A fault for one deployment alone. */
function only(id: string) {
  return { matches: ({ path }: { path: string }) => path.includes(id) }
}

describe.concurrent('operation: stop with a group', () => {
  test('stops all of it and waits until it is gone', async () => {
    await using edgegap = await startEdgegap({ terminateAfterMs: 600 })
    const ids = add(edgegap, 3)
    const { main, post } = await run(edgegap, GROUP)
    expect(main).toMatchObject({ exitCode: 0, outputs: { outcome: 'stopped', error: '' } })
    expectAllOutputs(main)
    expect(stoppedIds(main)).toEqual(ids.toSorted())
    expect(edgegap.running()).toEqual([])
    expect(main.summary).toMatch(/3 servers of my\S+game with the tag .* are stopped/)
    expect(post?.rawStdout).toBe('')
    for (const id of ids) expect(main.rawStdout).toContain(`Log of ${id}`)
  })

  test('with nothing to stop succeeds and says so, as often as it is run', async () => {
    await using edgegap = await startEdgegap()
    add(edgegap, 1)
    await run(edgegap, GROUP)
    const { main } = await run(edgegap, GROUP)
    expect(main).toMatchObject({
      exitCode: 0,
      outputs: { outcome: 'stopped', 'stopped-ids': '[]' },
    })
    expect(annotations(main, 'notice').join()).toContain(
      'Nothing to stop: there are no deployments of my-game with the tag pr-12',
    )
  })

  test.each([
    ['rows as they should be', {}],
    ['every filter ignored', { ignoreFilters: true }],
    ['rows without tags', { tagsInRows: false, ignoreFilters: true }],
    ['only the tags ignored', { ignoreFilters: ['tags'] }],
    ['small pages', { maxPageSize: 2, ignoreFilters: true }],
  ] as const)('touches nothing but this group of this application: %s', async (_, settings) => {
    await using edgegap = await startEdgegap(settings)
    const strangers = [
      { application: 'other-game', tags: [TAG] },
      { application: 'MY-GAME', tags: [TAG] },
      { application: 'my-game-2', tags: [TAG] },
      { tags: ['pr-1'] },
      { tags: ['pr-123'] },
      { tags: ['xpr-12'] },
      { tags: ['Pr-12'] },
      { tags: ['pr-13'], hidesTags: true },
      { tags: [] },
    ].map((order) => edgegap.addDeployment(order).id)
    const ids = [...add(edgegap, 1), edgegap.addDeployment({ tags: [TAG], hidesTags: true }).id]
    const { main } = await run(edgegap, GROUP)
    expect(stoppedIds(main)).toEqual(ids.toSorted())
    expect(liveIds(edgegap)).toEqual(strangers)
    const paths = edgegap.writes().map(({ path }) => path)
    expect(new Set(paths)).toEqual(new Set(ids.map((id) => `/v1/stop/${id}`)))
  })

  test.each([
    ['its status does not show', {}],
    ['its status does not show, and the filter is ignored', { ignoreFilters: true }],
  ] as const)('goes by the tags of the list where %s them', async (_, settings) => {
    await using edgegap = await startEdgegap({ ...settings, tagsInStatus: false })
    const strangers = [{ tags: ['pr-13'] }, { application: 'other-game', tags: [TAG] }].map(
      (order) => edgegap.addDeployment(order).id,
    )
    const ids = add(edgegap, 2)
    const { main } = await run(edgegap, GROUP)
    expect(main.outputs).toMatchObject({ outcome: 'stopped' })
    expect(stoppedIds(main)).toEqual(ids.toSorted())
    expect(liveIds(edgegap)).toEqual(strangers)
  })

  test(
    'fails where neither the list nor the status shows the tags, and names the server',
    async () => {
      await using edgegap = await startEdgegap({ tagsInStatus: false, tagsInRows: false })
      const [id] = add(edgegap, 1)
      const { main } = await run(edgegap, GROUP)
      expect(main).toMatchObject({ exitCode: 1, outputs: { outcome: 'failed' } })
      expect(onlyError(main)).toContain(`${id} is listed, but its status does not tell whose it is`)
      expect(liveIds(edgegap)).toEqual([id])
    },
    LONG_MS,
  )

  test('stops a group of several pages that shift while it ends', async () => {
    await using edgegap = await startEdgegap({ maxPageSize: 5, terminateAfterMs: 20 })
    add(edgegap, 17)
    const { main } = await run(edgegap, { ...GROUP, 'log-lines': '0' })
    expect(main.exitCode).toBe(0)
    expect(stoppedIds(main)).toHaveLength(17)
    expect(liveIds(edgegap)).toEqual([])
  })

  test(
    'stops a large group within the limits of the API',
    async () => {
      await using edgegap = await startEdgegap({ terminateAfterMs: 300 })
      const ids = add(edgegap, 60)
      const { main } = await run(edgegap, GROUP)
      expect(main).toMatchObject({ exitCode: 0, outputs: { outcome: 'stopped' } })
      expect(stoppedIds(main)).toEqual(ids.toSorted())
      expect(edgegap.running()).toEqual([])
      const listings = edgegap.requestsTo('GET', STATUS).filter(({ status }) => status === 429)
      expect(listings.length).toBeLessThan(ids.length)
    },
    LONG_MS,
  )

  test('with wait: none returns once the stops are accepted', async () => {
    await using edgegap = await startEdgegap({ terminateAfterMs: 60_000 })
    add(edgegap, 2)
    const { main } = await run(edgegap, { ...GROUP, wait: 'none' })
    expect(main).toMatchObject({ exitCode: 0, outputs: { outcome: 'stopped' } })
    expect(edgegap.requestsTo('DELETE', STOP)).toHaveLength(2)
    expect(edgegap.running()).toHaveLength(2)
    expect(main.summary).toMatch(/2 servers of my\S+game with the tag .* are being stopped/)
    expect(main.rawStdout + main.summary).not.toMatch(/is stopped|are stopped|Stopped/)
  })

  test('waits for what somebody else is stopping, and does not count it as its own', async () => {
    await using edgegap = await startEdgegap({ terminateAfterMs: 2_000 })
    const [first = '', second = ''] = add(edgegap, 2)
    await fetch(`${edgegap.url}/v1/stop/${first}`, {
      method: 'DELETE',
      headers: { authorization: `token ${edgegap.settings.token}` },
    })
    const { main } = await run(edgegap, GROUP)
    expect(stoppedIds(main)).toEqual([second])
    expect(edgegap.running()).toEqual([])
  })

  test('fails where one cannot be stopped, names it, and stops the rest', async () => {
    await using edgegap = await startEdgegap()
    const [stuck = '', ...others] = add(edgegap, 3)
    edgegap.faults.order({ kind: 'status', status: 403, method: 'DELETE', ...only(stuck) })
    const { main } = await run(edgegap, GROUP)
    expect(main).toMatchObject({ exitCode: 1, outputs: { outcome: 'failed' } })
    expect(onlyError(main)).toContain(`1 of 3 deployments may still run: ${stuck}`)
    expect(stoppedIds(main)).toEqual(others.toSorted())
    expect(liveIds(edgegap)).toEqual([stuck])
  })

  test('is timed out where they do not end in time, and names each', async () => {
    await using edgegap = await startEdgegap({ stopEndsNothing: true })
    const ids = add(edgegap, 2)
    const { main } = await run(edgegap, { ...GROUP, timeout: '2s' })
    expect(main).toMatchObject({
      exitCode: 1,
      outputs: { outcome: 'timed-out', 'stopped-ids': '[]' },
    })
    for (const id of ids) expect(onlyError(main)).toContain(id)
    expect(onlyError(main)).toMatch(/raise timeout/)
  })

  test('is failed where one never ends and another cannot be stopped', async () => {
    await using edgegap = await startEdgegap({ stopEndsNothing: true })
    const [refused = ''] = add(edgegap, 2)
    edgegap.faults.order({ kind: 'status', status: 403, method: 'DELETE', ...only(refused) })
    const { main } = await run(edgegap, { ...GROUP, timeout: '4s' })
    expect(main.outputs.outcome).toBe('failed')
    expect(onlyError(main)).toContain('2 of 2')
  })

  test(
    'fails where one is listed and its status is never known, and stops the rest',
    async () => {
      await using edgegap = await startEdgegap()
      const [ghost = '', other] = add(edgegap, 2)
      const body = { message: 'no route' }
      edgegap.faults.order({ kind: 'status', status: 404, body, path: STATUS, ...only(ghost) })
      const { main } = await run(edgegap, GROUP)
      expect(main).toMatchObject({ exitCode: 1, outputs: { outcome: 'failed' } })
      expect(onlyError(main)).toContain(ghost)
      expect(stoppedIds(main)).toEqual([other])
    },
    LONG_MS,
  )

  test('stops one whose status is known only after a while', async () => {
    await using edgegap = await startEdgegap({ readLagMs: 4_000 })
    const ids = add(edgegap, 1)
    const { main } = await run(edgegap, GROUP)
    expect(main.exitCode).toBe(0)
    expect(stoppedIds(main)).toEqual(ids)
  })

  test('fails where the group cannot be listed', async () => {
    await using edgegap = await startEdgegap()
    add(edgegap, 1)
    edgegap.faults.order({ kind: 'status', status: 403, method: 'GET', path: LIST })
    const { main } = await run(edgegap, GROUP)
    expect(main).toMatchObject({ exitCode: 1, outputs: { outcome: 'failed' } })
    onlyError(main)
    expect(edgegap.writes()).toEqual([])
  })

  test('that is cancelled names what is ending already', async () => {
    await using edgegap = await startEdgegap({ terminateAfterMs: 60_000 })
    const ids = add(edgegap, 2)
    const { main } = await run(edgegap, GROUP, {
      // The first stops of each, and then those that wait for its end.
      mainControl: cancelAt(edgegap, 'DELETE', STOP, 5),
    })
    expect(main).toMatchObject({ exitCode: 1, outputs: { outcome: 'cancelled' } })
    expect(stoppedIds(main)).toEqual(ids.toSorted())
    expect(main.rawStdout).not.toContain('may still run')
    expect(main.rawStdout).toContain('Cancelled. Stops accepted:')
    expect(main.summary).toMatch(/The stop of servers of my\S+game .* was cancelled/)
  })

  test('that is cancelled says so and what it stopped', async () => {
    await using edgegap = await startEdgegap()
    const ids = add(edgegap, 2)
    edgegap.faults.order({ kind: 'delay', delayMs: 1_000, method: 'DELETE', path: STOP })
    const { main } = await run(edgegap, GROUP, { mainControl: cancelAt(edgegap, 'DELETE', STOP) })
    expect(main).toMatchObject({ exitCode: 1, outputs: { outcome: 'cancelled' } })
    const stopped = edgegap.stopped().map(({ id }) => id)
    expect(stopped.length).toBeGreaterThan(0)
    expect(ids).toEqual(expect.arrayContaining(stoppedIds(main)))
  })
})

describe.concurrent('operation: stop with scope: application', () => {
  test('stops all of the application, whoever started it, and nothing else', async () => {
    await using edgegap = await startEdgegap({ ignoreFilters: true })
    const other = edgegap.addDeployment({ application: 'other-game', tags: [TAG] }).id
    const ids = [{ tags: [] }, { tags: ['x'] }, { tags: [TAG], hidesTags: true }].map(
      (order) => edgegap.addDeployment(order).id,
    )
    const { main } = await run(edgegap, APPLICATION)
    expect(main).toMatchObject({ exitCode: 0, outputs: { outcome: 'stopped' } })
    expect(stoppedIds(main)).toEqual(ids.toSorted())
    expect(liveIds(edgegap)).toEqual([other])
  })

  test('stops what is not ready yet', async () => {
    await using edgegap = await startEdgegap({ stopPendingAtOnce: true })
    const { id } = edgegap.addDeployment({}, never())
    const { main } = await run(edgegap, APPLICATION)
    expect(stoppedIds(main)).toEqual([id])
  })
})

const status = (code: number, body: unknown = { message: 'trouble' }): Effect => {
  return { kind: 'status', status: code, body }
}

describe.concurrent('one fault while a group is stopped', () => {
  const faults: readonly (readonly [string, Effect])[] = [
    ['404', status(404)],
    ['410', status(410, '<html>gone</html>')],
    ['500', status(500)],
    ['429', { kind: 'status', status: 429, headers: { 'retry-after': '1' } }],
    ['401', status(401)],
    ['a page', status(200, '<html>')],
    ['a reset', { kind: 'reset', when: 'after' }],
    ['half a reply', { kind: 'truncate' }],
    ['an empty list', { kind: 'malformed', body: '{}' }],
    ['nothing', { kind: 'hang' }],
  ]
  const points = [
    ['the list', 'GET', LIST],
    ['the status', 'GET', STATUS],
    ['the stop', 'DELETE', STOP],
  ] as const
  const cases = points.flatMap(([name, method, path]) =>
    faults.map(([fault, effect]) => [name, fault, { method, path, ...effect }] as const),
  )
  test.each(cases)(
    '%s answers with %s: all of it is stopped all the same',
    async (_, __, fault) => {
      await using edgegap = await startEdgegap()
      add(edgegap, 2)
      edgegap.faults.order({ ...fault, times: 1 })
      const inputs: With = GROUP
      const { main } = await run(edgegap, inputs)
      expect(main).toMatchObject({ exitCode: 0, outputs: { outcome: 'stopped' } })
      expect(edgegap.running()).toEqual([])
    },
    LONG_MS,
  )
})
