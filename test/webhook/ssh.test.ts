import { statSync } from 'node:fs'
import { createServer } from 'node:http'
import { createServer as createSilentServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { freePort } from '../emulator/tunnel/loopback-server.ts'
import { titled } from '../emulator/tunnel/real-part.ts'
import { findSshd, type Sshd, startSshd } from '../emulator/tunnel/sshd.ts'
import { childrenWith, filesIn } from './open.ts'
import {
  clientsOf,
  expectFailure,
  expectNothingLeft,
  expectRing,
  occupy,
  openSsh,
  settingsFor,
} from './ssh-rig.ts'

const found = findSshd()
if (found.path === undefined) console.warn(found.reason)

describe.skipIf(found.path === undefined)(titled('ssh to a real sshd', found), () => {
  let sshd: Sshd
  beforeAll(async () => {
    sshd = await startSshd()
  })
  afterAll(async () => {
    await sshd?.close()
  })

  test('a port of the server’s choice goes into the URL, and a notification comes through', async () => {
    const opened = await openSsh(settingsFor(sshd, { publicUrl: 'http://127.0.0.1:{port}/hook/' }))
    await opened.until(() => opened.channel.url !== undefined, 'a URL')
    expect(opened.channel.url?.href).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/hook\/[\w-]{43}$/)
    await opened.channel.close()
    await expectNothingLeft(opened, sshd)

    const plain = await openSsh(settingsFor(sshd))
    await plain.settled()
    expect(plain.channel.isVerified).toBe(true)
    expect(plain.channel.tunnel).toBe('ssh')
    await expectRing(plain)
    expect(await plain.nextWake()).toBe('notification')
    expect(await clientsOf(sshd)).toHaveLength(1)
    await plain.channel.close()
    await expectNothingLeft(plain, sshd)
    // What is secret of the URL is given to the runner to be masked, and never printed otherwise.
    const secret = /add-mask::[\w-]{43}/
    expect(plain.log()).toMatch(secret)
  })

  test('key and host files are private, and a key pasted with Windows line breaks works', async () => {
    const withReturns = sshd.privateKey.replaceAll('\n', '\r\n')
    const opened = await openSsh(settingsFor(sshd, { privateKey: withReturns }))
    await opened.settled()
    expect(opened.channel.error).toBe('')
    const [folder = ''] = await filesIn(opened.temp)
    const modeOf = (...names: string[]) =>
      statSync(join(opened.temp, folder, ...names)).mode & 0o777
    expect(modeOf()).toBe(0o700)
    const files = await filesIn(join(opened.temp, folder))
    expect(files.sort()).toEqual(['key', 'known_hosts', 'no_hosts'])
    for (const file of files) expect(modeOf(file)).toBe(0o600)
    expect(JSON.parse(opened.leftovers())).toMatchObject({
      children: [{ pid: expect.any(Number) }],
      folders: [join(opened.temp, folder)],
    })
  })

  test('a fixed port has its URL before anything is up', async () => {
    const remotePort = await freePort()
    const opened = await openSsh(settingsFor(sshd, { remotePort }))
    await opened.until(() => opened.channel.url !== undefined, 'a URL')
    expect(opened.channel.url?.port).toBe(String(remotePort))
    expect(opened.channel.isVerified).toBe(false)
    await opened.settled()
    await expectRing(opened)
  })

  test('a wrong key is refused, once', async () => {
    const logged = sshd.log().length
    await expectFailure(
      settingsFor(sshd, { privateKey: sshd.wrongPrivateKey }),
      sshd,
      `does not let ${sshd.user} in`,
    )
    const connections = sshd
      .log()
      .slice(logged)
      .match(/Connection from/g)
    expect(connections).toHaveLength(1)
  })

  test('a broken key is told apart from a wrong one', async () => {
    const privateKey = sshd.privateKey.replaceAll('\n', ' ')
    await expectFailure(settingsFor(sshd, { privateKey }), sshd, 'ssh-key cannot be read')
  })

  test('a wrong host key is refused', async () => {
    const settings = settingsFor(sshd, { knownHosts: sshd.wrongKnownHosts })
    await expectFailure(settings, sshd, 'the host key of 127.0.0.1 is not among ssh-known-hosts')
  })

  test('a host that nobody vouches for is refused, not trusted on first use', async () => {
    const settings = settingsFor(sshd, { knownHosts: '# none\n' })
    await expectFailure(settings, sshd, 'is not among ssh-known-hosts')
  })

  test('a port that is taken', async () => {
    const remotePort = await occupy(createServer())
    await expectFailure(settingsFor(sshd, { remotePort }), sshd, `does not give port ${remotePort}`)
  })

  test('forwarding that is switched off, or limited to another port', async () => {
    const closed = await startSshd({ allowForwarding: false })
    onTestFinished(() => closed.close())
    await expectFailure(settingsFor(closed), closed, 'check AllowTcpForwarding')
    const pinned = await startSshd({ permitListen: '127.0.0.1:1' })
    onTestFinished(() => pinned.close())
    await expectFailure(settingsFor(pinned), pinned, 'permitlisten')
  })

  test('no client on this machine', async () => {
    const opened = await openSsh(settingsFor(sshd), { environment: { PATH: '/nonexistent' } })
    await opened.settled()
    expect(opened.channel.error).toContain('no ssh client')
  })

  test('a server that is down is tried twice', async () => {
    const port = await freePort()
    const opened = await openSsh(settingsFor(sshd, { port }))
    await opened.settled()
    expect(opened.channel.error).toBe(
      `no connection with 127.0.0.1: connect to host 127.0.0.1 port ${port}: Connection refused`,
    )
    expect(opened.log().match(/trying once more/g)).toHaveLength(1)
    await opened.channel.close()
    await expectNothingLeft(opened, sshd)
  })

  test('a server that never answers costs no more than the time for coming up', async () => {
    const port = await occupy(createSilentServer())
    const opened = await openSsh(settingsFor(sshd, { port }), { opensWithinMs: 700 })
    const startMs = performance.now()
    await opened.settled()
    expect(opened.channel.error).toContain('gave no port in time')
    expect(performance.now() - startMs).toBeLessThan(20_000)
    expect(await childrenWith(` -p ${port} `)).toEqual([])
  })

  test('a public URL that leads elsewhere is not trusted, but stays handed over', async () => {
    const elsewhere = createServer((_, response) => response.end('hello'))
    const publicPort = await occupy(elsewhere)
    const settings = settingsFor(sshd, {
      remotePort: await freePort(),
      publicUrl: `http://127.0.0.1:${publicPort}`,
    })
    const opened = await openSsh(settings, { opensWithinMs: 600 })
    await opened.until(() => opened.channel.error !== '', 'an error')
    expect(opened.channel.error).toContain('does not lead here')
    expect(opened.channel.error).toContain('somebody else answers')
    expect(opened.channel.isVerified).toBe(false)
    expect(opened.channel.url?.port).toBe(String(publicPort))
  })
})
