import { execFileSync } from 'node:child_process'
import { chownSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Whose identity sshd runs under, and the only account that it can therefore log in. */
export interface SshdAccount {
  name: string
  uid?: number
  gid?: number
}

export interface SshdFiles {
  folder: string
  configFile: string
  privateKey: string
  wrongPrivateKey: string
  hostKey: string
  wrongHostKey: string
}

export interface SshdRules {
  port: number
  account: SshdAccount
  allowForwarding: boolean
  /** As in authorized_keys: `127.0.0.1:4000`. */
  permitListen: string | undefined
}

/** Throwaway keys and a private configuration, readable by the account that runs sshd. */
export function writeSshdFiles(): SshdFiles {
  const folder = mkdtempSync(join(tmpdir(), 'sshd-rig-'))
  for (const name of ['host', 'wrong-host', 'user', 'wrong-user']) {
    const file = join(folder, name)
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', file])
  }
  const text = (name: string) => readFileSync(join(folder, name), 'utf8')
  return {
    folder,
    configFile: join(folder, 'sshd_config'),
    privateKey: text('user'),
    wrongPrivateKey: text('wrong-user'),
    hostKey: publicKey(text('host.pub')),
    wrongHostKey: publicKey(text('wrong-host.pub')),
  }
}

/** Writes the rules down; sshd reads its configuration at start and the keys at each login. */
export function writeSshdRules(files: SshdFiles, rules: SshdRules): void {
  const { folder } = files
  const limits = ['restrict', 'port-forwarding']
  if (rules.permitListen !== undefined) limits.push(`permitlisten="${rules.permitListen}"`)
  const userKey = readFileSync(join(folder, 'user.pub'), 'utf8')
  writeFileSync(join(folder, 'authorized_keys'), `${limits.join(',')} ${userKey}`)
  const lines = [
    'ListenAddress 127.0.0.1',
    `Port ${rules.port}`,
    `HostKey ${join(folder, 'host')}`,
    `AuthorizedKeysFile ${join(folder, 'authorized_keys')}`,
    'AuthenticationMethods publickey',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'PermitRootLogin no',
    'PermitTTY no',
    // The folder lies under the world-writable temporary folder, which strict modes refuse.
    'StrictModes no',
    'UsePAM no',
    'PidFile none',
    'LogLevel VERBOSE',
    `AllowTcpForwarding ${rules.allowForwarding ? 'remote' : 'no'}`,
    'GatewayPorts no',
    'AllowAgentForwarding no',
    'X11Forwarding no',
  ]
  writeFileSync(files.configFile, `${lines.join('\n')}\n`)
  const { uid, gid } = rules.account
  if (uid === undefined || gid === undefined) return
  for (const path of [folder, ...readdirSync(folder).map((name) => join(folder, name))]) {
    chownSync(path, uid, gid)
  }
}

/** The known_hosts line of a server on a port other than 22. */
export function knownHostsLine(port: number, hostKey: string): string {
  return `[127.0.0.1]:${port} ${hostKey}\n`
}

function publicKey(line: string): string {
  return line.split(' ').slice(0, 2).join(' ')
}
