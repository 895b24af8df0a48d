/** OpenAPI v1 `LocationData`. */
export interface LocationData {
  readonly city: string
  readonly country: string
  readonly continent: string
  readonly administrative_division: string
  readonly timezone: string
  readonly latitude: number
  readonly longitude: number
}

const rows = [
  'Montreal|Canada|North America|Quebec|Eastern Time|45.508888|-73.561668',
  'New York|United States|North America|New York|Eastern Time|40.71|-74.01',
  'Los Angeles|United States|North America|California|Pacific Time|34.05|-118.2',
  'Frankfurt am Main|Germany|Europe|Hesse|Central European Time|50.11|8.68',
  'Tokyo|Japan|Asia|Tokyo|Japan Standard Time|35.68|139.69',
  'Sydney|Australia|Oceania|New South Wales|Eastern Time|-33.87|151.21',
  'São Paulo|Brazil|South America|São Paulo|Brasilia Time|-23.55|-46.63',
  'London|United Kingdom|Europe|England|Greenwich Mean Time|51.51|-0.13',
  // The same name in another country, plain and but for the accent.
  'London|Canada|North America|Ontario|Eastern Time|42.98|-81.25',
  'San Jose|United States|North America|California|Pacific Time|37.34|-121.89',
  'San José|Costa Rica|North America|San José|Central Time|9.93|-84.08',
  // Two data centres of one city.
  'Dallas|United States|North America|Texas|Central Time|32.78|-96.8',
  'Dallas|United States|North America|Texas|Central Time|32.9|-96.6',
  'Zürich|Switzerland|Europe|Zürich|Central European Time|47.37|8.54',
  'Singapore|Singapore|Asia|Singapore|Singapore Time|1.35|103.82',
  'Johannesburg|South Africa|Africa|Gauteng|South Africa Time|-26.2|28.05',
]

/** More cities than one page of the list holds. */
export const locations: readonly LocationData[] = rows.map(readRow)

function readRow(row: string): LocationData {
  const [city = '', country = '', continent = '', division = '', timezone = '', ...place] =
    row.split('|')
  const [latitude = 0, longitude = 0] = place.map(Number)
  const administrative_division = division
  return { city, country, continent, administrative_division, timezone, latitude, longitude }
}
