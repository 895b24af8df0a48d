import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import type { SshSettings } from '../../src/settings/tunnel.ts'
import { startConnectProxy } from '../emulator/tunnel/connect-proxy.ts'
import { freePort } from '../emulator/tunnel/loopback-server.ts'
import { isRunning, signalProcess } from '../emulator/tunnel/process-tree.ts'
import { titled } from '../emulator/tunnel/real-part.ts'
import { findSshd, type Sshd, startSshd } from '../emulator/tunnel/sshd.ts'
import { childrenWith } from './open.ts'
import { clientsOf, expectNothingLeft, expectRing, openSsh, settingsFor } from './ssh-rig.ts'

const PASSWORD = 'p%40ss:w/rd'

const found = findSshd()
if (found.path === undefined) console.warn(found.reason)

describe.skipIf(found.path === undefined)(titled('ssh through a CONNECT proxy', found), () => {
  let sshd: Sshd
  beforeAll(async () => {
    sshd = await startSshd()
  })
  afterAll(async () => {
    await sshd?.close()
  })

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
    const opened = await openSsh(behind(sshd), {
      environment: { https_proxy: proxy.urlWithCredentials },
    })
    await opened.settled()
    expect(opened.channel.error).toBe('')
    expect(proxy.connections).toEqual([
      { method: 'CONNECT', target: 'sshd.example:2222', status: 200 },
    ])
    await expectRing(opened)
    expect(await childrenWith('proxy.mjs')).not.toEqual([])
    expect(await childrenWith('runner')).toEqual([])
    expect(await childrenWith(String(proxy.port))).toEqual([])

    proxy.dropConnections()
    await opened.until(() => !opened.channel.isVerified, 'the loss')
    await opened.until(() => opened.channel.isVerified, 'the return')
    // As the post step would: it knows the client, but not the client's own child.
    const helpers = await childrenWith('proxy.mjs')
    for (const pid of await clientsOf(behind(sshd))) signalProcess(pid, 'SIGKILL')
    await opened.until(() => !helpers.some(isRunning), 'the end of the helper')
    await opened.channel.close()
    await expectNothingLeft(opened, sshd)
  })

  test('a proxy that wants other credentials', async () => {
    const proxy = await startProxy()
    const opened = await openSsh(behind(sshd), { environment: { HTTPS_PROXY: proxy.url } })
    await opened.settled()
    expect(opened.channel.error).toBe(
      'the proxy answers 407 to a connection with sshd.example:2222',
    )
    expect(proxy.connections).toHaveLength(1)
  })

  test('a proxy that is not there, and one that hangs', async () => {
    const environment = { http_proxy: `127.0.0.1:${await freePort()}` }
    const opened = await openSsh(behind(sshd), { environment })
    await opened.settled()
    expect(opened.channel.error).toContain('The proxy is not reached: ECONNREFUSED')
    const proxy = await startProxy()
    proxy.hang(true)
    const hung = await openSsh(behind(sshd), {
      environment: { http_proxy: proxy.url },
      opensWithinMs: 700,
    })
    await hung.settled()
    expect(hung.channel.error).toContain('gave no port in time')
    await hung.channel.close()
    await expectNothingLeft(hung, sshd)
  })

  test('loopback and what no_proxy names go directly', async () => {
    const proxy = await startProxy()
    const environment = { https_proxy: proxy.url }
    const loopback = await openSsh(settingsFor(sshd), { environment })
    await loopback.settled()
    expect(loopback.channel.isVerified).toBe(true)
    const named = await openSsh(behind(sshd), {
      environment: { ...environment, no_proxy: '.example' },
    })
    await named.settled()
    expect(named.channel.error).toBe('the name sshd.example cannot be resolved here')
    expect(proxy.connections).toEqual([])
  })
})
