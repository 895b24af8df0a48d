import { describe, expect, it } from 'vitest'
import { type City, findCity, showCity } from '../../../src/provider/edgegap/named-locations.ts'
import { describePlacement, distanceKm } from '../../../src/provider/edgegap/placement.ts'

const city = (name: string, more: Partial<City> = {}): City => {
  return { city: name, division: '', country: 'Norway', latitude: 60, longitude: 10, ...more }
}

describe('the city that a name means', () => {
  const york = city('York', { country: 'England' })
  const newYork = city('New York', { country: 'United States' })
  const london = city('London', { country: 'Canada', division: 'Ontario' })

  it('is the one of exactly this name, before those that hold it', () => {
    expect(findCity('york', [newYork, york])).toBe(york)
    expect(findCity('york', [newYork])).toBe(newYork)
  })

  it.each(['london, canada', 'London,Ontario', 'london, ontario, CANADA'])(
    'may have country and division behind it: %s',
    (name) => {
      expect(findCity(name, [city('London'), london])).toBe(london)
    },
  )

  it.each(['london, france', 'london, canada, france', 'canada', 'ontario', 'ork', ', canada', ''])(
    'is none for %j',
    (name) => {
      expect(findCity(name, [london, york])).toMatch(/is no city that Edgegap lists/)
    },
  )

  it('has no nearest where no name is near', () => {
    expect(findCity('qqqqqq', [london])).toBe('"qqqqqq" is no city that Edgegap lists')
  })

  it('has the five nearest where many are', () => {
    const many = ['Osla', 'Oslb', 'Oslc', 'Osld', 'Osle', 'Oslf'].map((name) => city(name))
    expect(findCity('osl', many)).toBe(
      '"osl" is no city that Edgegap lists; nearest: Osla, Oslb, Oslc, Osld, Osle',
    )
  })
})

describe('several data centres of one name', () => {
  // A degree of latitude is 111.2 km.
  const far = (km: number) => 60 + km / 111.195

  it('are one place within 100 km', () => {
    const first = city('Oslo')
    expect(findCity('oslo', [first, city('OSLO', { latitude: far(99) })])).toBe(first)
  })

  it.each<[string, City]>([
    ['further apart', city('Oslo', { latitude: far(101) })],
    ['in two countries', city('Oslo', { country: 'Sweden' })],
    ['of two names', city('Oslo East')],
  ])('are several %s', (_, other) => {
    const cities = [city('Old Oslo'), { ...other, city: `Old ${other.city}` }]
    expect(findCity('oslo', cities)).toContain('"oslo" fits several locations')
  })

  it('are shown with the line that means each, eight at most', () => {
    const many = (count: number) =>
      Array.from({ length: count }, (_, index) => city('Bad Oslo', { latitude: index * 2 }))
    expect(findCity('oslo', many(2))).toBe(
      '"oslo" fits several locations: Bad Oslo, Norway ("bad-oslo 0,10"); Bad Oslo, Norway ("bad-oslo 2,10")',
    )
    expect(findCity('oslo', many(8))).not.toContain('more')
    expect(findCity('oslo', many(10))).toMatch(/"bad-oslo 14,10"\) and 2 more$/)
  })
})

it.each([
  [{ division: 'Hesse', country: 'Germany' }, 'X, Hesse, Germany'],
  [{ division: 'X', country: 'Germany' }, 'X, Germany'],
  [{ division: '', country: '' }, 'X'],
])('a city with %j is shown as %s', (more, shown) => {
  expect(showCity(city('X', more))).toBe(shown)
})

describe('a placement', () => {
  const asked = {
    kind: 'coordinates',
    name: 'here',
    where: '',
    latitude: 60,
    longitude: 10,
  } as const
  const at = (km: number) => ({
    city: 'There',
    point: { latitude: 60 + km / 111.195, longitude: 10 },
  })

  it.each([
    [24.9, 'here → There'],
    [25.1, 'here → There, 25 km'],
    [57.4, 'here → There, 57 km'],
    [99.4, 'here → There, 99 km'],
    [104, 'here → There, 100 km'],
    [106, 'here → There, 110 km'],
    [2_004, 'here → There, 2000 km'],
  ])('%d km away is "%s"', (km, text) => {
    expect(describePlacement(asked, at(km))).toBe(text)
  })

  it('shows the city alone where it has the name that was asked for', () => {
    expect(describePlacement({ ...asked, name: 'sao-paulo' }, { city: 'São Paulo' })).toBe(
      'São Paulo',
    )
  })

  it('is measured along the surface of the earth', () => {
    const [paris, tokyo] = [
      { latitude: 48.8566, longitude: 2.3522 },
      { latitude: 35.6762, longitude: 139.6503 },
    ]
    expect(distanceKm(paris, tokyo)).toBeCloseTo(9_712, -1)
    expect(distanceKm(tokyo, paris)).toBeCloseTo(9_712, -1)
  })
})
