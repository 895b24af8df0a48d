import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { createServer } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { error, never, ready } from '../emulator/edgegap/script.ts'
import { type Cloudflare, startCloudflare } from '../emulator/tunnel/cloudflare.ts'
import { findCloudflared } from '../emulator/tunnel/cloudflared-binary.ts'
import { startConnectProxy } from '../emulator/tunnel/connect-proxy.ts'
import { listen, shut, trackSockets } from '../emulator/tunnel/loopback-server.ts'
import { titled } from '../emulator/tunnel/real-part.ts'
import { startRelay } from '../emulator/tunnel/relay.ts'
import { findSshd, type Sshd, startSshd } from '../emulator/tunnel/sshd.ts'
import {
  annotations,
  CREATE,
  deploy,
  expectNothingLeft,
  STATUS,
  startEdgegap,
  type With,
} from './deploy.ts'

const sshd = findSshd()
const cloudflared = findCloudflared()

function sshInputs(server: Sshd): With {
  return {
    'ssh-host': '127.0.0.1',
    'ssh-port': String(server.port),
    'ssh-user': server.user,
    'ssh-key': server.privateKey,
    'ssh-known-hosts': server.knownHosts,
    'ssh-public-url': 'http://127.0.0.1:{port}',
  }
}

// Every run here also proves that no child outlives the step: `deploy` looks for orphans.
describe.skipIf(sshd.path === undefined)(titled('through a real sshd', sshd), () => {
  test('the webhook brings the news', async () => {
    await using edgegap = await startEdgegap({ script: ready(2_500) })
    const server = await startSshd()
    const job = await deploy(edgegap, sshInputs(server), { secrets: [server.privateKey.trim()] })
    await server.close()
    expect(job.main.outputs).toMatchObject({
      outcome: 'succeeded',
      signal: 'webhook',
      tunnel: 'ssh',
      'tunnel-error': '',
    })
  })

  test('a refused key means polling, one warning, and no delay of the deploy', async () => {
    await using edgegap = await startEdgegap({ script: ready(300) })
    const server = await startSshd()
    const inputs = { ...sshInputs(server), 'ssh-key': server.wrongPrivateKey }
    const job = await deploy(edgegap, inputs)
    await server.close()
    expect(job.main.outputs).toMatchObject({ outcome: 'succeeded', signal: 'poll', tunnel: 'none' })
    expect(annotations(job.main, 'warning')).toHaveLength(1)
    expect(job.main.outputs['tunnel-error']).not.toBe('')
  })

  test.each(['cancelled', 'killed'] as const)(
    'a run that is %s leaves no child and no key',
    async (how) => {
      await using edgegap = await startEdgegap({ script: never(), stopPendingAtOnce: true })
      const server = await startSshd()
      const job = await deploy(edgegap, sshInputs(server), {
        mainControl: async (step) => {
          // The deploy goes out with the URL, so either may come first.
          await Promise.all([step.waitForLine(/verified/), step.waitForLine(/accepted as/)])
          if (how === 'killed') step.kill()
          else await step.cancel()
        },
      })
      await server.close()
      expect(job.post?.exitCode).toBe(0)
      expectNothingLeft(edgegap)
    },
  )
})

describe.each(['smee', 'gosmee'] as const)('through a relay that speaks %s', (dialect) => {
  test('the webhook brings the news', async () => {
    await using edgegap = await startEdgegap({ script: ready(2_500) })
    const relay = await startRelay({ dialect })
    const job = await deploy(edgegap, { 'relay-url': relay.url })
    await relay.close()
    expect(job.main.outputs).toMatchObject({
      outcome: 'succeeded',
      signal: 'webhook',
      tunnel: 'relay',
    })
    expect(edgegap.requestsTo('GET', STATUS)).toHaveLength(2)
  })

  test('a failure is heard as well', async () => {
    await using edgegap = await startEdgegap({ script: error(2_000, 'no space left') })
    const relay = await startRelay({ dialect })
    const job = await deploy(edgegap, { 'relay-url': relay.url })
    await relay.close()
    expect(job.main.outputs).toMatchObject({ outcome: 'failed', signal: 'webhook' })
    expectNothingLeft(edgegap)
  })
})

/**
 * The quick tunnel service under its own name: a proxy leads there, and its certificate is one that the
 * environment makes trusted. The edge is past the proxy, or no quick tunnel would be opened.
 */
async function startQuickService({ api, edge }: Cloudflare, folder: string) {
  const own = edge.authority.issue(['api.trycloudflare.com'])
  const tls = createServer({ cert: own.certificatePem, key: own.privateKeyPem }, (from, to) => {
    const { method, url, headers } = from
    const onward = request({ host: '127.0.0.1', port: api.port, method, path: url, headers })
    from.pipe(onward)
    onward.once('response', (reply) => {
      to.writeHead(reply.statusCode ?? 502, reply.headers)
      reply.pipe(to)
    })
  })
  const sockets = trackSockets(tls)
  const port = await listen(tls)
  const proxy = await startConnectProxy({
    routes: { 'api.trycloudflare.com:443': `127.0.0.1:${port}` },
  })
  const authority = join(folder, 'authority.pem')
  writeFileSync(authority, edge.authority.certificatePem)
  return {
    environment: {
      HTTPS_PROXY: proxy.url,
      NO_PROXY: '.argotunnel.com',
      NODE_EXTRA_CA_CERTS: authority,
    },
    close: async () => {
      await Promise.all([proxy.close(), shut(tls, sockets)])
    },
  }
}

describe.skipIf(cloudflared.path === undefined)(titled('the real cloudflared', cloudflared), () => {
  test('opens a quick tunnel unasked on a runner of GitHub, and is gone with the step', async () => {
    await using edgegap = await startEdgegap({ script: ready(1_500) })
    const cloudflare = await startCloudflare()
    const folder = mkdtempSync(join(tmpdir(), 'cloudflared-wrapper-'))
    const wrapper = join(folder, 'cloudflared')
    // The stand-ins take the place of Cloudflare by flags of the binary itself.
    const flags = cloudflare.flags.join(' ')
    writeFileSync(wrapper, `#!/bin/sh\nshift\nexec '${cloudflared.path}' tunnel ${flags} "$@"\n`)
    chmodSync(wrapper, 0o755)
    const service = await startQuickService(cloudflare, folder)
    const job = await deploy(
      edgegap,
      { 'cloudflared-path': wrapper, 'tunnel-timeout': '3s' },
      { env: { RUNNER_ENVIRONMENT: 'github-hosted', ...service.environment } },
    )
    await service.close()
    await cloudflare.close()
    rmSync(folder, { recursive: true })
    // Asked for by the action, before cloudflared runs, and not a second time.
    expect(cloudflare.api.requests.map(({ userAgent }) => userAgent)).toEqual([
      'deploy-game-server',
    ])
    // Nothing here resolves the name, so the tunnel stays unverified: its URL is handed over all the
    // same, and polling brings the news.
    expect(job.main.outputs).toMatchObject({ outcome: 'succeeded', tunnel: 'cloudflared' })
    const body = edgegap.requestsTo('POST', CREATE)[0]?.body as {
      webhook_on_ready: { url: string }
    }
    const { hostname, pathname } = new URL(body.webhook_on_ready.url)
    expect(hostname).toBe(cloudflare.api.tunnels[0]?.hostname)
    expect(pathname).toMatch(/^\/[\w-]{43}$/)
    expect(job.main.rawStdout).toContain('trycloudflare.com')
  })
})
