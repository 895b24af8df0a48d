import { isLoopback } from '../base/loopback.ts'

/** The proxy that a variable names; without a scheme it is one that speaks HTTP, as for curl. */
function proxyUrl(value: string | undefined): string | undefined {
  const text = value?.trim()
  if (!text) return undefined
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`
}

/** The proxies for HTTP and for HTTPS, which is that for HTTP where it has none of its own. */
export function proxiesOf(environment: NodeJS.ProcessEnv): {
  httpProxy: string | undefined
  httpsProxy: string | undefined
} {
  const httpProxy = proxyUrl(proxyVariable(environment, 'http_proxy'))
  return { httpProxy, httpsProxy: proxyUrl(proxyVariable(environment, 'https_proxy')) ?? httpProxy }
}

/** A variable in either letter case. */
export function proxyVariable(
  environment: NodeJS.ProcessEnv,
  name: 'http_proxy' | 'https_proxy' | 'no_proxy',
): string | undefined {
  return environment[name] || environment[name.toUpperCase()]
}

/** True when the environment names a proxy for HTTP or HTTPS, in either letter case. */
export function hasProxy(environment: NodeJS.ProcessEnv): boolean {
  return proxiesOf(environment).httpsProxy !== undefined
}

/**
 * The proxy for a connection that is not HTTP and therefore goes through CONNECT; undefined where it
 * goes directly. Loopback never has one.
 */
export function connectProxyFor(
  environment: NodeJS.ProcessEnv,
  host: string,
  port: number,
): string | undefined {
  const bare = host.toLowerCase().replace(/\.$/, '')
  if (isLoopback(bare)) return undefined
  const entries = (proxyVariable(environment, 'no_proxy') ?? '').toLowerCase().split(/[,\s]+/)
  if (entries.some((entry) => isNamedBy(entry, bare, port))) return undefined
  return proxiesOf(environment).httpsProxy
}

/** One entry of `no_proxy`, read as undici reads it: `*`, a name with all below it, `*.name`, a port. */
function isNamedBy(entry: string, host: string, port: number): boolean {
  // An address of IPv6 has its port behind brackets only; without them all colons are its own.
  const [, bracketed, plain, ofPort, bareIPv6] =
    /^(?:\[(.+)\]|([^:]+))(?::(\d+))?$|^(.*:.*:.*)$/.exec(entry) ?? []
  const name = bracketed ?? plain ?? bareIPv6
  if (name === undefined || (ofPort !== undefined && Number(ofPort) !== port)) return false
  if (name === '*') return true
  const base = name.replace(/^\*?\./, '').replace(/\.$/, '')
  return (host === base && !name.startsWith('*')) || host.endsWith(`.${base}`)
}
