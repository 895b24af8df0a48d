import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { BUNDLES } from '../../scripts/bundles.ts'

describe.each(BUNDLES.map(({ folder, starts }) => [folder, starts] as const))(
  '%s',
  (folder, starts) => {
    const files = readdirSync(folder)
    const index = readFileSync(join(folder, 'index.js'), 'utf8')
    const chunks = files.filter((name) => name.endsWith('.chunk.js'))

    test('has chunks named by what is in them, and nothing that nobody loads', () => {
      const known = ['index.js', 'licenses.txt', 'package.json', ...starts, ...chunks]
      expect(files.sort()).toEqual(known.sort())
      for (const chunk of chunks) {
        const name = chunk.slice(0, -'.chunk.js'.length)
        expect(name).toMatch(/^[a-z][a-z0-9-]*$/)
        expect(index).toContain(`"${name}"`)
      }
    })

    test('brings no source maps: they are part of a release', () => {
      for (const file of files.filter((name) => name.endsWith('.js'))) {
        expect(readFileSync(join(folder, file), 'utf8')).not.toContain('sourceMappingURL=')
      }
    })
  },
)
