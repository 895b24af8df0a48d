/**
 * Fails unless the committed `dist/` is what the source gives: builds into a temporary folder and
 * compares every file, those that are missing or extra too.
 *
 * Usage: node scripts/check-dist.ts
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const committed = fileURLToPath(new URL('../dist', import.meta.url))
const temporary = mkdtempSync(join(tmpdir(), 'dist-'))
try {
  const build = fileURLToPath(new URL('build.ts', import.meta.url))
  const { status } = spawnSync(process.execPath, [build, temporary], { stdio: 'inherit' })
  if (status !== 0) throw new Error('the build failed')
  const names = new Set([...readdirSync(committed), ...readdirSync(temporary)])
  const differing = [...names].filter((name) => read(committed, name) !== read(temporary, name))
  for (const name of differing.sort()) console.error(`dist/${name} is not what the source gives`)
  if (differing.length > 0) console.error('Run npm run build and commit dist/.')
  else console.log(`dist/ is what the source gives: ${names.size} files`)
  process.exitCode = differing.length > 0 ? 1 : 0
} finally {
  rmSync(temporary, { recursive: true, force: true })
}

function read(folder: string, name: string): string | undefined {
  try {
    return readFileSync(join(folder, name), 'latin1')
  } catch {
    return undefined
  }
}
