import { accessSync, constants, existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { RealPart } from '../tunnel/real-part.ts'

const CACHE = fileURLToPath(new URL('../../../.cache/game-servers', import.meta.url))

/** Where OpenArena is unpacked, or why its tests are skipped. */
export function findOpenArena(): RealPart {
  return findUnpacked('openarena', 'usr/lib/ioquake3/ioq3ded', 'openarena-server')
}

/** Where Minetest is unpacked, or why its tests are skipped. */
export function findMinetest(): RealPart {
  return findUnpacked('minetest', 'usr/lib/minetest/minetestserver', 'minetest-server')
}

function findUnpacked(folder: string, program: string, title: string): RealPart {
  const path = join(CACHE, folder)
  if (existsSync(join(path, program))) return { path }
  return { reason: `skipped: no ${title} (npm run fetch:game-servers)` }
}

/** The program of Debian's package qstat, which calls it quakestat; or why its tests are skipped. */
export function findQstat(): RealPart {
  const folders = [...(process.env.PATH ?? '').split(':'), join(CACHE, 'qstat/usr/bin')]
  const candidates = folders.flatMap((folder) => [join(folder, 'quakestat'), join(folder, 'qstat')])
  const path = candidates.find(isExecutable)
  return path === undefined ? { reason: 'skipped: no qstat (apt-get install qstat)' } : { path }
}

/** Folders of libraries that came with an unpacked server, as LD_LIBRARY_PATH takes them. */
export function librariesOf(root: string): string {
  const folder = join(root, 'usr/lib')
  const found = readdirSync(folder).filter((name) => name.endsWith('-linux-gnu'))
  return found.map((name) => join(folder, name)).join(':')
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
