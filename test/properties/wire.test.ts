import fc from 'fast-check'
import { afterEach, describe, expect, test } from 'vitest'
import { ActionError } from '../../src/base/errors.ts'
import { readCreate } from '../../src/provider/edgegap/create-reply.ts'
import { keepKeyOrder, originalKey } from '../../src/provider/edgegap/key-order.ts'
import { readVersion } from '../../src/provider/edgegap/versions/version.ts'
import * as edgegap from '../../src/provider/edgegap/wire.ts'
import { parseJson, shapeOf } from '../../src/provider/json.ts'
import { explainFailure } from '../../src/provider/rockit-edge/explain.ts'
import { factsOf } from '../../src/provider/rockit-edge/facts.ts'
import { isSignedWith } from '../../src/provider/rockit-edge/token.ts'
import { readApp } from '../../src/provider/rockit-edge/wire/app.ts'
import { readFailure } from '../../src/provider/rockit-edge/wire/failure.ts'
import * as replies from '../../src/provider/rockit-edge/wire/replies.ts'
import { readRows, readTask, readTaskReply } from '../../src/provider/rockit-edge/wire/task.ts'
import { readNotice } from '../../src/provider/rockit-edge/wire/webhook.ts'
import { holds } from './holds.ts'
import { anyBody, anyText } from './texts.ts'

const EDGEGAP_NAMES = [
  ...['request_id', 'fqdn', 'public_ip', 'current_status', 'error', 'error_detail', 'ports'],
  ...['location', 'city', 'country', 'tags', 'name', 'app_name', 'data', 'pagination', 'has_next'],
  ...['next_page_number', 'ready', 'message', 'detail', 'internal', 'external', 'protocol'],
  ...['logs', 'crash_logs', 'crash_data', 'exit_code', 'restart_count', '8080', '443'],
  ...['version', 'docker_repository', 'docker_image', 'docker_tag', 'private_token', 'envs', 'key'],
  ...['value', 'is_hidden', 'port', 'to_check', 'create_time', 'is_active'],
]
const ROCKIT_EDGE_NAMES = [
  ...['taskName', 'name', 'id', 'type', 'status', 'state', 'created', 'buildName', 'buildChanged'],
  ...['dxfName', 'app', 'task', 'data', 'result', 'items', 'total', 'iCurBuild', 'processing'],
  ...['exporting', 'error', 'message', 'exception', 'httpDownloadFailed', 'fileReadFailed', 'url'],
  ...['deployment', 'httpStatus', 'exitCode', 'sizeBytesActual', 'sizeBytesExpected', 'filename'],
  ...['failedDeployments', 'succeededDeployments', 'uploadUrl', 'headers', 'secret', 'event'],
  ...['orgName', 'appName', 'retryAfter'],
]

afterEach(() => {
  // A key of the wire that had reached the prototype would be on every object from then on.
  expect(Object.keys(Object.prototype)).toEqual([])
  expect(Object.getOwnPropertyNames(Object.prototype)).toHaveLength(12)
})

const REFUSALS: readonly string[] = ['malformed-reply', 'not-the-api']

/** The reading; undefined where the reader refused it as what it is. */
function attempt<T>(reader: () => T): T | undefined {
  try {
    return reader()
  } catch (thrown) {
    if (thrown instanceof ActionError && REFUSALS.includes(thrown.kind)) return undefined
    throw thrown
  }
}

/** No object of ours has taken its prototype from the wire. */
function expectPlain(value: unknown): void {
  if (typeof value !== 'object' || value === null) return
  const prototypes: unknown[] = [Object.prototype, Array.prototype, null]
  expect(prototypes).toContain(Object.getPrototypeOf(value))
  for (const inner of Object.values(value)) expectPlain(inner)
}

