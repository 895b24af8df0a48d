/**
 * Builds `dist/`: one bundle, its lazily loaded chunks, the licences of what is in it, and the file
 * that the post entry names. The same source gives the same bytes on every machine.
 *
 * Usage: node scripts/build.ts [output folder]
 */
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { transformSync } from 'esbuild'

const root = fileURLToPath(new URL('..', import.meta.url))
const output = process.argv[2] ?? join(root, 'dist')
const ncc = createRequire(import.meta.url).resolve('@vercel/ncc/dist/ncc/cli.js')

rmSync(output, { recursive: true, force: true })
const built = spawnSync(
  process.execPath,
  [ncc, 'build', 'src/entry.ts', '--out', output, '--license', 'licenses.txt', '--quiet'],
  { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] },
)
if (built.status !== 0) process.exit(built.status ?? 1)
for (const name of readdirSync(output)) if (name.endsWith('.js')) minify(join(output, name))
writeFileSync(join(output, 'post.js'), "import './index.js'\n")

/** ncc minifies the entry only and leaves the chunks, which are nearly all of the bundle. */
function minify(file: string): void {
  const { code } = transformSync(readFileSync(file, 'utf8'), {
    minify: true,
    format: 'esm',
    target: 'node24',
    legalComments: 'none',
  })
  writeFileSync(file, code)
}
