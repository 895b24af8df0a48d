/** True when the environment names a proxy for HTTP or HTTPS, in either letter case. */
export function hasProxy(environment: NodeJS.ProcessEnv): boolean {
  return ['http_proxy', 'https_proxy'].some(
    (name) => environment[name] || environment[name.toUpperCase()],
  )
}
