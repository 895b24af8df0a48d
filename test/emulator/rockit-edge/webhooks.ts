import type { Timers } from '../edgegap/timers.ts'
import { sendWebhook } from '../webhook-call.ts'
import { type JwtSettings, signJwt } from './jwt.ts'
import { type PipelineEvent, webhookBody } from './pipeline-event.ts'
import type { RockitEdgeSettings } from './settings.ts'
import { isAlive, type Subscription, type Subscriptions } from './subscription.ts'

export interface WebhookRecord {
  readonly url: string
  /** Undefined for one that a test sent by hand. */
  readonly event: PipelineEvent | undefined
  readonly subscription: string | undefined
  readonly body: unknown
  /** `performance.now()` when it was sent. */
  readonly at: number
  /** The receiver's answer; undefined while it is awaited, and where there was none. */
  readonly status: number | undefined
  readonly error: string | undefined
}

/** How a webhook of one's own making differs from a real one. */
export interface WebhookRequest {
  /** That of the newest live subscription by default. */
  readonly url?: string
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  /** In place of a token that is signed as the settings say; null sends none. */
  readonly token?: string | null
  readonly jwt?: Partial<JwtSettings>
}

export interface Webhooks {
  readonly records: readonly WebhookRecord[]
  announce(event: PipelineEvent): void
  /** Sends any body (a string as it is, anything else as JSON); settles when it is over. */
  send(body: unknown, request?: WebhookRequest): Promise<WebhookRecord>
}

type OpenRecord = { -readonly [K in keyof WebhookRecord]: WebhookRecord[K] }
type Target = Pick<WebhookRecord, 'url' | 'event' | 'subscription' | 'body'>
type Headers = Readonly<Record<string, string>>

/** Sends each webhook once: nothing is known of repeats. */
export function createWebhooks(
  settings: RockitEdgeSettings,
  timers: Timers,
  subscriptions: Subscriptions,
  closing: AbortSignal,
): Webhooks {
  const records: OpenRecord[] = []
  let held: (() => void) | undefined

  async function post(target: Target, headers: Headers, method = 'POST'): Promise<WebhookRecord> {
    const record: OpenRecord = {
      ...target,
      at: performance.now(),
      status: undefined,
      error: undefined,
    }
    records.push(record)
    const payload = typeof target.body === 'string' ? target.body : JSON.stringify(target.body)
    const signal = AbortSignal.any([closing, AbortSignal.timeout(settings.webhookTimeoutMs)])
    try {
      record.status = await sendWebhook(target.url, payload, { method, headers, signal })
    } catch (error) {
      record.error = String(error)
    }
    return record
  }

  function deliver(event: PipelineEvent): void {
    const body = webhookBody(event, settings)
    const copies = settings.duplicateWebhooks ? 2 : 1
    for (const subscription of subscriptions.filter((each) => wants(each, body))) {
      const { url, name, secret } = subscription
      for (let copy = 0; copy < copies; copy += 1) {
        void post({ url, event, subscription: name, body }, tokenHeader(secret, settings.jwt))
      }
    }
  }

  function release(): void {
    const late = held
    held = undefined
    late?.()
  }

  return {
    records,
    announce(event) {
      const { dropWebhooks, webhookDelayMs } = settings
      // No type of the schema page stands for the steps between `mkraw` and `deploy`.
      if (event.type === 'image') return
      if (typeof dropWebhooks === 'function' ? dropWebhooks(event) : dropWebhooks) return
      const delayMs = typeof webhookDelayMs === 'function' ? webhookDelayMs(event) : webhookDelayMs
      timers.after(delayMs, () => {
        if (!settings.swapWebhooks) return deliver(event)
        if (held !== undefined) {
          deliver(event)
          return release()
        }
        held = () => deliver(event)
        timers.after(settings.swapWithinMs, release)
      })
    },
    async send(body, { url, method, headers = {}, token, jwt } = {}) {
      const newest = subscriptions.findLast(isAlive)
      const address = url ?? newest?.url
      if (address === undefined) throw new Error('there is no subscription to send a webhook to')
      const signed = token ?? signJwt(newest?.secret ?? '', { ...settings.jwt, ...jwt })
      const own: Headers = token === null ? {} : { 'x-rockit-subscriptions': signed }
      const target = { url: address, event: undefined, subscription: newest?.name, body }
      return post(target, { ...own, ...headers }, method)
    },
  }
}

function wants(subscription: Subscription, { type, event }: Record<string, unknown>): boolean {
  const { types, events } = subscription
  if (!isAlive(subscription)) return false
  return (types?.includes(String(type)) ?? true) && (events?.includes(String(event)) ?? true)
}

function tokenHeader(secret: string, jwt: JwtSettings): Headers {
  return jwt.isSent ? { 'x-rockit-subscriptions': signJwt(secret, jwt) } : {}
}
