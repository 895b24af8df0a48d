import { whenAborted } from '../../src/base/clock.ts'
import type { LoadedTransport } from '../../src/webhook/tunnels/load.ts'
import { type TransportContext, TunnelFailure } from '../../src/webhook/tunnels/tunnel.ts'

/** What a tunnel's URL is, unless a test says otherwise. */
export const TUNNEL_URL = 'https://tunnel.test/secret'

/** A tunnel by script: what happens to it happens when a test says so. */
export class FakeTunnel {
  #context: TransportContext | undefined
  readonly #failed = Promise.withResolvers<never>()

  readonly transport: LoadedTransport = {
    needsReceiver: false,
    listenPort: 0,
    run: async (context) => {
      this.#context = context
      await Promise.race([whenAborted(context.signal), this.#failed.promise])
    },
  }

  /** Undefined until the run has opened it. */
  get context(): TransportContext | undefined {
    return this.#context
  }

  get isOpen(): boolean {
    return this.#context?.signal.aborted === false
  }

  hasUrl(url = TUNNEL_URL): void {
    this.#context?.onUrl(new URL(url))
  }

  isVerified(): void {
    this.#context?.onVerified()
  }

  /** The URL is known and leads here. */
  comesUp(): void {
    this.hasUrl()
    this.isVerified()
  }

  isLost(why: string): void {
    this.#context?.onLost(why)
  }

  fails(why: string): void {
    this.#failed.reject(new TunnelFailure('service', why))
  }

  /** Something comes through that says that it is about this deployment. */
  delivers(id: string): void {
    this.#context?.onDelivery({ headers: {}, body: Buffer.from(id) })
  }
}
