import { describe, expect, it } from 'vitest'
import type { Location, NamedCity } from '../../../src/provider/edgegap/locations.ts'
import { Places } from '../../../src/provider/edgegap/places.ts'
import type { StatusReading } from '../../../src/provider/edgegap/wire.ts'
import { VirtualClock } from '../../wait/virtual-clock.ts'
import { call, fakeApi } from './fake-api.ts'

const PARIS: Location = {
  kind: 'coordinates',
  name: 'paris',
  where: '48.85,2.35',
  latitude: 48.85,
  longitude: 2.35,
}
const TOKYO: NamedCity = { kind: 'city', name: 'tokyo', where: "in Edgegap's list" }
const OSLO: NamedCity = { kind: 'city', name: 'oslo', where: "in Edgegap's list" }

const READY: StatusReading = {
  state: 'succeeded',
  status: 'READY',
  known: true,
  facts: { host: 'h' },
}
const MONTREAL = { city: 'Montreal', point: { latitude: 45.51, longitude: -73.56 } }

function apiWith(...cities: object[]) {
  const clock = new VirtualClock()
  const { send, asked } = fakeApi(clock, () => ({ body: { locations: cities } }))
  return { api: { send, clock }, asked }
}

describe('the names of places', () => {
  it('are those of the lines, and equal lines are two servers with names of their own', () => {
    const { targets } = new Places([PARIS, PARIS, { ...PARIS, name: 'paris (2)' }, PARIS])
    expect(targets.map(({ name }) => name)).toEqual([
      'paris',
      'paris (2)',
      'paris (2) (2)',
      'paris (3)',
    ])
    expect(targets.every(({ location }) => location.name.startsWith('paris'))).toBe(true)
  })
})

describe('looking cities up', () => {
  const rows = [
    { city: 'Oslo', country: 'Norway', latitude: 59.9, longitude: 10.7 },
    { city: 'Tokyo', country: 'Japan', latitude: 35.7, longitude: 139.7 },
  ]

  it('gives each its place and leaves the others as they are', async () => {
    const places = new Places([TOKYO, PARIS, OSLO])
    const { api, asked } = apiWith(...rows)
    expect(places.hasCities).toBe(true)
    await places.lookUp(api, call())
    expect(places.hasCities).toBe(false)
    expect(places.targets.map(({ name, where }) => [name, where])).toEqual([
      ['tokyo', 'Tokyo, Japan'],
      ['paris', '48.85,2.35'],
      ['oslo', 'Oslo, Norway'],
    ])
    expect(places.targets.map(({ location }) => location)).toMatchObject([
      { latitude: 35.7 },
      { latitude: 48.85 },
      { latitude: 59.9 },
    ])
    const before = asked.length
    await places.lookUp(api, call())
    expect(asked).toHaveLength(before)
  })

  it('asks for nothing where there are none', async () => {
    const { api, asked } = apiWith()
    await new Places([PARIS]).lookUp(api, call())
    expect(asked).toEqual([])
  })

  it('has to come before a create', () => {
    const places = new Places([TOKYO])
    const [target] = places.targets
    if (!target) throw new Error('no target')
    expect(() => places.ask(target, 'tag')).toThrow('tokyo was not looked up')
  })
})

describe('what a status says of the place', () => {
  function created(location: Location): Places {
    const places = new Places([location])
    const [target] = places.targets
    if (!target) throw new Error('no target')
    expect(places.ask(target, 'tag-1')).toBe(location)
    places.found('a', 'tag-1')
    return places
  }

  it('is compared with what was asked for', () => {
    const { facts, ...rest } = created(PARIS).compare('a', { ...READY, place: MONTREAL })
    expect(facts).toEqual({
      host: 'h',
      placement: 'paris → Montreal, 5500 km',
      distanceKm: expect.closeTo(5_504, -1),
    })
    expect(rest).toEqual({ state: 'succeeded', status: 'READY', known: true })
  })

  it('has no distance where it is the place itself', () => {
    const place = { city: 'Paris', point: { latitude: 48.86, longitude: 2.35 } }
    expect(created(PARIS).compare('a', { ...READY, place }).facts).toStrictEqual({
      host: 'h',
      placement: 'Paris',
    })
  })

  it('says nothing of a deployment of somebody else, nor without a place', () => {
    const places = created(PARIS)
    places.found('b', 'tag-of-others')
    expect(places.compare('b', { ...READY, place: MONTREAL })).toEqual(READY)
    expect(places.compare('c', { ...READY, place: MONTREAL })).toEqual(READY)
    expect(places.compare('a', READY)).toEqual(READY)
  })
})
