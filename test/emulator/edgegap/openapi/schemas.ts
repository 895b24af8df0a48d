import { readFileSync } from 'node:fs'
import * as z from 'zod'

type Json = Record<string, unknown>

/** A reply, or a request, of one endpoint. */
export interface Exchange {
  readonly method: string
  /** Without the query. */
  readonly path: string
  /** Of the reply. */
  readonly status: number
  readonly body: unknown
}

interface Operation {
  readonly name: string
  readonly method: string
  readonly path: RegExp
  readonly request: Json | undefined
  readonly replies: Readonly<Record<string, Json>>
}

export interface Schemas {
  /** `METHOD /path/{parameter}`, as the OpenAPI names it; undefined for what it does not have. */
  operationOf(method: string, path: string): string | undefined
  /** Where a reply is not as the OpenAPI says, each as `OPERATION STATUS FIELD: what`. */
  replyProblems(exchange: Exchange): string[]
  /** The same for the body of a request. */
  requestProblems(exchange: Omit<Exchange, 'status'>): string[]
}

/**
 * Reads the excerpt of Edgegap's OpenAPI documents beside this file. Objects are closed: a field that
 * a schema does not name is a problem, since a misspelt optional field would be one too.
 */
export function readSchemas(): Schemas {
  const file = readFileSync(new URL('edgegap.json', import.meta.url), 'utf8')
  const document = JSON.parse(file) as { schemas: Json; operations: Record<string, Json> }
  const operations = Object.entries(document.operations).map(([name, operation]): Operation => {
    const [method = '', path = ''] = name.split(' ')
    const replies = operation.replies as Record<string, Json>
    const request = operation.request as Json | undefined
    return { name, method, path: pathPattern(path), request, replies }
  })
  // The last is the most particular: `/v1/app/{app}/version` is no application.
  const find = (method: string, path: string) =>
    operations.findLast((candidate) => candidate.method === method && candidate.path.test(path))
  const check = (schema: Json, body: unknown, where: string) =>
    problemsOf(compile(schema, document.schemas), body).map((problem) => `${where} ${problem}`)

  return {
    operationOf: (method, path) => find(method, path)?.name,
    replyProblems({ method, path, status, body }) {
      const operation = find(method, path)
      if (operation === undefined) return [`${method} ${path}: unknown operation`]
      const schema = operation.replies[status]
      const where = `${operation.name} ${status}`
      return schema === undefined ? [`${where}: unknown status`] : check(schema, body, where)
    },
    requestProblems({ method, path, body }) {
      const operation = find(method, path)
      if (operation === undefined) return [`${method} ${path}: unknown operation`]
      if (operation.request !== undefined) return check(operation.request, body, operation.name)
      return body === undefined ? [] : [`${operation.name}: takes no body`]
    },
  }
}

/** An image's name may hold slashes; everything else is one segment. */
function pathPattern(path: string): RegExp {
  const source = path.replace('{image_name}', '.+').replace(/\{\w+\}/g, '[^/]+')
  return new RegExp(`^${source}$`)
}

function compile(schema: Json, schemas: Json): z.ZodType {
  const options = { defaultTarget: 'openapi-3.0' } as const
  return z.fromJSONSchema(close(schema, schemas) as z.core.JSONSchema.BaseSchema, options)
}

/** Puts what is referred to in its place, and closes each object that names its properties. */
function close(schema: unknown, schemas: Json): unknown {
  if (Array.isArray(schema)) return schema.map((item) => close(item, schemas))
  if (typeof schema !== 'object' || schema === null) return schema
  const { $ref, ...rest } = schema as Json
  if (typeof $ref === 'string') return close(schemas[$ref.replace('#/schemas/', '')], schemas)
  const entries = Object.entries(rest).map(([key, value]) => [key, close(value, schemas)])
  const isNamed = rest.properties !== undefined && rest.additionalProperties === undefined
  return { ...Object.fromEntries(entries), ...(isNamed && { additionalProperties: false }) }
}

function problemsOf(schema: z.ZodType, body: unknown): string[] {
  const { error } = schema.safeParse(body, { reportInput: true })
  return (error?.issues ?? []).flatMap((issue) => {
    // Rows of a list are alike.
    const path = issue.path.map((key) => (typeof key === 'number' ? '*' : String(key)))
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => `${[...path, key].join('.')}: unknown field`)
    }
    return [`${path.join('.')}: ${wordFor(issue)}`]
  })
}

function wordFor({ code, input }: z.core.$ZodIssue): string {
  if (input === null) return 'null'
  return input === undefined ? 'missing' : `${code} (${typeof input})`
}
