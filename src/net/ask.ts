import type { Dispatcher } from 'undici'
import request from 'undici/lib/api/api-request.js'

/**
 * One request, given up as soon as its signal aborts. Undici by itself looks at the signal only once
 * there is a connection: behind a proxy or a firewall that takes the connection and then says nothing,
 * it would wait for its own time-outs, however soon the request was to end. What is given up is not sent
 * later either.
 *
 * @throws the reason of the signal, or what undici throws
 */
export function ask(
  dispatcher: Dispatcher,
  options: Dispatcher.RequestOptions & { signal: AbortSignal },
): Promise<Dispatcher.ResponseData> {
  const { signal } = options
  return new Promise((resolve, reject) => {
    const giveUp = () => reject(signal.reason)
    if (signal.aborted) return giveUp()
    signal.addEventListener('abort', giveUp)
    request
      .call(dispatcher, options)
      .then(resolve, reject)
      .finally(() => signal.removeEventListener('abort', giveUp))
  })
}
