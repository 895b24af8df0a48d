/**
 * Fails unless the committed bundles are what the source gives: builds them into a temporary folder
 * and compares every file, those that are missing or extra too.
 *
 * Usage: node scripts/check-dist.ts
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { BUNDLES, build } from './bundles.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const temporary = mkdtempSync(join(tmpdir(), 'dist-'))
try {
  const differing: string[] = []
  for (const bundle of BUNDLES) {
    await build(bundle, join(temporary, bundle.folder))
    differing.push(...differingFiles(bundle.folder))
  }
  for (const name of differing) console.error(`${name} is not what the source gives`)
  if (differing.length > 0) console.error('Run npm run build and commit what it changes.')
  process.exitCode = differing.length > 0 ? 1 : 0
} finally {
  rmSync(temporary, { recursive: true, force: true })
}

function differingFiles(folder: string): string[] {
  const [committed, built] = [join(root, folder), join(temporary, folder)]
  const names = new Set([...readNames(committed), ...readNames(built)])
  const differing = [...names].filter((name) => read(committed, name) !== read(built, name))
  if (differing.length === 0) console.log(`${folder} is what the source gives: ${names.size} files`)
  return differing.sort().map((name) => `${folder}/${name}`)
}

function readNames(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

function read(folder: string, name: string): string | undefined {
  try {
    return readFileSync(join(folder, name), 'latin1')
  } catch {
    return undefined
  }
}
