import { describe, expect, test } from 'vitest'
import { error, never, ready } from '../emulator/edgegap/script.ts'
import {
  annotations,
  CREATE,
  cancelAt,
  deploy,
  type Edgegap,
  expectAllOutputs,
  expectNothingLeft,
  killAt,
  LIST,
  onlyError,
  STATUS,
  startEdgegap,
} from './deploy.ts'

/** So many places, a line each. */
function places(count: number): string {
  return Array.from({ length: count }, (_, index) => `place-${index + 1} ${index}.5,10`).join('\n')
}

interface DeploymentOutput {
  id: string
  location: string
  outcome: string
  address: string
  error: string
}

function deploymentsOf(outputs: Readonly<Record<string, string>>): DeploymentOutput[] {
  return JSON.parse(outputs.deployments ?? '[]') as DeploymentOutput[]
}

function countOf(edgegap: Edgegap, method: string, path: RegExp): number {
  return edgegap.requestsTo(method, path).length
}

describe.concurrent('several places', () => {
  test('are one deployment each, reported in the order of the lines', async () => {
    await using edgegap = await startEdgegap()
    edgegap.nextScript(ready(900), ready(100), ready(500))
    const { main } = await deploy(edgegap, { locations: places(3) })
    expect(main).toMatchObject({ exitCode: 0, outputs: { outcome: 'succeeded' } })
    expectAllOutputs(main)
    const ids = deploymentsOf(main.outputs).map(({ id }) => id)
    const latitude = (id: string) =>
      edgegap.deployments.find((one) => one.id === id)?.coordinates?.latitude
    expect(ids.map(latitude)).toEqual([0.5, 1.5, 2.5])
    expect(main.outputs['deployment-id']).toBe(ids[0])
    expect(annotations(main, 'notice')).toHaveLength(3)
  })

  test('that are equal are two servers with names of their own', async () => {
    await using edgegap = await startEdgegap()
    const { main } = await deploy(edgegap, { locations: 'paris 48.85,2.35\nparis 48.85,2.35' })
    expect(main.exitCode).toBe(0)
    expect(edgegap.created).toBe(2)
    expect(main.rawStdout).toContain('paris (2)')
  })

  test('are watched by one list for all, and by few single checks', async () => {
    await using edgegap = await startEdgegap({ script: ready(3_500) })
    const { main } = await deploy(edgegap, { locations: places(10) })
    expect(main.exitCode).toBe(0)
    // One by one, ten servers would take about ten checks for each list that is sent now.
    expect(countOf(edgegap, 'GET', LIST)).toBeGreaterThanOrEqual(3)
    expect(countOf(edgegap, 'GET', STATUS)).toBeLessThan(10 * countOf(edgegap, 'GET', LIST))
    for (const { outcome, address } of deploymentsOf(main.outputs)) {
      expect(outcome).toBe('succeeded')
      expect(address).toMatch(/:\d+$/)
    }
  })

  test('of which one fails are all stopped at once, and the cause is told once', async () => {
    await using edgegap = await startEdgegap({ stopPendingAtOnce: true })
    edgegap.nextScript(ready(200), error(600, 'Pull image timeout exceeded'), never())
    const { main } = await deploy(edgegap, { locations: places(3), timeout: '5m' })
    expect(main).toMatchObject({ exitCode: 1, outputs: { outcome: 'failed' } })
    expect(onlyError(main)).toContain('Pull image timeout exceeded')
    const outcomes = deploymentsOf(main.outputs).map(({ outcome }) => outcome)
    expect(outcomes.toSorted()).toEqual(['failed', 'stopped', 'stopped'])
    const stopped = JSON.parse(main.outputs['stopped-ids'] ?? '[]') as string[]
    expect(stopped.toSorted()).toEqual(edgegap.deployments.map(({ id }) => id).toSorted())
    expectNothingLeft(edgegap)
  })

  test('of which one fails keep the others with on-failure: keep', async () => {
    await using edgegap = await startEdgegap()
    edgegap.nextScript(ready(1_500), error(100), ready(800))
    const { main } = await deploy(edgegap, { locations: places(3), 'on-failure': 'keep' })
    expect(main).toMatchObject({ exitCode: 1, outputs: { outcome: 'failed' } })
    const outcomes = deploymentsOf(main.outputs).map(({ outcome }) => outcome)
    expect(outcomes.toSorted()).toEqual(['failed', 'succeeded', 'succeeded'])
    expect(edgegap.live()).toHaveLength(3)
  })

  test('of which one is refused are all stopped', async () => {
    await using edgegap = await startEdgegap({ maxDeployments: 2 })
    const { main } = await deploy(edgegap, { locations: places(3) })
    expect(main).toMatchObject({ exitCode: 1, outputs: { outcome: 'rejected' } })
    expectNothingLeft(edgegap)
  })

  test('with one lost reply are still one server each', async () => {
    await using edgegap = await startEdgegap()
    edgegap.faults.order({ kind: 'reset', when: 'after', method: 'POST', path: CREATE, times: 1 })
    const { main } = await deploy(edgegap, { locations: places(4) })
    expect(main.exitCode).toBe(0)
    expect(edgegap.created).toBe(4)
    expect(edgegap.live()).toHaveLength(4)
  })

  test('are cancelled together', async () => {
    await using edgegap = await startEdgegap({ script: never(), stopPendingAtOnce: true })
    const { main } = await deploy(
      edgegap,
      { locations: places(10) },
      { mainControl: cancelAt(edgegap, 'POST', CREATE, 5) },
    )
    expect(main.outputs.outcome).toBe('cancelled')
    expectNothingLeft(edgegap)
  })

  test.each([1, 4, 10])(
    'leave nothing when the step is killed at create %i',
    async (count) => {
      await using edgegap = await startEdgegap({ script: ready(500) })
      await deploy(
        edgegap,
        { locations: places(10) },
        { mainControl: killAt(edgegap, 'POST', CREATE, count) },
      )
      expectNothingLeft(edgegap)
    },
    180_000,
  )

  test.each([
    ['fails', { kind: 'status', status: 500 }],
    ['is forbidden', { kind: 'status', status: 403 }],
    ['is a web page', { kind: 'malformed', body: '<html>down</html>' }],
    ['hangs', { kind: 'hang' }],
  ] as const)('are watched by their statuses where the list %s', async (_, fault) => {
    await using edgegap = await startEdgegap({ script: ready(500) })
    edgegap.faults.order({ ...fault, method: 'GET', path: LIST })
    const { main } = await deploy(edgegap, { locations: places(4), timeout: '5m' })
    // Without the statuses nothing would be known before the time is over.
    expect(main).toMatchObject({ exitCode: 0, outputs: { outcome: 'succeeded' } })
    expect(edgegap.live()).toHaveLength(4)
  })

  test('that the list forgets are not taken for ended', async () => {
    await using edgegap = await startEdgegap({ script: ready(2_000), listLagMs: 60_000 })
    const { main } = await deploy(edgegap, { locations: places(4) })
    expect(main).toMatchObject({ exitCode: 0, outputs: { outcome: 'succeeded' } })
  })
})
