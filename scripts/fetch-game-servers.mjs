/**
 * Fetches the real game servers that the tests of `probe` run, from the packages of this machine's
 * Debian or Ubuntu, and unpacks them into `.cache/game-servers` without installing anything. apt
 * checks their signatures. About 95 MB. Runs on any Node from 20 on and before `npm ci`.
 *
 * Usage: npm run fetch:game-servers
 */
import { execFileSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const FOLDER = fileURLToPath(new URL('../.cache/game-servers', import.meta.url))

/** One folder each; whatever is there already stays. */
const SERVERS = {
  // Without the textures and players that only a client shows.
  openarena: () => ['ioquake3-server', 'openarena-server', 'openarena-data', 'openarena-081-maps'],
  minetest: () => ['minetest-server', 'minetest-data', ...missingFor('minetest-server')],
  qstat: () => ['qstat'],
}

mkdirSync(FOLDER, { recursive: true })
for (const [name, packages] of Object.entries(SERVERS)) {
  if (existsSync(join(FOLDER, name))) continue
  try {
    fetchInto(name, [...new Set(packages())])
    console.log(`${name} is in ${join(FOLDER, name)}`)
  } catch (error) {
    console.warn(`${name} could not be fetched, its tests are skipped: ${error.message}`)
    process.exitCode = 1
  }
}

function fetchInto(name, packages) {
  const fresh = mkdtempSync(join(FOLDER, `.${name}-`))
  try {
    run('apt-get', ['download', ...packages], fresh)
    const archives = readdirSync(fresh).filter((file) => file.endsWith('.deb'))
    for (const archive of archives) {
      run('dpkg', ['-x', archive, 'root'], fresh)
      rmSync(join(fresh, archive))
    }
    // Where minetestserver looks for its data when it is not installed.
    if (name === 'minetest') linkData(join(fresh, 'root'))
    renameSync(join(fresh, 'root'), join(FOLDER, name))
  } finally {
    rmSync(fresh, { recursive: true, force: true })
  }
}

function linkData(root) {
  mkdirSync(join(root, 'usr/lib/share'), { recursive: true })
  symlinkSync('../../share/games/minetest', join(root, 'usr/lib/share/minetest'))
}

/** The packages that an installation would bring: lines such as `Inst name (1.2 Debian:12 [amd64])`. */
function missingFor(name) {
  const options = ['install', '--simulate', '--quiet', '--no-install-recommends', name]
  const lines = run('apt-get', options, FOLDER).split('\n')
  return lines.flatMap((line) => /^Inst (\S+) /.exec(line)?.[1] ?? [])
}

function run(command, args, cwd) {
  return execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
}
