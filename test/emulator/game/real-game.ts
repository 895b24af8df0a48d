import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../tunnel/loopback-server.ts'
import { findMinetest, findOpenArena, librariesOf } from './real-servers.ts'

export interface RealGame {
  readonly port: number
  /** Everything that it wrote so far. */
  log(): string
  /** As a crash ends it; resolves when the process is gone. */
  kill(): Promise<void>
  /** A server that hangs: its port stays open, and nothing is answered. */
  freeze(): void
  thaw(): void
  /** Ends it and removes its files. */
  close(): Promise<void>
}

/** A real OpenArena on loopback; throws where it is not there. The start of the process is awaited only. */
export async function startOpenArena(options: { name?: string } = {}): Promise<RealGame> {
  const root = rootOf(findOpenArena())
  const data = join(root, 'usr/lib/openarena-server')
  const port = await freePort()
  const home = mkdtempSync(join(tmpdir(), 'openarena-'))
  const variables = {
    com_basegame: 'baseoa',
    fs_basepath: data,
    fs_homepath: home,
    // The game's code that Debian ships is native.
    vm_game: '0',
    // Players on this network only; asks no list of servers anywhere.
    dedicated: '1',
    ttycon: '0',
    net_enabled: '1',
    net_ip: '127.0.0.1',
    net_port: String(port),
    sv_maxclients: '8',
    sv_hostname: options.name ?? 'noname',
  }
  const settings = Object.entries(variables).flatMap(([name, value]) => ['+set', name, value])
  return start(join(root, 'usr/lib/ioquake3/ioq3ded'), [...settings, '+map', 'oa_dm1'], home, port)
}

/** A real Minetest on loopback, with the small game for its own development. */
export async function startMinetest(): Promise<RealGame> {
  const root = rootOf(findMinetest())
  const port = await freePort()
  const home = mkdtempSync(join(tmpdir(), 'minetest-'))
  writeFileSync(join(home, 'minetest.conf'), 'bind_address = 127.0.0.1\nserver_announce = false\n')
  const flags = ['--gameid', 'devtest', '--config', join(home, 'minetest.conf')]
  const where = ['--world', join(home, 'world'), '--port', String(port)]
  const program = join(root, 'usr/lib/minetest/minetestserver')
  return start(program, [...flags, ...where], home, port, librariesOf(root))
}

function rootOf(found: { path?: string; reason?: string }): string {
  if (found.path === undefined) throw new Error(found.reason)
  return found.path
}

function start(
  program: string,
  args: readonly string[],
  home: string,
  port: number,
  libraries?: string,
): RealGame {
  const child = spawn(program, args, {
    cwd: home,
    env: { HOME: home, ...(libraries && { LD_LIBRARY_PATH: libraries }) },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let log = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      log += text
    })
  }
  const killNow = () => void child.kill('SIGKILL')
  process.once('exit', killNow)
  const kill = async () => {
    process.off('exit', killNow)
    const ended = isRunning(child) ? once(child, 'exit') : undefined
    killNow()
    await ended
  }
  return {
    port,
    log: () => log,
    kill,
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
    async close() {
      await kill()
      rmSync(home, { recursive: true, force: true })
    },
  }
}

function isRunning(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null
}
