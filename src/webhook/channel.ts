import type { Clock } from '../base/clock.ts'
import type { Delivery, Notification } from '../base/delivery.ts'
import { describe } from '../base/errors.ts'
import { asSentence } from '../base/sentence.ts'
import type { ActionProcess } from '../runner/process.ts'
import type { TunnelSettings } from '../settings/tunnel.ts'
import type { Waker } from '../wait/waker.ts'
import { spawnChild } from './child.ts'
import { Leftovers } from './leftovers.ts'
import { Notifications } from './notifications.ts'
import { PrivateFolder } from './private-folder.ts'
import { type Receiver, startReceiver } from './receiver.ts'
import { Reliance } from './reliance.ts'
import { ignoredRequests, reportFailure, reportState } from './report.ts'
import { selfPing } from './self-ping.ts'
import { loadTransport } from './tunnels/load.ts'
import { type TransportContext, TunnelFailure } from './tunnels/tunnel.ts'

/** How long the tunnel may take to end when the channel is closed. */
const CLOSE_MS = 1_500

export interface ChannelOptions extends ActionProcess {
  settings: TunnelSettings
  /** How long the tunnel may try to come up, retries included. */
  opensWithinMs: number
  readNotification: (delivery: Delivery) => Notification | Promise<Notification>
  /** Without a tunnel the run fails and says so itself; nothing is polled instead. */
  isRequired?: boolean
  clock: Clock
  random: () => number
  /** Tests give transports with shorter times. */
  load?: typeof loadTransport
}

type State = 'opening' | 'verified' | 'lost' | 'failed'

/**
 * The webhook receiver and the tunnel that leads to it. What a delivery says is never believed: it only
 * makes the wait check the provider's own API. Whatever happens to the channel, polling goes on; while
 * it is not verified, at full pace.
 */
export class WebhookChannel {
  readonly #options: ChannelOptions
  readonly #closing = new AbortController()
  readonly #notifications = new Notifications()
  readonly #leftovers: Leftovers
  #receiver: Receiver | undefined
  #state: State = 'opening'
  #url: URL | undefined
  #error = ''
  readonly #reliance: Reliance
  readonly #folder: PrivateFolder
  #ended: Promise<void> = Promise.resolve()
  readonly #settled = new AbortController()
  /** Aborts when the URL is known, or will not be known soon. */
  readonly #urlKnown = new AbortController()
  #retryError = ''

  /** Opens the channel and returns at once; the tunnel comes up beside whatever the caller does. */
  static open(options: ChannelOptions): WebhookChannel {
    const channel = new WebhookChannel(options)
    channel.#ended = channel.#run()
    return channel
  }

  private constructor(options: ChannelOptions) {
    this.#options = options
    this.#leftovers = new Leftovers(options.runner)
    this.#reliance = new Reliance(options.clock, options.random)
    this.#folder = new PrivateFolder(options.environment, this.#leftovers)
  }

