import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { listen, shut, trackSockets } from './loopback-server.ts'
import { descendantsOf, isRunning } from './process-tree.ts'
import { titled } from './real-part.ts'
import { findSshd, type Sshd, startSshd } from './sshd.ts'

const found = findSshd()
if (found.path === undefined) console.warn(found.reason)

describe.skipIf(found.path === undefined)(titled('a real sshd', found), () => {
  let folder: string
  const origin = createServer((_, response) => response.end('from the origin'))
  const originSockets = trackSockets(origin)
  let originPort = 0
  let sshd: Sshd

  /** The system's client; `ended` gives exit code and stderr. */
  const connect = (
    server: Sshd,
    { key = server.privateKey, hosts = server.knownHosts, remote = 0 },
  ) => {
    const name = join(folder, String(readdirSync(folder).length))
    writeFileSync(`${name}-key`, key, { mode: 0o600 })
    writeFileSync(`${name}-hosts`, hosts)
    const options = ['BatchMode=yes', 'IdentitiesOnly=yes', 'StrictHostKeyChecking=yes']
    options.push(`UserKnownHostsFile=${name}-hosts`, 'GlobalKnownHostsFile=/dev/null')
    options.push('ExitOnForwardFailure=yes', 'ServerAliveInterval=1', 'ServerAliveCountMax=1')
    const where = ['-R', `127.0.0.1:${remote}:127.0.0.1:${originPort}`]
    const target = ['-p', String(server.port), `${server.user}@127.0.0.1`]
    const flags = ['-F', 'none', '-N', '-T', '-i', `${name}-key`]
    const child = spawn(
      'ssh',
      [...flags, ...options.flatMap((option) => ['-o', option]), ...where, ...target],
      {
        stdio: ['ignore', 'ignore', 'pipe'],
      },
    )
    let stderr = ''
    child.stderr.setEncoding('utf8').on('data', (text) => {
      stderr += text
    })
    const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, stderr }))
    const allocated = async () => {
      for (;;) {
        const [, port] = /Allocated port (\d+)/.exec(stderr) ?? []
        if (port !== undefined) return Number(port)
        await Promise.race([
          once(child.stderr, 'data'),
          ended.then(() => Promise.reject(new Error(stderr))),
        ])
      }
    }
    return { child, ended, allocated }
  }

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'ssh-client-'))
    originPort = await listen(origin)
    sshd = await startSshd()
  })
  afterAll(async () => {
    await sshd?.close()
    await shut(origin, originSockets)
    rmSync(folder, { recursive: true, force: true })
  })

  test('carries a request back through a port of its choice, and a killed session ends the client', async () => {
    const client = connect(sshd, {})
    const port = await client.allocated()
    expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe('from the origin')
    expect(sshd.killSessions()).toBeGreaterThan(0)
    expect((await client.ended).code).toBe(255)
  })

  test('refuses a wrong key, and the client refuses a wrong host key', async () => {
    const wrongKey = await connect(sshd, { key: sshd.wrongPrivateKey }).ended
    expect(wrongKey).toMatchObject({
      code: 255,
      stderr: expect.stringContaining('Permission denied'),
    })
    const wrongHost = await connect(sshd, { hosts: sshd.wrongKnownHosts }).ended
    expect(wrongHost.stderr).toContain('Host key verification failed')
  })

  test('refuses a port that is taken', async () => {
    const taken = await connect(sshd, { remote: originPort }).ended
    expect(taken.stderr).toContain(`remote port forwarding failed for listen port ${originPort}`)
  })

  test('a frozen server answers nothing until the client gives up', async () => {
    const client = connect(sshd, {})
    await client.allocated()
    sshd.freeze()
    const { stderr } = await client.ended
    sshd.thaw()
    expect(stderr).toContain('not responding')
  })

  test('comes back on the same port with the same host key', async () => {
    const before = connect(sshd, {})
    await before.allocated()
    await sshd.stop()
    expect((await before.ended).code).toBe(255)
    expect((await connect(sshd, {}).ended).stderr).toContain('Connection refused')
    await sshd.start()
    const after = connect(sshd, {})
    await after.allocated()
    after.child.kill()
    await after.ended
  })

  test('forwards nothing, or one port only, when told so', async () => {
    const closed = await startSshd({ allowForwarding: false })
    onTestFinished(() => closed.close())
    expect((await connect(closed, {}).ended).code).toBe(255)
    const pinned = await startSshd({ permitListen: '127.0.0.1:1' })
    onTestFinished(() => pinned.close())
    expect((await connect(pinned, {}).ended).stderr).toContain('forwarding failed')
  })

  test('leaves no process and no file behind', async () => {
    const own = await startSshd()
    onTestFinished(() => own.close())
    const client = connect(own, {})
    await client.allocated()
    const pids = [own.pid() ?? 0, ...descendantsOf(own.pid() ?? 0)]
    expect(pids.length).toBeGreaterThan(1)
    await own.close()
    expect((await client.ended).code).toBe(255)
    expect(pids.filter(isRunning)).toEqual([])
    expect(existsSync(own.folder)).toBe(false)
  })
})
