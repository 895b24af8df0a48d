import type { RockitEdgeEmulator } from './emulator.ts'

// biome-ignore lint/suspicious/noExplicitAny: callers read replies of every shape
export type Body = any

/** Calls the emulator's API by hand, as the machine account; for the emulator's own tests. */
export function createCaller(edge: RockitEdgeEmulator) {
  function headers(): Record<string, string> {
    const { organization, username, apiKey } = edge.settings
    return {
      'x-rockit-orgname': organization,
      'x-rockit-username': username,
      'x-rockit-api-key': apiKey,
    }
  }

  async function call(method: string, path: string, body?: unknown, more = headers()) {
    const response = await fetch(`${edge.url}/be/v1${path}`, {
      method,
      headers: { 'content-type': 'application/json', ...more },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    const isJson = response.headers.get('content-type') === 'application/json'
    const content: Body = isJson ? JSON.parse(text) : text
    return { status: response.status, headers: response.headers, body: content }
  }

  return {
    headers,
    call,
    publish: (more = {}) => call('POST', '/builds', { appName: 'my_game', ...more }),
    readApp: async () => (await call('GET', '/apps/my_game')).body,
    listTasks: async () => (await call('GET', '/tasks?limit=50')).body.tasks as Body[],
    put: (to: string, body: BodyInit, more = {}) =>
      fetch(to, { method: 'PUT', body, headers: more }),
  }
}
