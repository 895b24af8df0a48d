import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'

export interface WebhookCall {
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly signal: AbortSignal
}

/**
 * One request on a connection of its own. Not `fetch`: its pool would keep the connection open and
 * hold up the receiver when it closes.
 *
 * @returns the status of the answer
 */
export function sendWebhook(
  url: string,
  payload: string,
  { method, headers, signal }: WebhookCall,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const start = url.startsWith('https:') ? requestHttps : requestHttp
    const sent = { 'content-type': 'application/json', ...headers }
    const outgoing = start(url, { method, headers: sent, agent: false, signal })
    outgoing.on('error', reject)
    outgoing.on('response', (response) => {
      response.on('error', reject)
      response.on('end', () => resolve(response.statusCode ?? 0))
      response.resume()
    })
    outgoing.end(payload)
  })
}
