import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { createServer } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startCloudflare } from '../../test/emulator/tunnel/cloudflare.ts'
import { findCloudflared } from '../../test/emulator/tunnel/cloudflared-binary.ts'
import { startConnectProxy } from '../../test/emulator/tunnel/connect-proxy.ts'
import { listen, shut, trackSockets } from '../../test/emulator/tunnel/loopback-server.ts'

/** What a runner of GitHub's has of Cloudflare, all of it on this machine. */
export interface QuickTunnels {
  readonly inputs: Readonly<Record<string, string>>
  readonly environment: Readonly<Record<string, string>>
  close(): Promise<void>
}

/**
 * The quick tunnel service under its own name, behind a proxy, and the real cloudflared, led by flags
 * to a stand-in for Cloudflare's edge.
 *
 * @returns undefined where there is no cloudflared for this machine
 */
export async function startQuickTunnels(): Promise<QuickTunnels | undefined> {
  const { path } = findCloudflared()
  if (path === undefined) return undefined
  const cloudflare = await startCloudflare()
  const { api, edge } = cloudflare
  const folder = mkdtempSync(join(tmpdir(), 'bench-step-'))
  const wrapper = join(folder, 'cloudflared')
  const flags = cloudflare.flags.join(' ')
  writeFileSync(wrapper, `#!/bin/sh\nshift\nexec '${path}' tunnel ${flags} "$@"\n`)
  chmodSync(wrapper, 0o755)
  const authority = join(folder, 'authority.pem')
  writeFileSync(authority, edge.authority.certificatePem)
  const own = edge.authority.issue(['api.trycloudflare.com'])
  const service = createServer({ cert: own.certificatePem, key: own.privateKeyPem }, (from, to) => {
    const { method, url, headers } = from
    const onward = request({ host: '127.0.0.1', port: api.port, method, path: url, headers })
    from.pipe(onward)
    onward.once('response', (reply) => {
      to.writeHead(reply.statusCode ?? 502, reply.headers)
      reply.pipe(to)
    })
  })
  const sockets = trackSockets(service)
  const proxy = await startConnectProxy({
    routes: { 'api.trycloudflare.com:443': `127.0.0.1:${await listen(service)}` },
  })
  return {
    inputs: { 'cloudflared-path': wrapper },
    environment: {
      RUNNER_ENVIRONMENT: 'github-hosted',
      HTTPS_PROXY: proxy.url,
      NO_PROXY: '.argotunnel.com,127.0.0.1',
      NODE_EXTRA_CA_CERTS: authority,
    },
    close: async () => {
      await Promise.all([proxy.close(), shut(service, sockets), cloudflare.close()])
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
