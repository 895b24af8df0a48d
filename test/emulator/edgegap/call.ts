import type { EdgegapEmulator } from './emulator.ts'

// biome-ignore lint/suspicious/noExplicitAny: the tests look at replies of every shape
export type Body = any

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  readonly body: Body
}

/** Asks the emulator as a client with the valid token would, or with another `authorization`. */
export async function callEdgegap(
  { url, settings }: Pick<EdgegapEmulator, 'url' | 'settings'>,
  method: string,
  path: string,
  body?: unknown,
  authorization = `token ${settings.token}`,
): Promise<Answer> {
  const response = await fetch(`${url}${path}`, {
    method,
    headers: { authorization },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  const text = await response.text()
  return { status: response.status, headers: response.headers, text, body: JSON.parse(text) }
}
