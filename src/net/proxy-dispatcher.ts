import type { Agent, Dispatcher } from 'undici'
import connect from 'undici/lib/api/api-connect.js'
import DispatcherBase from 'undici/lib/dispatcher/dispatcher.js'
import EnvHttpProxyAgent from 'undici/lib/dispatcher/env-http-proxy-agent.js'

/** Loopback never goes through a proxy: nobody means it to, and undici would by itself. */
const LOOPBACK = ['localhost', '127.0.0.1', '[::1]', '::1']

/** A dispatcher that obeys `http_proxy`, `https_proxy` and `no_proxy` in either letter case. */
export function openProxyDispatcher(
  environment: NodeJS.ProcessEnv,
  options: Agent.Options,
): Dispatcher {
  // A tunnel is opened by this method, which only undici's main entry adds to its dispatchers.
  Object.assign(DispatcherBase.prototype, { connect })
  const named = (name: string) => environment[name] || environment[name.toUpperCase()]
  const noProxy = [named('no_proxy'), ...LOOPBACK].filter(Boolean).join(',')
  const httpProxy = named('http_proxy')
  const httpsProxy = named('https_proxy') ?? httpProxy
  return new EnvHttpProxyAgent({
    ...options,
    noProxy,
    ...(httpProxy && { httpProxy }),
    ...(httpsProxy && { httpsProxy }),
  })
}