  /** For the output `tunnel`: the transport in use, or `none`. */
  get tunnel(): string {
    if (this.#url === undefined || this.#state === 'failed') return 'none'
    if (this.#reliance.isDistrusted) return 'none'
    return this.#options.settings.transport.split('-')[0] ?? 'none'
  }

  /** For the output `tunnel-error`: why there is no tunnel, or why it was not relied on. */
  get error(): string {
    return this.#error || (this.#url === undefined ? this.#retryError : '')
  }

  /** Neither verified nor failed yet. */
  get isOpening(): boolean {
    return this.#state === 'opening'
  }

  get isVerified(): boolean {
    return this.#state === 'verified'
  }

  /** The URL that notifications are sent to, as soon as it is known. */
  get url(): URL | undefined {
    return this.#state === 'failed' ? undefined : this.#url
  }

  /** Resolves when the tunnel is verified or has failed, after `limitMs`, or when `signal` aborts. */
  async whenSettled(limitMs: number, signal: AbortSignal): Promise<void> {
    await this.#options.clock.sleep(limitMs, AbortSignal.any([signal, this.#settled.signal]))
  }

  /**
   * Resolves when the URL is known, verified or not, or when an attempt to get one has failed; after
   * `limitMs`, or when `signal` aborts.
   */
  async whenUrlKnown(limitMs: number, signal: AbortSignal): Promise<void> {
    const known = AbortSignal.any([signal, this.#settled.signal, this.#urlKnown.signal])
    await this.#options.clock.sleep(limitMs, known)
  }

  /**
   * The waker of one deployment.
   *
   * @param handedOver the URL that the provider was given in the create: once the tunnel has another,
   *   this waker is not to be relied on. Undefined for a provider that was given it otherwise.
   */
  wakerFor(id: string, handedOver?: URL): Waker {
    // Notifications that get lost during the first status check are to be known of after it.
    this.#notifications.listen(id)
    return {
      nextWake: (signal) => this.#notifications.nextWake(id, signal),
      slowPollMs: (elapsedMs) => {
        if (this.#state !== 'verified') return undefined
        if (handedOver && handedOver.href !== this.#url?.href) return undefined
        return this.#reliance.slowPollMs(elapsedMs)
      },
    }
  }

  /** The provider will send no webhook, though the tunnel is up: polling stays at full pace for good. */
  distrust(why: string): void {
    this.#reliance.isDistrusted = true
    this.#error = why
    this.#options.printer.warning(`No webhook: ${asSentence(why)} Polling instead.`)
    this.#notifications.wakeAll('changed')
  }

  /** Ends the tunnel, its children and its files. Safe to call at any time and more than once. */
  async close(): Promise<void> {
    this.#closing.abort()
    // Transports end their children within a fraction of a second; should one hang, nobody waits.
    await Promise.race([this.#ended, this.#options.clock.sleep(CLOSE_MS)])
    this.#receiver?.close()
    await this.#folder.remove()
    this.#tellRejects()
  }

  async #run(): Promise<void> {
    const { settings } = this.#options
    try {
      const transport = await (this.#options.load ?? loadTransport)(settings)
      if (!transport) throw new TunnelFailure('unavailable', 'why' in settings ? settings.why : '')
      if (transport.needsReceiver) await this.#listen(transport.listenPort)
      await transport.run(this.#context())
    } catch (thrown) {
      if (this.#closing.signal.aborted) return
      this.#error = thrown instanceof TunnelFailure ? thrown.message : describe(thrown)
      const isOnItsWay = this.#state === 'opening'
      this.#state = 'failed'
      this.#settled.abort()
      this.#notifications.wakeAll('changed')
      reportFailure(this.#options, thrown, this.#error, isOnItsWay)
    }
  }

  async #listen(port: number): Promise<void> {
    const take = (delivery: Delivery) => void this.#take(delivery)
    this.#receiver = await startReceiver(port, take, () => this.#crowded()).catch((thrown) => {
      throw new TunnelFailure('unavailable', `port ${port} is not free (${describe(thrown)})`)
    })
    this.#options.printer.hide(this.#receiver.path.slice(1))
  }

  /** Somebody fills the receiver: while it lasts, nobody relies on the webhook. */
  #crowded(): void {
    if (!this.#reliance.crowded()) return
    this.#options.printer.line('Webhook: too many connections; polling at full pace meanwhile')
    this.#notifications.wakeAll('changed')
  }

  async #take(delivery: Delivery): Promise<void> {
    try {
      const notification = await this.#options.readNotification(delivery)
      if (notification.kind === 'notification') this.#notifications.notification(notification.id)
      else this.#notifications.ignored(notification.why)
    } catch {
      this.#notifications.ignored('unreadable')
    }
  }

  #context(): TransportContext {
    const { clock, printer, environment, random } = this.#options
    return {
      clock,
      environment,
      random,
      signal: this.#closing.signal,
      opensUntilMs: clock.nowMs() + this.#options.opensWithinMs,
      log: (line) => printer.line(line),
      warn: (text) => printer.warning(text),
      hide: (secret) => printer.hide(secret),
      localPort: this.#receiver?.port ?? 0,
      path: this.#receiver?.path ?? '',
      ping: async (url, lookup) => {
        const receiver = this.#receiver
        if (!receiver) throw new TunnelFailure('unavailable', 'nothing listens')
        await selfPing(url, receiver, { environment, signal: this.#closing.signal, lookup })
      },
      privateFolder: () => this.#folder.open(),
      spawn: (command, args, options) =>
        spawnChild(command, args, options, environment, this.#leftovers),
      onRetry: (why) => {
        this.#retryError = why
        this.#urlKnown.abort()
      },
      onUrl: (url) => {
        this.#url = url
        this.#urlKnown.abort()
      },
      onVerified: () => this.#become('verified', ''),
      onLost: (why) => this.#become('lost', why),
      onGap: () => this.#notifications.wakeAll('gap'),
      onDelivery: (delivery) => void this.#take(delivery),
    }
  }

  #become(state: State, why: string): void {
    if (this.#state === state) return
    this.#state = state
    if (!this.#reliance.isDistrusted) this.#error = why
    reportState(this.#options.printer, state === 'verified' ? this.tunnel : undefined, why)
    // Also when it was given up: then nothing is to be waited for.
    this.#settled.abort()
    this.#notifications.wakeAll('changed')
  }

  #tellRejects(): void {
    const rejects = this.#receiver?.rejects.reasons ?? {}
    this.#receiver = undefined
    const line = ignoredRequests([...Object.entries(rejects), ...this.#notifications.leftOver()])
    if (line !== '') this.#options.printer.line(line)
  }
}
