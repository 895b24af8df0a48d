import type { Agent, Dispatcher } from 'undici'
import connect from 'undici/lib/api/api-connect.js'
import EnvHttpProxyAgent from 'undici/lib/dispatcher/env-http-proxy-agent.js'
import Pool from 'undici/lib/dispatcher/pool.js'
import { connectionFailure, HttpFailure } from './http-failure.ts'
import { proxiesOf, proxyVariable } from './proxy.ts'

/** Loopback never goes through a proxy: nobody means it to, and undici would by itself. */
const LOOPBACK = ['localhost', '127.0.0.1', '[::1]', '::1']

/** How long a proxy may take to open a tunnel; undici would wait for ever. */
const TUNNEL_MS = 10_000

/**
 * A dispatcher that obeys `http_proxy`, `https_proxy` and `no_proxy` in either letter case.
 *
 * @throws TypeError for what is not the URL of an HTTP proxy
 */
export function openProxyDispatcher(
  environment: NodeJS.ProcessEnv,
  options: Agent.Options,
): Dispatcher {
  const noProxy = [proxyVariable(environment, 'no_proxy'), ...LOOPBACK].filter(Boolean).join(',')
  const { httpProxy, httpsProxy } = proxiesOf(environment)
  for (const proxy of [httpProxy, httpsProxy]) if (proxy !== undefined) refuseOther(proxy)
  return new EnvHttpProxyAgent({
    ...options,
    noProxy,
    clientFactory: openProxyClient,
    ...(httpProxy && { httpProxy }),
    ...(httpsProxy && { httpsProxy }),
  })
}

/** undici takes SOCKS as an experiment, with a warning on the console past our log. */
function refuseOther(proxy: string): void {
  const { protocol } = new URL(proxy)
  if (!/^https?:$/.test(protocol)) throw new TypeError(`${protocol} is not supported`)
}

/**
 * Connections to the proxy itself. Only undici's main entry, which is not loaded, gives a pool the
 * method by which its proxy agent asks for tunnels; here it also tells a refusal by the proxy, after
 * which nothing can have been sent, from a connection that broke.
 */
function openProxyClient(origin: URL, options: object): Dispatcher {
  const pool = new Pool(origin, options)
  return Object.assign(pool, {
    connect: async (tunnel: Dispatcher.ConnectOptions) => {
      const reply = await connect
        .call(pool, { ...tunnel, headersTimeout: TUNNEL_MS })
        .catch((error) => {
          throw ofProxy(error, origin)
        })
      if (reply.statusCode === 200) return reply
      reply.socket.on('error', () => {}).destroy()
      throw new HttpFailure(
        'unreachable',
        `the proxy refused a tunnel to ${tunnel.path} (HTTP ${reply.statusCode})`,
      )
    },
  })
}

/**
 * Until the proxy has opened a tunnel nothing was sent, whatever broke. The proxy is named: with its
 * address in the error nobody looks for the fault at the other end.
 */
function ofProxy(error: NodeJS.ErrnoException, origin: URL): unknown {
  if (error.name === 'AbortError') return error
  const proxy = `the proxy ${origin.host}`
  if (error.code === 'UND_ERR_HEADERS_TIMEOUT') {
    return new HttpFailure('unreachable', `${proxy} opened no tunnel within ${TUNNEL_MS / 1_000} s`)
  }
  const { reason, message } = connectionFailure(error, proxy)
  const hint = /_SSL_/.test(message)
    ? ': the proxy speaks no TLS, so its URL begins with http://'
    : ''
  return new HttpFailure(reason === 'untrusted' ? reason : 'unreachable', `${message}${hint}`)
}
