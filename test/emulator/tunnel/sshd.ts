import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants, readFileSync, rmSync } from 'node:fs'
import { userInfo } from 'node:os'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { freePort } from './loopback-server.ts'
import { descendantsOf, isRunning, signalProcess } from './process-tree.ts'
import type { RealPart } from './real-part.ts'
import { knownHostsLine, type SshdAccount, writeSshdFiles, writeSshdRules } from './sshd-files.ts'

export interface SshdOptions {
  /** Default true. */
  allowForwarding?: boolean
  /** The only address that the key may listen on, such as `127.0.0.1:4000`. */
  permitListen?: string
  /** Default: a free port. */
  port?: number
}

export interface Sshd {
  readonly port: number
  readonly user: string
  /** Keys as OpenSSH text; hosts as the text of a known_hosts file. */
  readonly privateKey: string
  readonly wrongPrivateKey: string
  readonly knownHosts: string
  readonly wrongKnownHosts: string
  /** The throwaway keys and the configuration. */
  readonly folder: string
  /** Of the listening process; undefined while it is stopped. */
  pid(): number | undefined
  /** What sshd wrote to its log so far. */
  log(): string
  /** Cuts every connection as a crash of its server process would; gives how many there were. */
  killSessions(): number
  /** A machine that hangs: nothing is closed and nothing is answered. */
  freeze(): void
  thaw(): void
  /** Ends the server and its sessions; `start` brings it back on the same port. */
  stop(): Promise<void>
  start(): Promise<void>
  close(): Promise<void>
}

/** The real server, or why a test has to be skipped. */
export function findSshd(): RealPart {
  if (process.platform !== 'linux') return { reason: 'skipped: the sshd rig reads /proc' }
  const candidates = ['/usr/sbin/sshd', '/usr/local/sbin/sshd', '/sbin/sshd', '/usr/bin/sshd']
  const path = candidates.find(isExecutable)
  if (path === undefined) return { reason: 'skipped: no sshd (apt-get install openssh-server)' }
  try {
    // ssh-keygen and ssh come in one package, which sshd does not always pull in.
    execFileSync('ssh', ['-V'], { stdio: 'ignore' })
  } catch {
    return { reason: 'skipped: no ssh client (apt-get install openssh-client)' }
  }
  return { path }
}

/** A real sshd on loopback with throwaway keys; throws when there is none or it will not start. */
export async function startSshd(options: SshdOptions = {}): Promise<Sshd> {
  const found = findSshd()
  if (found.path === undefined) throw new Error(found.reason)
  const sshdPath = found.path
  const account = sshdAccount()
  const files = writeSshdFiles()
  let port = options.port ?? (await freePort())
  const logLines: string[] = []
  let server: ChildProcess | undefined

  const everyPid = () =>
    server?.pid === undefined ? [] : [server.pid, ...descendantsOf(server.pid)]
  const signalAll = (signal: NodeJS.Signals) => {
    for (const pid of everyPid()) signalProcess(pid, signal)
  }
  const killAll = () => {
    // Stopped first, so that no session is forked between the check and the kill.
    if (server?.pid !== undefined) signalProcess(server.pid, 'SIGSTOP')
    const pids = everyPid()
    for (const pid of pids) signalProcess(pid, 'SIGKILL')
    return pids
  }
  const start = async () => {
    if (server !== undefined) return
    const { allowForwarding = true, permitListen } = options
    writeSshdRules(files, { port, account, allowForwarding, permitListen })
    const identity = account.uid === undefined ? {} : { uid: account.uid, gid: account.gid }
    server = spawn(sshdPath, ['-D', '-e', '-f', files.configFile], {
      ...identity,
      env: { PATH: process.env.PATH },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    process.once('exit', killAll)
    await listening(server, port, logLines)
  }
  const stop = async () => {
    if (server === undefined) return
    process.off('exit', killAll)
    const ended =
      server.exitCode === null && server.signalCode === null ? once(server, 'exit') : undefined
    const killed = killAll()
    await ended
    // A session is no child of ours: only the process table tells when the kernel has ended it.
    while (killed.some(isRunning)) await delay(5)
    server = undefined
  }
  const close = async () => {
    await stop()
    rmSync(files.folder, { recursive: true, force: true })
  }

  for (let attempt = 1; ; attempt += 1) {
    try {
      await start()
      break
    } catch (error) {
      await stop()
      if (options.port === undefined && attempt < 3) {
        // Somebody else may have taken the free port in the meantime.
        port = await freePort()
        continue
      }
      await close()
      throw error
    }
  }
  return {
    port,
    user: account.name,
    privateKey: files.privateKey,
    wrongPrivateKey: files.wrongPrivateKey,
    knownHosts: knownHostsLine(port, files.hostKey),
    wrongKnownHosts: knownHostsLine(port, files.wrongHostKey),
    folder: files.folder,
    pid: () => server?.pid,
    log: () => logLines.join('\n'),
    killSessions() {
      const sessions = everyPid().slice(1)
      return sessions.filter((pid) => signalProcess(pid, 'SIGKILL')).length
    },
    freeze: () => signalAll('SIGSTOP'),
    thaw: () => signalAll('SIGCONT'),
    stop,
    start,
    close,
  }
}

function listening(server: ChildProcess, port: number, logLines: string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.once('exit', () => reject(new Error(`sshd ended at start: ${logLines.join(' | ')}`)))
    if (server.stderr === null) return
    createInterface({ input: server.stderr }).on('line', (line) => {
      logLines.push(line)
      if (line.includes(`Server listening on 127.0.0.1 port ${port}`)) resolve()
    })
  })
}

/**
 * As root, sshd would need its system-wide privilege separation folder and would open a root login:
 * it runs as a harmless system account instead. `nobody` will not do: where systemd answers name
 * lookups, that account counts as locked.
 */
function sshdAccount(): SshdAccount {
  if (process.getuid?.() !== 0) return { name: userInfo().username }
  const accounts = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
  const daemon = accounts.find(([name]) => name === 'daemon')
  if (daemon === undefined) throw new Error('the account "daemon" is missing')
  return { name: 'daemon', uid: Number(daemon[2]), gid: Number(daemon[3]) }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
