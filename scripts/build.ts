/**
 * Builds the bundles of both actions, `dist/` and `emulator/dist/`.
 *
 * Usage: node scripts/build.ts [FOLDER] [--maps FOLDER]
 *   FOLDER  where the two go, in place of this repository
 *   --maps  writes their source maps there, which are part of a release and not of the repository
 */
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { BUNDLES, build } from './bundles.ts'

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { maps: { type: 'string' } },
})
const [target = fileURLToPath(new URL('..', import.meta.url))] = positionals

try {
  for (const bundle of BUNDLES) {
    const maps = values.maps === undefined ? undefined : join(values.maps, bundle.folder)
    await build(bundle, join(target, bundle.folder), maps)
  }
} catch (thrown) {
  console.error((thrown as Error).message)
  process.exitCode = 1
}
