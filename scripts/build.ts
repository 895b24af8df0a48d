/**
 * Builds `dist/`: one bundle, its lazily loaded chunks, the licences of what is in it, and the file
 * that the post entry names. The same source gives the same bytes on every machine.
 *
 * Usage: node scripts/build.ts [output folder]
 */
import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { transformSync } from 'esbuild'
import { stageSources } from './stage-sources.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const output = process.argv[2] ?? join(root, 'dist')
const ncc = createRequire(import.meta.url).resolve('@vercel/ncc/dist/ncc/cli.js')

// Beside the output, and put in its place when it is whole: a failed build takes nothing away.
const fresh = mkdtempSync(`${output}-`)
const stage = await stageSources(root)
const built = spawnSync(
  process.execPath,
  [ncc, 'build', 'src/entry.ts', '--out', fresh, '--license', 'licenses.txt', '--quiet'],
  { cwd: stage, stdio: ['ignore', 'inherit', 'inherit'] },
)
rmSync(stage, { recursive: true })
if (built.status !== 0) {
  rmSync(fresh, { recursive: true })
  process.exit(built.status ?? 1)
}
leaveOutHttp2(join(fresh, 'index.js'))
for (const name of readdirSync(fresh)) if (name.endsWith('.js')) finish(join(fresh, name))
writeFileSync(join(fresh, 'post.js'), "import './index.js'\n")
rmSync(output, { recursive: true, force: true })
chmodSync(fresh, 0o755)
renameSync(fresh, output)

/**
 * undici loads node:http2 at every start, 10 ms for a protocol that is switched off here (`allowH2`).
 * It gets what it takes itself where the module is missing.
 */
function leaveOutHttp2(file: string): void {
  const source = readFileSync(file, 'utf8')
  const loads = /[\w$]+\(import\.meta\.url\)\("node:http2"\)/g
  const count = source.match(loads)?.length ?? 0
  if (count !== 1) throw new Error(`${count} places load node:http2, not one`)
  writeFileSync(file, source.replace(loads, '{ constants: {} }'))
}

/** ncc minifies the entry only and leaves the chunks, which are nearly all of the bundle. */
function finish(file: string): void {
  const source = readFileSync(file, 'utf8')
  // ncc writes this for a module that it does not find, and calls the build a success.
  const [missing] = /Cannot find module '[^']*'/.exec(source) ?? []
  if (missing !== undefined) throw new Error(missing)
  const { code } = transformSync(source, {
    minify: true,
    format: 'esm',
    target: 'node24',
    legalComments: 'none',
  })
  writeFileSync(file, code)
}
