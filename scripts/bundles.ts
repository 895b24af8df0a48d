import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { transformSync } from 'esbuild'
import { nameChunks } from './chunk-names.ts'
import { stageSources } from './stage-sources.ts'

/** What an action of this repository is built from, and where it lies. */
export interface Bundle {
  /** In the repository. */
  readonly entry: string
  readonly folder: string
  /** Further files that load the entry, which asks by which name it was started. */
  readonly starts: readonly string[]
  /** Its modules: those of the entry, which the package.json above it says. */
  readonly format: 'cjs' | 'esm'
  /** Makes the folder that it is built in; default: the repository itself. */
  readonly stage?: (root: string) => Promise<string>
}

export const BUNDLES: readonly Bundle[] = [
  {
    entry: 'src/entry.ts',
    folder: 'dist',
    starts: ['post.js'],
    format: 'cjs',
    stage: stageSources,
  },
  {
    entry: 'emulator/src/entry.ts',
    folder: 'emulator/dist',
    starts: ['post.js', 'serve.js'],
    format: 'esm',
  },
]

const root = fileURLToPath(new URL('..', import.meta.url))
const ncc = createRequire(import.meta.url).resolve('@vercel/ncc/dist/ncc/cli.js')

/**
 * Builds a bundle: the entry, its lazily loaded chunks, and the licences of what is in it. The same
 * source gives the same bytes on every machine.
 *
 * @param output replaced as a whole, once the build is done: a failed one takes nothing away
 * @param maps where the source maps go; without it they are dropped
 * @throws Error when the build fails
 */
export async function build(bundle: Bundle, output: string, maps?: string): Promise<void> {
  mkdirSync(dirname(output), { recursive: true })
  const fresh = mkdtempSync(`${output}-`)
  const stage = await bundle.stage?.(root)
  try {
    runNcc(bundle.entry, fresh, stage ?? root)
    nameChunks(fresh)
    for (const name of readdirSync(fresh))
      if (name.endsWith('.js')) minify(bundle, fresh, name, maps)
    writeStarts(bundle, fresh)
    rmSync(output, { recursive: true, force: true })
    chmodSync(fresh, 0o755)
    renameSync(fresh, output)
  } finally {
    rmSync(fresh, { recursive: true, force: true })
    if (stage !== undefined) rmSync(stage, { recursive: true, force: true })
  }
}

/** The files that load the entry, and what tells Node the format of all of them. */
function writeStarts({ starts, format }: Bundle, folder: string): void {
  const [load, type] =
    format === 'cjs' ? ["require('./index.js')", 'commonjs'] : ["import './index.js'", 'module']
  for (const name of starts) writeFileSync(join(folder, name), `${load}\n`)
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify({ type }, null, 2)}\n`)
}

function runNcc(entry: string, output: string, cwd: string): void {
  const options = ['--license', 'licenses.txt', '--source-map', '--no-source-map-register']
  const { status } = spawnSync(
    process.execPath,
    [ncc, 'build', entry, '--out', output, '--quiet', ...options],
    { cwd, stdio: ['ignore', 'inherit', 'inherit'] },
  )
  if (status !== 0) throw new Error(`${entry} could not be built`)
}

/**
 * ncc minifies the entry only and leaves the chunks, which are nearly all of the bundle. Takes the
 * source map out of the folder: it is no part of the bundle.
 */
function minify({ format }: Bundle, folder: string, name: string, maps: string | undefined): void {
  const file = join(folder, name)
  const code = readFileSync(file, 'utf8').replace(/^\/\/# sourceMappingURL=.*$/m, '')
  // ncc writes this for a module that it does not find, and calls the build a success.
  const [missing] = /Cannot find module '[^']*'/.exec(code) ?? []
  if (missing !== undefined) throw new Error(missing)
  const map = readFileSync(`${file}.map`)
  rmSync(`${file}.map`)
  // The map of what is minified here, so that the one that comes out leads back to the source.
  const before = `//# sourceMappingURL=data:application/json;base64,${map.toString('base64')}`
  const minified = transformSync(maps === undefined ? code : `${code}\n${before}`, {
    minify: true,
    format,
    target: 'node24',
    legalComments: 'none',
    sourcemap: maps === undefined ? false : 'external',
  })
  writeFileSync(file, minified.code)
  if (maps === undefined) return
  mkdirSync(maps, { recursive: true })
  writeFileSync(join(maps, `${name}.map`), minified.map)
}
