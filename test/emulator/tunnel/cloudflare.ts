import { type CloudflareEdge, startCloudflareEdge } from './cloudflare-edge.ts'
import { type CloudflareFront, startCloudflareFront } from './cloudflare-front.ts'
import { type Dns, startDns } from './dns.ts'
import { type QuickTunnelApi, startQuickTunnelApi } from './quick-tunnel-api.ts'

export interface CloudflareOptions {
  /** How long after its creation a quick tunnel's name exists in DNS. Default 0. */
  publishAfterMs?: number
  /** 443 and 53 need root; default: free ports. */
  httpsPort?: number
  dnsPort?: number
  /** Names outside `trycloudflare.com` that the certificate has to cover as well. */
  otherNames?: string[]
}

export interface Cloudflare {
  readonly edge: CloudflareEdge
  readonly api: QuickTunnelApi
  readonly front: CloudflareFront
  readonly dns: Dns
  /** What makes a real cloudflared take this for the world. */
  readonly flags: string[]
  close(): Promise<void>
}

/** All of Cloudflare that a quick tunnel needs: its API, edge, public side and name server. */
export async function startCloudflare(options: CloudflareOptions = {}): Promise<Cloudflare> {
  const edge = await startCloudflareEdge()
  const front = await startCloudflareFront({
    edge,
    names: ['trycloudflare.com', '*.trycloudflare.com', ...(options.otherNames ?? [])],
    ...(options.httpsPort === undefined ? {} : { httpsPort: options.httpsPort }),
  })
  const dns = await startDns(options.dnsPort === undefined ? {} : { port: options.dnsPort })
  dns.set('trycloudflare.com', 'NS', ['ns1.trycloudflare.com'])
  dns.set('ns1.trycloudflare.com', 'A', [dns.host])
  const api = await startQuickTunnelApi({
    onTunnel: (tunnel) => {
      edge.addTunnel(tunnel)
      dns.publish(tunnel.hostname, front.host, { afterMs: options.publishAfterMs ?? 0 })
    },
  })
  return {
    edge,
    api,
    front,
    dns,
    flags: [...api.flags, ...edge.flags, '--protocol', 'http2'],
    close: async () => {
      await Promise.all([edge.close(), front.close(), dns.close(), api.close()])
    },
  }
}
