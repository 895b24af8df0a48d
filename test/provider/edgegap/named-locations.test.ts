import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { systemClock } from '../../../src/base/clock.ts'
import { createHttpClient } from '../../../src/net/request.ts'
import { createEdgegapClient } from '../../../src/provider/edgegap/client.ts'
import { parseCityName } from '../../../src/provider/edgegap/locations.ts'
import {
  type City,
  findCity,
  lookUpLocations,
} from '../../../src/provider/edgegap/named-locations.ts'
import { describePlacement, distanceKm } from '../../../src/provider/edgegap/placement.ts'
import { type EdgegapEmulator, startEdgegapEmulator } from '../../emulator/edgegap/emulator.ts'

describe('a line that is only a name', () => {
  it.each(['frankfurt', 'New York', 'são-paulo', "St. John's", 'london, canada', '東京'])(
    '%s',
    (line) => expect(parseCityName(` ${line} `)).toBe(line),
  )

  it.each([
    '',
    '40.71,-74.01',
    'new-york 40.71,-74.01',
    'home 203.0.113.7',
    'home 203.0.113.999',
    '::1',
    'a\u0007b',
    `a${'b'.repeat(70)}`,
  ])('%j is none', (line) => expect(parseCityName(line)).toBeUndefined())
})

describe('looking names up', () => {
  let edgegap: EdgegapEmulator
  const call = () => ({ deadlineMs: 5_000, signal: new AbortController().signal })
  const lookUp = (...names: string[]) => {
    const url = new URL(edgegap.url)
    const send = createEdgegapClient(createHttpClient({}), url, edgegap.settings.token)
    return lookUpLocations({ send, clock: systemClock }, names, call())
  }

  beforeEach(async () => {
    edgegap = await startEdgegapEmulator()
  })
  afterEach(() => edgegap.close())

  it.each([
    ['frankfurt', 'Frankfurt am Main, Hesse, Germany', 50.11],
    ['FRANKFURT-AM-MAIN', 'Frankfurt am Main, Hesse, Germany', 50.11],
    ['new-york', 'New York, United States', 40.71],
    ['sao paulo', 'São Paulo, Brazil', -23.55],
    ['Zurich', 'Zürich, Switzerland', 47.37],
    ['dallas', 'Dallas, Texas, United States', 32.78],
    ['london, canada', 'London, Ontario, Canada', 42.98],
    ['London, England', 'London, England, United Kingdom', 51.51],
  ])('finds %s', async (name, where, latitude) => {
    const [location] = await lookUp(name)
    expect(location).toMatchObject({ kind: 'coordinates', name, where, latitude })
  })

  it('reads the list once for all names, page by page, and keeps their order', async () => {
    edgegap.settings.maxPageSize = 5
    const found = await lookUp('tokyo', 'montreal', 'tokyo')
    expect(found.map(({ name }) => name)).toEqual(['tokyo', 'montreal', 'tokyo'])
    expect(edgegap.requestsTo('GET', /locations/)).toHaveLength(4)
  })

  it('asks nothing without names', async () => {
    expect(await lookUp()).toEqual([])
    expect(edgegap.requests).toHaveLength(0)
  })

  it('names both of a city that two countries have, with the lines that mean each', async () => {
    const error = await lookUp('london').catch((thrown: Error) => thrown)
    expect(error).toMatchObject({ kind: 'refused' })
    expect(String(error)).toContain('London, England, United Kingdom ("london 51.51,-0.13")')
    expect(String(error)).toContain('London, Ontario, Canada ("london 42.98,-81.25")')
  })

  it('an accent does not tell two cities apart', async () => {
    await expect(lookUp('san-jose')).rejects.toThrow(/United States.*Costa Rica/)
  })

  it('names the nearest for one that is not listed, and every such name at once', async () => {
    const error = await lookUp('frankfort', 'tokyo', 'sidney').catch((thrown: Error) => thrown)
    expect(String(error)).toMatch(/"frankfort" is no city.*nearest: Frankfurt am Main/)
    expect(String(error)).toMatch(/"sidney" is no city.*nearest: Sydney/)
  })

  it('takes whole words only', async () => {
    await expect(lookUp('frank')).rejects.toThrow('"frank" is no city')
    await expect(lookUp('york')).resolves.toMatchObject([{ where: 'New York, United States' }])
  })

  it('tries again when Edgegap has a fault', async () => {
    edgegap.faults.order({ kind: 'status', status: 503, path: /locations/, times: 1 })
    await expect(lookUp('tokyo')).resolves.toHaveLength(1)
  })

  it('says so when Edgegap refuses', async () => {
    edgegap.revokeToken()
    await expect(lookUp('tokyo')).rejects.toMatchObject({ kind: 'unauthorized' })
  })

  it('passes over rows that are no locations', async () => {
    const rows = [
      ...[{ city: 5 }, null, 'x', []],
      { city: 'Nowhere', latitude: '91', longitude: 0 },
      { city: 'Oslo', latitude: 1 },
      { city: 'Oslo', longitude: 1 },
      { city: '', latitude: 1, longitude: 1 },
      { latitude: 1, longitude: 1 },
    ]
    const good = { city: 'Oslo', latitude: '59.9', longitude: '10.7' }
    edgegap.faults.order({
      kind: 'status',
      status: 200,
      path: /locations/,
      body: { locations: [...rows, good] },
    })
    await expect(lookUp('oslo')).resolves.toMatchObject([{ where: 'Oslo', latitude: 59.9 }])
  })
})

it('cities of one name in one country that lie far apart are two', () => {
  const city = (division: string, latitude: number): City => {
    return { city: 'Portland', division, country: 'United States', latitude, longitude: -70 }
  }
  expect(findCity('portland', [city('Maine', 43.7), city('Oregon', 45.5)])).toMatch(/Maine.*Oregon/)
})

describe('where a server came to', () => {
  const newYork = {
    kind: 'coordinates',
    name: 'new-york',
    where: '',
    latitude: 40.71,
    longitude: -74.01,
  } as const
  const montreal = { latitude: 45.508888, longitude: -73.561668 }

  it('is told with the distance', () => {
    expect(Math.round(distanceKm(newYork, montreal) / 10)).toBe(53)
    expect(describePlacement(newYork, { city: 'Montreal', point: montreal })).toBe(
      'new-york → Montreal, 530 km',
    )
  })

  it('is told without it where it is the place itself', () => {
    const frankfurt = { ...newYork, name: 'frankfurt', latitude: 50.11, longitude: 8.68 }
    const point = { latitude: 50.12, longitude: 8.7 }
    const got = { city: 'Frankfurt am Main', point }
    expect(describePlacement(frankfurt, got)).toBe('frankfurt → Frankfurt am Main')
    expect(describePlacement(newYork, { city: 'New York', point: newYork })).toBe('New York')
  })

  it('has no distance where one of the places is not known', () => {
    const home = { kind: 'addresses', name: 'home', where: '', addresses: [] } as const
    expect(describePlacement(home, { city: 'Montreal', point: montreal })).toBe('home → Montreal')
    expect(describePlacement(newYork, { city: 'Montreal' })).toBe('new-york → Montreal')
  })

  it('is measured over the date line and the poles', () => {
    const at = (latitude: number, longitude: number) => ({ latitude, longitude })
    expect(distanceKm(at(0, 179.5), at(0, -179.5))).toBeCloseTo(111.2, 0)
    expect(distanceKm(at(90, 0), at(-90, 77))).toBeCloseTo(20_015, 0)
    expect(distanceKm(at(1, 1), at(1, 1))).toBe(0)
  })
})
