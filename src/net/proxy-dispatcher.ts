import type { Agent, Dispatcher } from 'undici'
import connect from 'undici/lib/api/api-connect.js'
import EnvHttpProxyAgent from 'undici/lib/dispatcher/env-http-proxy-agent.js'
import Pool from 'undici/lib/dispatcher/pool.js'
import { HttpFailure } from './http-failure.ts'
import { proxiesOf, proxyVariable } from './proxy.ts'

/** Loopback never goes through a proxy: nobody means it to, and undici would by itself. */
const LOOPBACK = ['localhost', '127.0.0.1', '[::1]', '::1']

/** A dispatcher that obeys `http_proxy`, `https_proxy` and `no_proxy` in either letter case. */
export function openProxyDispatcher(
  environment: NodeJS.ProcessEnv,
  options: Agent.Options,
): Dispatcher {
  const noProxy = [proxyVariable(environment, 'no_proxy'), ...LOOPBACK].filter(Boolean).join(',')
  const { httpProxy, httpsProxy } = proxiesOf(environment)
  return new EnvHttpProxyAgent({
    ...options,
    noProxy,
    clientFactory: openProxyClient,
    ...(httpProxy && { httpProxy }),
    ...(httpsProxy && { httpsProxy }),
  })
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
      const reply = await connect.call(pool, tunnel)
      if (reply.statusCode === 200) return reply
      reply.socket.on('error', () => {}).destroy()
      throw new HttpFailure(
        'unreachable',
        `the proxy refused a tunnel to ${tunnel.path} (HTTP ${reply.statusCode})`,
      )
    },
  })
}
