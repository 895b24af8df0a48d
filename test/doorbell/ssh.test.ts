import { statSync } from 'node:fs'
import { createServer } from 'node:http'
import { createServer as createSilentServer, type Server } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { type SshTimes, sshTransport } from '../../src/doorbell/transports/ssh.ts'
import type { SshSettings } from '../../src/settings/tunnel.ts'
import { startConnectProxy } from '../emulator/tunnel/connect-proxy.ts'
import { freePort, listen, shut, trackSockets } from '../emulator/tunnel/loopback-server.ts'
import { findSshd, type Sshd, startSshd } from '../emulator/tunnel/sshd.ts'
import { childrenWith, filesIn, type OpenDoorbell, openDoorbell } from './open.ts'

const found = findSshd()
if (found.path === undefined) console.warn(found.reason)

const BRISK: SshTimes = {
  aliveIntervalSeconds: 1,
  aliveCount: 1,
  retryPauseMs: 200,
  restartPausesMs: [100, 300, 600],
  goodAfterMs: 60_000,
  reverifyMs: 5_000,
  latePingMs: 300,
}

const PASSWORD = 'p%40ss:w/rd'

describe.skipIf(found.path === undefined)('ssh to a real sshd', () => {
  let sshd: Sshd
  beforeAll(async () => {
    sshd = await startSshd()
  })
  afterAll(async () => {
    await sshd?.close()
  })

  const settingsFor = (server: Sshd, changes: Partial<SshSettings> = {}): SshSettings => ({
    transport: 'ssh',
    host: '127.0.0.1',
    port: server.port,
    user: server.user,
    privateKey: server.privateKey,
    knownHosts: server.knownHosts,
    remotePort: 0,
    publicUrl: 'http://127.0.0.1:{port}',
    ...changes,
  })
  const open = (settings: SshSettings, options: Parameters<typeof openDoorbell>[1] = {}) =>
    openDoorbell(settings, {
      ...options,
      load: async () => ({
        needsReceiver: true,
        listenPort: 0,
        run: sshTransport(settings, BRISK),
      }),
    })
  /** Listens until the test ends; gives the port. */
  const occupy = async (server: Server, port = 0) => {
    const sockets = trackSockets(server)
    onTestFinished(() => shut(server, sockets))
    return await listen(server, { port })
  }
  const clientsOf = (server: Sshd) => childrenWith(` -p ${server.port} `)

  /** No process, no file, and nothing for the post step to do. */
  const expectNothingLeft = async (opened: OpenDoorbell, server: Sshd) => {
    expect(await clientsOf(server)).toEqual([])
    expect(await childrenWith('proxy.mjs')).toEqual([])
    expect(await filesIn(opened.temp)).toEqual([])
    expect(opened.leftovers()).toBe('')
  }
  const expectRing = async (opened: OpenDoorbell) => {
    const before = opened.deliveries.length
    expect(await opened.post({ hello: 'world' })).toBe(204)
    await opened.until(() => opened.deliveries.length > before, 'a delivery')
    const delivery = opened.deliveries.at(-1)
    expect(delivery?.body.toString()).toBe('{"hello":"world"}')
    expect(delivery?.headers['x-test']).toBe('yes')
  }
  const expectFailure = async (settings: SshSettings, server: Sshd, sentence: string) => {
    const opened = await open(settings)
    const startMs = performance.now()
    await opened.settled()
    expect(opened.doorbell.error).toContain(sentence)
    expect(opened.doorbell.tunnel).toBe('none')
    expect(opened.doorbell.url).toBeUndefined()
    // What cannot pass is not tried again.
    expect(performance.now() - startMs).toBeLessThan(2_000)
    await opened.doorbell.close()
    await expectNothingLeft(opened, server)
    return opened
  }

  test('a port of the server’s choice goes into the URL, and a ring comes through', async () => {
    const opened = await open(settingsFor(sshd, { publicUrl: 'http://127.0.0.1:{port}/hook/' }))
    await opened.until(() => opened.doorbell.url !== undefined, 'a URL')
    expect(opened.doorbell.url?.href).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/hook\/[\w-]{43}$/)
    await opened.doorbell.close()
    await expectNothingLeft(opened, sshd)

    const plain = await open(settingsFor(sshd))
    await plain.settled()
    expect(plain.doorbell.isVerified).toBe(true)
    expect(plain.doorbell.tunnel).toBe('ssh')
    await expectRing(plain)
    expect(await plain.nextWake()).toBe('ring')
    expect(await clientsOf(sshd)).toHaveLength(1)
    const startMs = performance.now()
    await plain.doorbell.close()
    expect(performance.now() - startMs).toBeLessThan(500)
    await expectNothingLeft(plain, sshd)
    // What is secret of the URL is given to the runner to be masked, and never printed otherwise.
    const secret = /add-mask::[\w-]{43}/
    expect(plain.log()).toMatch(secret)
  })

  test('key and host files are private, and a key pasted with Windows line breaks works', async () => {
    const withReturns = sshd.privateKey.replaceAll('\n', '\r\n')
    const opened = await open(settingsFor(sshd, { privateKey: withReturns }))
    await opened.settled()
    expect(opened.doorbell.error).toBe('')
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
    const opened = await open(settingsFor(sshd, { remotePort }))
    await opened.until(() => opened.doorbell.url !== undefined, 'a URL')
    expect(opened.doorbell.url?.port).toBe(String(remotePort))
    expect(opened.doorbell.isVerified).toBe(false)
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
    const opened = await open(settingsFor(sshd), { environment: { PATH: '/nonexistent' } })
    await opened.settled()
    expect(opened.doorbell.error).toContain('no ssh client')
  })

  test('a server that is down is tried twice', async () => {
    const port = await freePort()
    const opened = await open(settingsFor(sshd, { port }))
    await opened.settled()
    expect(opened.doorbell.error).toBe(
      `no connection with 127.0.0.1: connect to host 127.0.0.1 port ${port}: Connection refused`,
    )
    expect(opened.log().match(/trying once more/g)).toHaveLength(1)
    await opened.doorbell.close()
    await expectNothingLeft(opened, sshd)
  })

  test('a server that never answers costs no more than the time for coming up', async () => {
    const port = await occupy(createSilentServer())
    const opened = await open(settingsFor(sshd, { port }), { opensWithinMs: 700 })
    const startMs = performance.now()
    await opened.settled()
    expect(opened.doorbell.error).toContain('gave no port in time')
    expect(performance.now() - startMs).toBeLessThan(1_500)
    expect(await childrenWith(` -p ${port} `)).toEqual([])
  })

  test('a public URL that leads elsewhere is not trusted, but stays handed over', async () => {
    const elsewhere = createServer((_, response) => response.end('hello'))
    const publicPort = await occupy(elsewhere)
    const settings = settingsFor(sshd, {
      remotePort: await freePort(),
      publicUrl: `http://127.0.0.1:${publicPort}`,
    })
    const opened = await open(settings, { opensWithinMs: 600 })
    await opened.until(() => opened.doorbell.error !== '', 'an error')
    expect(opened.doorbell.error).toContain('does not lead here')
    expect(opened.doorbell.error).toContain('somebody else answers')
    expect(opened.doorbell.isVerified).toBe(false)
    expect(opened.doorbell.url?.port).toBe(String(publicPort))
  })

  test.each(['fixed', 'chosen'] as const)('a killed session comes back (%s port)', async (kind) => {
    const own = await startSshd()
    onTestFinished(() => own.close())
    const remotePort = kind === 'fixed' ? await freePort() : 0
    const opened = await open(settingsFor(own, { remotePort }))
    expect(await opened.nextWake()).toBe('changed')
    const url = opened.doorbell.url?.href
    expect(own.killSessions()).toBeGreaterThan(0)
    expect(await opened.nextWake()).toBe('changed')
    expect(opened.doorbell.isVerified).toBe(false)
    // Rings may have been lost: one look, whatever else has changed.
    expect(await opened.nextWake()).toBe('gap')
    expect(opened.doorbell.isVerified).toBe(true)
    expect(opened.doorbell.url?.href).toBe(url)
    expect(opened.doorbell.error).toBe('')
    await expectRing(opened)
  })

  test('a server that restarts is found again', async () => {
    const own = await startSshd()
    onTestFinished(() => own.close())
    const opened = await open(settingsFor(own))
    await opened.settled()
    await own.stop()
    await opened.until(() => !opened.doorbell.isVerified, 'the loss')
    expect(opened.doorbell.url).toBeDefined()
    await own.start()
    await opened.until(() => opened.doorbell.isVerified, 'the return')
    await expectRing(opened)
  })

  test('a server that stays away is given up after three restarts', async () => {
    const own = await startSshd()
    onTestFinished(() => own.close())
    const opened = await open(settingsFor(own))
    await opened.settled()
    await own.stop()
    await opened.until(() => opened.doorbell.tunnel === 'none', 'giving up')
    expect(opened.doorbell.error).toContain('lost after 3 restarts')
    expect(opened.log()).toContain('::warning::No webhook (ssh)')
    await opened.doorbell.close()
    await expectNothingLeft(opened, own)
  })

  test('a chosen port that somebody else has by now is lost', async () => {
    const own = await startSshd()
    onTestFinished(() => own.close())
    const opened = await open(settingsFor(own))
    await opened.settled()
    const port = Number(opened.doorbell.url?.port)
    await own.stop()
    await occupy(createServer(), port)
    await own.start()
    await opened.until(() => opened.doorbell.tunnel === 'none', 'giving up')
    expect(opened.doorbell.error).toContain(`lost after 3 restarts`)
    expect(opened.doorbell.error).toContain(`does not give port ${port}`)
  })

  test('a frozen server is noticed, and comes back when it thaws', async () => {
    const own = await startSshd()
    onTestFinished(() => own.close())
    const opened = await open(settingsFor(own))
    await opened.settled()
    own.freeze()
    await opened.until(() => !opened.doorbell.isVerified, 'the loss')
    expect(opened.doorbell.error).toContain('not responding')
    own.thaw()
    await opened.until(() => opened.doorbell.isVerified, 'the return')
    await expectRing(opened)
  })

  describe('through a CONNECT proxy', () => {
    const behind = (server: Sshd): SshSettings =>
      settingsFor(server, {
        host: 'sshd.example',
        port: 2222,
        knownHosts: server.knownHosts.replace(/\[127\.0\.0\.1\]:\d+/, '[sshd.example]:2222'),
      })
    const startProxy = async () => {
      const proxy = await startConnectProxy({
        credentials: { user: 'runner', password: PASSWORD },
        routes: { 'sshd.example:2222': `127.0.0.1:${sshd.port}` },
      })
      onTestFinished(() => proxy.close())
      return proxy
    }

    test('with credentials that no command line shows', async () => {
      const proxy = await startProxy()
      const opened = await open(behind(sshd), {
        environment: { https_proxy: proxy.urlWithCredentials },
      })
      await opened.settled()
      expect(opened.doorbell.error).toBe('')
      expect(proxy.connections).toEqual([
        { method: 'CONNECT', target: 'sshd.example:2222', status: 200 },
      ])
      await expectRing(opened)
      expect(await childrenWith('proxy.mjs')).not.toEqual([])
      expect(await childrenWith('runner')).toEqual([])
      expect(await childrenWith(String(proxy.port))).toEqual([])

      proxy.dropConnections()
      await opened.until(() => !opened.doorbell.isVerified, 'the loss')
      await opened.until(() => opened.doorbell.isVerified, 'the return')
      await opened.doorbell.close()
      await expectNothingLeft(opened, sshd)
    })

    test('a proxy that wants other credentials', async () => {
      const proxy = await startProxy()
      const opened = await open(behind(sshd), { environment: { HTTPS_PROXY: proxy.url } })
      await opened.settled()
      expect(opened.doorbell.error).toBe(
        'the proxy answers 407 to a connection with sshd.example:2222',
      )
      expect(proxy.connections).toHaveLength(1)
    })

    test('a proxy that is not there, and one that hangs', async () => {
      const environment = { http_proxy: `127.0.0.1:${await freePort()}` }
      const opened = await open(behind(sshd), { environment })
      await opened.settled()
      expect(opened.doorbell.error).toContain('The proxy is not reached: ECONNREFUSED')
      const proxy = await startProxy()
      proxy.hang(true)
      const hung = await open(behind(sshd), {
        environment: { http_proxy: proxy.url },
        opensWithinMs: 700,
      })
      await hung.settled()
      expect(hung.doorbell.error).toContain('gave no port in time')
      await hung.doorbell.close()
      await expectNothingLeft(hung, sshd)
    })

    test('loopback and what no_proxy names go directly', async () => {
      const proxy = await startProxy()
      const environment = { https_proxy: proxy.url }
      const loopback = await open(settingsFor(sshd), { environment })
      await loopback.settled()
      expect(loopback.doorbell.isVerified).toBe(true)
      const named = await open(behind(sshd), {
        environment: { ...environment, no_proxy: '.example' },
      })
      await named.settled()
      expect(named.doorbell.error).toBe('the name sshd.example leads nowhere from here')
      expect(proxy.connections).toEqual([])
    })
  })
})
