/** How the webhook reaches this runner: one transport with all that it needs. */
export type TunnelSettings =
  /** Polling only; `why` is for people. */
  | { readonly transport: 'none'; readonly why: string }
  /** The user's own ingress to this runner. */
  | { readonly transport: 'public'; readonly publicUrl: URL; readonly listenPort: number }
  | SshSettings
  | RelaySettings
  | NamedTunnelSettings
  | QuickTunnelSettings

/** A reverse tunnel to the user's own sshd. */
export interface SshSettings {
  readonly transport: 'ssh'
  readonly host: string
  readonly port: number
  readonly user: string
  readonly privateKey: string
  readonly knownHosts: string
  /** 0: the server chooses. */
  readonly remotePort: number
  /** With `{port}` where the server's choice belongs. */
  readonly publicUrl: string
}

/** A channel server that speaks smee's or gosmee's format. */
export interface RelaySettings {
  readonly transport: 'relay'
  /** The server, without channel. */
  readonly relayUrl: URL
}

/** A Cloudflare tunnel of the user's own, whose host name leads to `listenPort` here. */
export interface NamedTunnelSettings {
  readonly transport: 'cloudflared-named'
  readonly token: string
  readonly hostname: string
  readonly listenPort: number
  readonly binaryPath: string | undefined
}

/** A Cloudflare quick tunnel: no account, a random name, no promise of service. */
export interface QuickTunnelSettings {
  readonly transport: 'cloudflared-quick'
  readonly binaryPath: string | undefined
  /** Opened because nothing was said; then its failure is not worth a warning. */
  readonly isUnasked: boolean
}
