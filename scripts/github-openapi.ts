/**
 * Takes from GitHub's own description of its API what the tests hold their emulator against, without
 * prose and examples: the whole description is 400 MB on disk.
 *
 * Usage: node scripts/github-openapi.ts FILE, with `generated/api.github.com.json` of @octokit/openapi
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

type Json = Record<string, unknown>

/** The operations that the action uses, each with the status of its success. */
const OPERATIONS: Readonly<Record<string, string>> = {
  'repos/create-deployment': '201',
  'repos/list-deployments': '200',
  'repos/create-deployment-status': '201',
  'repos/list-deployment-statuses': '200',
  'issues/create-comment': '201',
  'issues/list-comments': '200',
  'issues/update-comment': '200',
  'pulls/list': '200',
  'repos/list-pull-requests-associated-with-commit': '200',
  'users/get-authenticated': '200',
}

const OUTPUT = fileURLToPath(new URL('../test/emulator/github/openapi.json', import.meta.url))
/** Not `format`: GitHub gives empty texts where it describes a URL. */
const KEPT_WORDS: readonly string[] = [
  ...['type', 'enum', 'nullable', 'required', 'properties', 'items', '$ref'],
  ...['oneOf', 'anyOf', 'allOf', 'additionalProperties'],
]

const [file = ''] = process.argv.slice(2)
const whole = JSON.parse(readFileSync(file, 'utf8')) as {
  info: { version: string }
  paths: Record<string, Record<string, Json>>
  components: { schemas: Record<string, Json> }
}
const schemas: Record<string, unknown> = {}
const operations = Object.values(whole.paths)
  .flatMap((path) => Object.values(path))
  .flatMap((operation) => {
    const status = OPERATIONS[String(operation.operationId)]
    if (status === undefined) return []
    const request = schemaOf(operation.requestBody)
    const reply = schemaOf((operation.responses as Json)[status])
    return [[operation.operationId, { ...(request && { request }), reply }]]
  })
const sorted = Object.fromEntries(Object.entries(schemas).sort(([a], [b]) => (a < b ? -1 : 1)))
const excerpt = { operations: Object.fromEntries(operations), schemas: sorted }
writeFileSync(OUTPUT, `${JSON.stringify(excerpt)}\n`)

function schemaOf(holder: unknown): object | undefined {
  const { content } = (holder ?? {}) as { content?: { 'application/json': { schema: unknown } } }
  return content && (strip(content['application/json'].schema) as object)
}

/** A schema without its prose; what it refers to is added to the schemas. */
function strip(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(strip)
  if (typeof schema !== 'object' || schema === null) return schema
  const kept = Object.entries(schema).filter(([word]) => KEPT_WORDS.includes(word))
  return Object.fromEntries(kept.map(([word, value]) => [word, stripWord(word, value)]))
}

function stripWord(word: string, value: unknown): unknown {
  if (word === '$ref') return refer(String(value))
  if (word === 'enum' || word === 'required') return value
  if (word !== 'properties') return strip(value)
  return Object.fromEntries(Object.entries(value as Json).map(([name, of]) => [name, strip(of)]))
}

function refer(reference: string): string {
  const name = reference.replace('#/components/schemas/', '')
  if (!(name in schemas)) {
    schemas[name] = {}
    schemas[name] = strip(whole.components.schemas[name])
  }
  return `#/definitions/${name}`
}
