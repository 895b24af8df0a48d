import type { TunnelSettings } from '../../settings/tunnel.ts'
import type { Transport } from './tunnel.ts'

export interface LoadedTransport {
  /** False when deliveries come by the transport's own way. */
  needsReceiver: boolean
  /** The port that the receiver must have; 0 for any. */
  listenPort: number
  run: Transport
}

/** Loads the transport that the settings name, and no other; undefined for `none`. */
export async function loadTransport(
  settings: TunnelSettings,
): Promise<LoadedTransport | undefined> {
  switch (settings.transport) {
    case 'none':
      return undefined
    case 'public': {
      const { publicTransport } = await import('./public.ts')
      return {
        needsReceiver: true,
        listenPort: settings.listenPort,
        run: publicTransport(settings),
      }
    }
    case 'ssh': {
      const { sshTransport } = await import('./ssh.ts')
      return { needsReceiver: true, listenPort: 0, run: sshTransport(settings) }
    }
    case 'relay': {
      const { relayTransport } = await import('./relay.ts')
      return { needsReceiver: false, listenPort: 0, run: relayTransport(settings) }
    }
    case 'cloudflared-named': {
      const { namedTransport } = await import('./cloudflared/named.ts')
      return { needsReceiver: true, listenPort: settings.listenPort, run: namedTransport(settings) }
    }
    case 'cloudflared-quick': {
      const { quickTransport } = await import('./cloudflared/quick.ts')
      return { needsReceiver: true, listenPort: 0, run: quickTransport(settings) }
    }
  }
}
