import { createHash } from 'node:crypto'
import {
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { request } from 'node:http'
import { createServer } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { PINS } from '../../src/webhook/tunnels/cloudflared/pins.ts'
import { startCloudflare } from '../../test/emulator/tunnel/cloudflare.ts'
import { findCloudflared } from '../../test/emulator/tunnel/cloudflared-binary.ts'
import { startConnectProxy } from '../../test/emulator/tunnel/connect-proxy.ts'
import { listen, shut, trackSockets } from '../../test/emulator/tunnel/loopback-server.ts'

const DIST = fileURLToPath(new URL('../../dist', import.meta.url))
const ACTION = fileURLToPath(new URL('../../action.yml', import.meta.url))

/** What a runner of GitHub's has of Cloudflare and of GitHub's releases, all of it on this machine. */
export interface QuickTunnels {
  /** The built action, with the sum of the stand-in download in the place of the official one. */
  readonly actionFile: string
  readonly environment: Readonly<Record<string, string>>
  /** How often cloudflared was downloaded. */
  readonly downloads: number
  close(): Promise<void>
}

/**
 * The quick tunnel service and the releases of cloudflared under their own names, behind a proxy. What
 * is downloaded has the size of the real cloudflared and runs it, with flags that lead it to a
 * stand-in for Cloudflare's edge.
 *
 * @returns undefined where there is no cloudflared for this machine
 */
export async function startQuickTunnels(): Promise<QuickTunnels | undefined> {
  const { path } = findCloudflared()
  if (path === undefined) return undefined
  const cloudflare = await startCloudflare()
  const { api, edge } = cloudflare
  const folder = mkdtempSync(join(tmpdir(), 'bench-step-'))
  const asset = padded(path, cloudflare.flags)
  const authority = join(folder, 'authority.pem')
  writeFileSync(authority, edge.authority.certificatePem)
  const own = edge.authority.issue(['api.trycloudflare.com', 'github.com'])
  let downloads = 0
  const service = createServer({ cert: own.certificatePem, key: own.privateKeyPem }, (from, to) => {
    const { method, url, headers } = from
    if (headers.host === 'github.com') {
      downloads += 1
      to.end(asset)
      return
    }
    const onward = request({ host: '127.0.0.1', port: api.port, method, path: url, headers })
    from.pipe(onward)
    onward.once('response', (reply) => {
      to.writeHead(reply.statusCode ?? 502, reply.headers)
      reply.pipe(to)
    })
  })
  const sockets = trackSockets(service)
  const own443 = `127.0.0.1:${await listen(service)}`
  const proxy = await startConnectProxy({
    routes: { 'api.trycloudflare.com:443': own443, 'github.com:443': own443 },
  })
  return {
    actionFile: copyAction(folder, createHash('sha256').update(asset).digest('hex')),
    environment: {
      RUNNER_ENVIRONMENT: 'github-hosted',
      HTTPS_PROXY: proxy.url,
      NO_PROXY: '.argotunnel.com,127.0.0.1',
      NODE_EXTRA_CA_CERTS: authority,
    },
    get downloads() {
      return downloads
    },
    close: async () => {
      await Promise.all([proxy.close(), shut(service, sockets), cloudflare.close()])
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** A script that runs the real binary, as long as that: the shell reads no further than to its `exec`. */
function padded(path: string, flags: readonly string[]): Buffer {
  const script = `#!/bin/sh\nshift\nexec '${path}' tunnel ${flags.join(' ')} "$@"\n`
  return Buffer.concat([Buffer.from(script), Buffer.alloc(statSync(path).size - script.length)])
}

function copyAction(folder: string, sum: string): string {
  const pinned = PINS[`${process.platform}-${process.arch}`]?.binarySha256 ?? ''
  const dist = join(folder, 'dist')
  cpSync(DIST, dist, { recursive: true })
  cpSync(ACTION, join(folder, 'action.yml'))
  for (const name of readdirSync(dist)) {
    const file = join(dist, name)
    const text = readFileSync(file, 'utf8')
    if (text.includes(pinned)) writeFileSync(file, text.replaceAll(pinned, sum))
  }
  return join(folder, 'action.yml')
}
