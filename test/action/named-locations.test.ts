import { describe, expect, test } from 'vitest'
import {
  annotations,
  CREATE,
  deploy,
  expectAllOutputs,
  onlyError,
  startEdgegap,
  wireLog,
} from './deploy.ts'

const LOCATIONS = /^\/v1\/locations$/
const users = (body: unknown) => (body as { users: unknown[] }).users

describe.concurrent('a line of locations that is only a name', () => {
  test('is looked up, and the server is asked for where the city is', async () => {
    await using edgegap = await startEdgegap()
    const { main } = await deploy(edgegap, { locations: 'frankfurt' })
    expect(main.outputs).toMatchObject({ outcome: 'succeeded' })
    const [create] = edgegap.requestsTo('POST', CREATE)
    expect(users(create?.body)).toEqual([
      { user_type: 'geo_coordinates', user_data: { latitude: 50.11, longitude: 8.68 } },
    ])
    expect(JSON.parse(main.outputs.deployments ?? '')).toMatchObject([{ name: 'frankfurt' }])
    expect(annotations(main, 'notice').join()).toContain('(frankfurt → Frankfurt am Main)')
    const ready = main.log.find(({ text }) => text.includes('Status.READY'))
    expect(ready?.text).toContain('frankfurt → Frankfurt am Main')
  })

  test('may have accents, capitals and a country; all names are looked up in one go', async () => {
    await using edgegap = await startEdgegap()
    const lines = 'Sao-Paulo\nzürich\nlondon, canada\noffice 203.0.113.7'
    const { main } = await deploy(edgegap, { locations: lines })
    expect(main.outputs.outcome).toBe('succeeded')
    // Two pages, each read once.
    const pages = edgegap.requestsTo('GET', LOCATIONS).map(({ query }) => query.page)
    expect(pages).toEqual([...new Set(pages)])
    const coordinates = edgegap.requestsTo('POST', CREATE).flatMap(({ body }) => users(body))
    expect(coordinates).toContainEqual({
      user_type: 'geo_coordinates',
      user_data: { latitude: 42.98, longitude: -81.25 },
    })
    expect(coordinates).toContainEqual({
      user_type: 'ip_address',
      user_data: { ip_address: '203.0.113.7' },
    })
  })

  test.each([
    ['nowhere', /"nowhere" is no city that Edgegap lists/],
    ['frankfrut', /"frankfrut" is no city.*nearest: Frankfurt am Main/],
    ['london', /"london" fits several locations: London, England, United Kingdom.*London, Ontario/],
  ])('and fits none or several (%s) is refused before anything is created', async (name, text) => {
    await using edgegap = await startEdgegap()
    const { main } = await deploy(edgegap, { locations: `tokyo 35.68,139.69\n${name}` })
    expect(main).toMatchObject({ exitCode: 1, outputs: { outcome: 'rejected' } })
    expectAllOutputs(main)
    expect(onlyError(main)).toMatch(text)
    expect(edgegap.writes()).toEqual([])
  })

  test('whose list comes only at the second try is looked up all the same', async () => {
    await using edgegap = await startEdgegap()
    edgegap.faults.order({ kind: 'status', status: 503, path: LOCATIONS, times: 1 })
    const { main } = await deploy(edgegap, { locations: 'tokyo' })
    expect(main.outputs.outcome).toBe('succeeded')
  })

  test('whose list cannot be read fails the step, and nothing is created', async () => {
    await using edgegap = await startEdgegap()
    edgegap.faults.order({ kind: 'malformed', body: '{"locations":17}', path: LOCATIONS })
    const { main } = await deploy(edgegap, { locations: 'tokyo' })
    expect(main).toMatchObject({ exitCode: 1, outputs: { outcome: 'failed' } })
    expect(edgegap.writes()).toEqual([])
  })
})

describe.concurrent('where a server came up', () => {
  test('is told with the distance where it is far from where it was asked for', async () => {
    await using edgegap = await startEdgegap({ placedIn: 'Montreal' })
    const { main } = await deploy(edgegap)
    expect(annotations(main, 'notice').join()).toContain('(new-york → Montreal, 530 km)')
    expect(main.outputs.location).toBe('Montreal, Canada')
  })

  test('is told of a server whose create was lost and found again, too', async () => {
    await using edgegap = await startEdgegap({ placedIn: 'Montreal' })
    edgegap.faults.order({ kind: 'reset', when: 'after', method: 'POST', path: CREATE, times: 1 })
    const { main } = await deploy(edgegap)
    expect(annotations(main, 'notice').join()).toContain('(new-york → Montreal, 530 km)')
  })

  test('needs no request of its own where the lines have coordinates', async () => {
    await using edgegap = await startEdgegap()
    await deploy(edgegap)
    expect(new Set(wireLog(edgegap))).toEqual(
      new Set(['POST /v2/deployments', 'GET /v1/status/ID']),
    )
  })

  test('cannot forge anything, whatever Edgegap calls the city', async () => {
    const city = 'X\n::error::forged\r\n::set-output name=a::b'
    const place = { continent: '', administrative_division: '', timezone: '', country: 'C' }
    await using edgegap = await startEdgegap({
      locations: [{ ...place, city, latitude: 1, longitude: 1 }],
    })
    const { main } = await deploy(edgegap)
    expect(main.outputs.outcome).toBe('succeeded')
    expect(annotations(main, 'error')).toEqual([])
  })
})
