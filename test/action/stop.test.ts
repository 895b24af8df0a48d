import { describe, expect, test } from 'vitest'
import { never } from '../emulator/edgegap/script.ts'
import { annotations, expectNothingLeft, onlyError, STOP, startEdgegap, stop } from './deploy.ts'

describe.concurrent('operation: stop', () => {
  test('stops and waits until the server is gone', async () => {
    await using edgegap = await startEdgegap({ terminateAfterMs: 500 })
    const { id } = edgegap.addDeployment()
    const { main, post } = await stop(edgegap, id)
    expect(main).toMatchObject({
      exitCode: 0,
      outputs: { outcome: 'stopped', 'stopped-ids': JSON.stringify([id]), error: '' },
    })
    expect(edgegap.deployments[0]?.status).toBe('TERMINATED')
    expect(main.summary).toContain('is stopped')
    expect(post?.rawStdout).toBe('')
  })

  test('with wait: none returns once the stop is accepted', async () => {
    await using edgegap = await startEdgegap()
    const { id } = edgegap.addDeployment({}, never())
    const { main } = await stop(edgegap, id, { wait: 'none' })
    expect(main).toMatchObject({ exitCode: 0, outputs: { outcome: 'stopped' } })
    expect(edgegap.requestsTo('DELETE', STOP)).toHaveLength(1)
    // Nobody has seen it stop.
    expect(main.rawStdout).toContain(`Stops accepted: ${id}.`)
    expect(main.summary).toContain('is being stopped')
    expect(main.rawStdout + main.summary).not.toMatch(/is stopped|Stopped /)
  })

  test('is content with what is gone already', async () => {
    await using edgegap = await startEdgegap()
    const { id } = edgegap.addDeployment({}, [{ afterMs: 0, status: 'TERMINATED' }])
    const { main } = await stop(edgegap, id)
    expect(main).toMatchObject({ exitCode: 0, outputs: { outcome: 'stopped' } })
    // Honest about it: it may be the wrong id, too.
    expect(main.outputs['stopped-ids']).toBe('[]')
    expect(annotations(main, 'notice').join()).toContain('nothing was stopped')
  })

  test('is red where the server is not gone in time', async () => {
    await using edgegap = await startEdgegap()
    const { id } = edgegap.addDeployment({}, never())
    const { main } = await stop(edgegap, id, { timeout: '1s' })
    expect(main).toMatchObject({ exitCode: 1, outputs: { outcome: 'timed-out' } })
    expect(onlyError(main)).toMatch(/accepted, but it was not gone within 1\.0 s.*raise timeout/)
  })

  test.each([401, 403])('is red where a %i says that nothing was stopped', async (status) => {
    await using edgegap = await startEdgegap()
    const { id } = edgegap.addDeployment()
    edgegap.faults.order({ kind: 'status', status, method: 'DELETE', path: STOP })
    const { main } = await stop(edgegap, id)
    expect(main).toMatchObject({ exitCode: 1, outputs: { outcome: 'failed', 'stopped-ids': '[]' } })
    onlyError(main)
  })

  test('is failed, not timed-out, where the token is refused while it waits', async () => {
    await using edgegap = await startEdgegap()
    const { id } = edgegap.addDeployment({}, never())
    const fault = { kind: 'status', status: 401, method: 'DELETE', path: STOP } as const
    edgegap.faults.order({ ...fault, afterRequests: 1 })
    const { main } = await stop(edgegap, id)
    expect(main).toMatchObject({ exitCode: 1, outputs: { outcome: 'failed' } })
    onlyError(main)
  })

  test('tells that it failed where the provider never answers usefully', async () => {
    await using edgegap = await startEdgegap()
    const { id } = edgegap.addDeployment()
    edgegap.faults.order({ kind: 'status', status: 503, method: 'DELETE', path: STOP })
    const { main } = await stop(edgegap, id)
    expect(main).toMatchObject({ exitCode: 1, outputs: { outcome: 'failed', 'stopped-ids': '[]' } })
    expect(edgegap.live()).toHaveLength(1)
  })

  test.each([
    ['every answer to the stop is lost', { kind: 'reset', when: 'after' }],
    ['the stop is carried out under a 500', { kind: 'status', status: 500, when: 'after' }],
    ['the stop is carried out under a 403', { kind: 'status', status: 403, when: 'after' }],
    ['the stop is answered by a 204', { kind: 'status', status: 204, body: '', when: 'after' }],
  ] as const)('goes by the status where %s', async (_name, fault) => {
    await using edgegap = await startEdgegap({ terminateAfterMs: 600 })
    const { id } = edgegap.addDeployment()
    edgegap.faults.order({ ...fault, method: 'DELETE', path: STOP })
    const { main } = await stop(edgegap, id)
    expect(main).toMatchObject({ exitCode: 0, outputs: { outcome: 'stopped' } })
    expect(main.outputs['stopped-ids']).toBe(JSON.stringify([id]))
    expect(edgegap.running()).toEqual([])
  })

  test('gets over passing faults', async () => {
    await using edgegap = await startEdgegap()
    const { id } = edgegap.addDeployment()
    const fault = { method: 'DELETE', path: STOP, times: 1 } as const
    edgegap.faults.order({ ...fault, kind: 'reset', when: 'after' })
    edgegap.faults.order({ ...fault, kind: 'malformed' })
    const { main } = await stop(edgegap, id)
    expect(main).toMatchObject({ exitCode: 0, outputs: { outcome: 'stopped' } })
    expectNothingLeft(edgegap)
  })
})
