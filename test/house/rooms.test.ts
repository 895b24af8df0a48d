import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { describe, expect, test } from 'vitest'
import { DEFAULTS } from '../../src/settings/defaults.ts'

/** Each row may use the rows behind it, and nothing else; within a room everything may be used. */
const FLOORS: readonly (readonly string[])[] = [
  ['entry.ts'],
  ['main.ts', 'post.ts'],
  ['run'],
  ['github'],
  ['report'],
  ['state'],
  ['provider', 'webhook', 'probe'],
  ['wait'],
  ['settings', 'runner', 'net'],
  ['base'],
]
const files = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter(
  (name) => name.endsWith('.ts') && !name.endsWith('.d.ts'),
)
const textOf = new Map(files.map((file) => [file, readFileSync(join('src', file), 'utf8')]))
/** Static, lazy and type-only imports, and what is passed on. */
const importsOf = new Map(
  files.map((file) => {
    const found = (textOf.get(file) ?? '').matchAll(/(?:from|import\()\s*'(\.[^']+)'/g)
    return [file, [...found].map(([, to = '']) => normalize(join(dirname(file), to)))]
  }),
)
const roomOf = (file: string) => file.split('/')[0] ?? ''
const floorOf = (file: string) => FLOORS.findIndex((rooms) => rooms.includes(roomOf(file)))

describe('src', () => {
  test('has only the three entries at its root, and only rooms with a floor', () => {
    expect(files.filter((file) => !file.includes('/')).sort()).toEqual([
      'entry.ts',
      'main.ts',
      'post.ts',
    ])
    expect(files.filter((file) => floorOf(file) < 0)).toEqual([])
  })

  test('has imports in one direction only', () => {
    const wrong = files.flatMap((file) =>
      (importsOf.get(file) ?? [])
        .filter((to) => roomOf(to) !== roomOf(file) && floorOf(to) <= floorOf(file))
        .map((to) => `${file} → ${to}`),
    )
    expect(wrong).toEqual([])
  })

  test('has no circles', () => {
    const circles: string[] = []
    const done = new Set<string>()
    const walk = (file: string, path: readonly string[]) => {
      if (path.includes(file)) circles.push([...path.slice(path.indexOf(file)), file].join(' → '))
      else if (!done.has(file)) {
        for (const to of importsOf.get(file) ?? []) walk(to, [...path, file])
        done.add(file)
      }
    }
    for (const file of files) walk(file, [])
    expect(circles).toEqual([])
  })

  test('loads no validator until the first reply is awaited', () => {
    const start = ['main.ts', 'run/perform.ts', 'provider/edgegap/edgegap.ts']
    const atOnce = new Set(start)
    for (const file of atOnce) {
      const text = textOf.get(file) ?? ''
      for (const [, to = ''] of text.matchAll(
        /^(?:(?:im|ex)port (?!type)[^']*?|} )from '([^']+)'/gm,
      )) {
        atOnce.add(to.startsWith('.') ? normalize(join(dirname(file), to)) : to)
      }
    }
    expect(atOnce).toContain('undici/lib/dispatcher/agent.js')
    expect([...atOnce].filter((name) => name.startsWith('zod'))).toEqual([])
  })

  test('names no provider outside of provider/, one default excepted', () => {
    const naming = files
      .filter((file) => roomOf(file) !== 'provider')
      .flatMap((file) =>
        (textOf.get(file)?.match(/^.*(?:edgegap|rockit).*$/gim) ?? []).map(
          (line) => `${file}: ${line.trim()}`,
        ),
      )
    expect(naming).toEqual([`settings/defaults.ts: provider: '${DEFAULTS.provider}',`])
  })
})