describe('whatever Edgegap sends', () => {
  const anyReply = anyBody(EDGEGAP_NAMES)

  test('as a status is an observation or a malformed reply', () =>
    holds(
      fc.property(anyReply, (body) => {
        const read = attempt(() => edgegap.readStatus(body, 'a69f8e3e0555', 'GET /x'))
        if (!read) return
        expectPlain(read)
        expect(['pending', 'succeeded', 'failed']).toContain(read.state)
        const { host, ip, ports = [] } = read.facts
        if (read.state === 'succeeded') expect(host ?? ip).toMatch(/^[A-Za-z0-9._:-]+$/)
        for (const port of ports) {
          expect(port.external).toBeGreaterThan(0)
          expect(port.external).toBeLessThan(65_536)
          expect(port.address).toMatch(/^[A-Za-z0-9._:[\]%-]+:\d+$/)
        }
      }),
      1_500,
    ))

  test('as anything else is read or a malformed reply', () =>
    holds(
      fc.property(anyReply, (body) => {
        const request = 'GET /x'
        const readers = [
          () => edgegap.readDeployments(body, request),
          () => edgegap.readMembership(body, request),
          () => edgegap.readLogs(body, request),
          () => edgegap.readCreatedId(body, request),
          () => edgegap.readProblem(body),
          () => edgegap.readWebhook(body),
          () => edgegap.expectMessage(body, request),
        ]
        for (const reader of readers) expectPlain(attempt(reader))
      }),
      1_000,
    ))

  test('as a row of the list gives no id that could change a path', () =>
    holds(
      fc.property(fc.array(fc.oneof(anyText, fc.stringMatching(/^[a-f0-9]{12}$/))), (ids) => {
        const data = ids.map((request_id) => ({ request_id, ready: true }))
        const { rows } = edgegap.readDeployments(JSON.stringify({ data }), 'GET /x')
        for (const { id } of rows) if (id !== undefined) expect(id).toMatch(/^[\w-]{1,64}$/)
      }),
    ))

  test('as the reply to a create leaves open what is open: then it is looked for', () =>
    holds(
      fc.asyncProperty(anyReply, fc.integer({ min: 200, max: 599 }), async (text, status) => {
        const reply = { status, text, request: 'POST /v2/deployments', headers: {} }
        const result = await readCreate(reply).catch((thrown) => {
          // Which the provider takes for unknown as well.
          expect(thrown).toBeInstanceOf(ActionError)
          return { kind: 'unknown' }
        })
        expect(['created', 'refused', 'unknown']).toContain(result.kind)
        if (result.kind === 'created') expect(status).toBeLessThan(300)
        if (status >= 500 || status === 429) expect(result.kind).toBe('unknown')
      }),
      500,
    ))

  test('as a version keeps no password of the registry', () =>
    holds(
      fc.property(anyReply, (body) => {
        const read = attempt(() => readVersion(body, 'GET /x'))
        if (read) expect(Object.keys(read.fields)).not.toContain('private_token')
      }),
      1_000,
    ))

  test('keys that look like numbers keep their place, and come back as they were', () =>
    holds(
      fc.property(anyReply, (body) => {
        const plain = parseJson(body)
        const ordered = parseJson(keepKeyOrder(body))
        expect(restoreKeys(ordered)).toEqual(plain)
      }),
      1_000,
    ))
})

describe('whatever ROCKIT Edge sends', () => {
  const anyReply = anyBody(ROCKIT_EDGE_NAMES).map((body) => ({ body, json: parseJson(body) }))

  test('is read without a throw', () =>
    holds(
      fc.property(anyReply, ({ body, json }) => {
        const read = [
          readApp(json),
          readTask(json),
          readTaskReply(json),
          readRows(json, 'tasks'),
          readFailure(json),
          replies.readImport(json),
          replies.readSecret(json),
          replies.readSubscriptionName(json),
          replies.readProblem(body, json),
          replies.isMaintenance(503, json),
          readNotice(body, 'org', 'app'),
        ]
        for (const one of read) expectPlain(one)
        expect(shapeOf(json).length).toBeLessThan(100_000)
      }),
      1_000,
    ))

  test('an upload goes to a web address or nowhere', () =>
    holds(
      fc.property(anyReply, ({ json }) => {
        const { uploadUrl } = replies.readImport(json)
        if (uploadUrl !== undefined) expect(uploadUrl).toMatch(/^https?:\/\/[^/]/i)
      }),
      1_000,
    ))

  test('as a failure is explained in sentences without the query of a URL', () =>
    holds(
      fc.property(
        anyReply,
        fc.constantFrom('upload', 'dltar', 'mkraw', 'other', 'deploy'),
        ({ json }, kind) => {
          const failure = readFailure(json)
          const failed = readTask({ name: 't', type: kind, status: 'failed' })
          if (!failed) throw new Error('not a task')
          const scene = { app: 'app', expectedBytes: 1 }
          const { reason, next } = explainFailure({ ...failed, kind, failure }, scene)
          expect([typeof reason, typeof next]).toEqual(['string', 'string'])
          const signed = { ...failure, url: `https://files.example/b.tar?sig=canary-8291` }
          const download = { ...failed, kind: 'dltar', failure: signed } as const
          expect(explainFailure(download, scene).reason).not.toContain('canary-8291')
          expect(
            JSON.stringify(factsOf({ build: '1', buildChanged: true, dxfName: 'd' }, signed)),
          ).not.toContain('canary-8291')
        },
      ),
      500,
    ))

  test('in place of a signature verifies nothing', () =>
    holds(
      fc.asyncProperty(
        fc.oneof(anyText, fc.stringMatching(/^ey[\w-]{0,20}\.ey[\w-]{0,20}\.[\w-]{0,20}$/)),
        anyText,
        async (token, secret) => {
          expect(await isSignedWith(token, [secret])).toBe(false)
        },
      ),
      300,
    ))
})

/** A value in which each key is as it was on the wire. */
function restoreKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(restoreKeys)
  if (typeof value !== 'object' || value === null) return value
  const restored = {}
  for (const [key, inner] of Object.entries(value)) {
    Object.defineProperty(restored, originalKey(key), {
      value: restoreKeys(inner),
      enumerable: true,
      configurable: true,
      writable: true,
    })
  }
  return restored
}
