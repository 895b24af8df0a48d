import { readFileSync } from 'node:fs'
import * as z from 'zod'

type Schema = Parameters<typeof z.fromJSONSchema>[0]
interface Excerpt {
  operations: Record<string, { request?: object; reply: object }>
  schemas: Record<string, object>
}

/** Made from @octokit/openapi by scripts/github-openapi.ts. */
const excerpt = JSON.parse(
  readFileSync(new URL('./openapi.json', import.meta.url), 'utf8'),
) as Excerpt
const readers = new Map<string, z.ZodType>()

/**
 * What is wrong with a body by GitHub's own description of its API; an empty list when nothing is.
 *
 * @throws Error when the description has no such part
 */
export function deviations(operation: string, part: 'request' | 'reply', body: unknown): string[] {
  const { error } = readerOf(operation, part).safeParse(body)
  return error ? error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) : []
}

function readerOf(operation: string, part: 'request' | 'reply'): z.ZodType {
  const name = `${operation} ${part}`
  const schema = excerpt.operations[operation]?.[part]
  if (!schema) throw new Error(`the description has no ${name}`)
  const whole = { ...schema, definitions: excerpt.schemas } as Schema
  const reader = readers.get(name) ?? z.fromJSONSchema(whole, { defaultTarget: 'openapi-3.0' })
  readers.set(name, reader)
  return reader
}
