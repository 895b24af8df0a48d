import { sendWebhook } from '../webhook-call.ts'
import type { Deployment, WebhookEvent } from './deployment.ts'
import { orderedText } from './ordered-json.ts'
import type { EdgegapSettings } from './settings.ts'
import type { Timers } from './timers.ts'
import { statusJson } from './wire.ts'

export interface WebhookRecord {
  readonly url: string
  /** `by-hand` for one that a test sent. */
  readonly event: WebhookEvent | 'by-hand'
  readonly deploymentId: string | undefined
  /** `performance.now()` when it was sent. */
  readonly at: number
  /** The receiver's answer; undefined while it is awaited, and where there was none. */
  readonly status: number | undefined
  readonly error: string | undefined
}

export interface WebhookRequest {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
}

export interface Webhooks {
  readonly records: readonly WebhookRecord[]
  announce(event: WebhookEvent, deployment: Deployment): void
  /** Sends any body (a string as it is, anything else as JSON); settles when it is over. */
  send(url: string, body: unknown, request?: WebhookRequest): Promise<WebhookRecord>
}

type OpenRecord = { -readonly [K in keyof WebhookRecord]: WebhookRecord[K] }

/** Sends each webhook once: Edgegap is not known to try again (documentation, deploy webhook). */
export function createWebhooks(
  settings: EdgegapSettings,
  timers: Timers,
  closing: AbortSignal,
): Webhooks {
  const records: OpenRecord[] = []

  async function post(
    target: Pick<WebhookRecord, 'url' | 'event' | 'deploymentId'>,
    body: unknown,
    { method = 'POST', headers = {} }: WebhookRequest = {},
  ): Promise<WebhookRecord> {
    const record = { ...target, at: performance.now(), status: undefined, error: undefined }
    const open: OpenRecord = record
    records.push(open)
    const payload = typeof body === 'string' ? body : JSON.stringify(body)
    const signal = AbortSignal.any([closing, AbortSignal.timeout(settings.webhookTimeoutMs)])
    try {
      open.status = await sendWebhook(target.url, payload, { method, headers, signal })
    } catch (error) {
      open.error = String(error)
    }
    return open
  }

  return {
    records,
    announce(event, deployment) {
      const url = deployment.webhooks[event]
      if (url === undefined || settings.dropWebhooks) return
      const body = orderedText(statusJson(deployment, settings))
      const copies = settings.duplicateWebhooks ? 2 : 1
      timers.after(settings.webhookDelayMs, () => {
        for (let copy = 0; copy < copies; copy += 1) {
          void post({ url, event, deploymentId: deployment.id }, body)
        }
      })
    },
    send: (url, body, request) =>
      post({ url, event: 'by-hand', deploymentId: undefined }, body, request),
  }
}
