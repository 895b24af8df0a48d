import { describe, expect, it } from 'vitest'
import { startEdgegapEmulator } from './edgegap/emulator.ts'
import {
  type Deviation,
  deviations,
  deviationsBySetting,
  unexpected,
} from './edgegap/openapi/deviations.ts'
import { everyReply, everyReplyOptions } from './edgegap/openapi/every-reply.ts'
import { readSchemas } from './edgegap/openapi/schemas.ts'
import type { EdgegapOptions } from './edgegap/settings.ts'

const schemas = readSchemas()

async function play(options: EdgegapOptions = {}) {
  const edgegap = await startEdgegapEmulator({ ...everyReplyOptions, ...options })
  try {
    const replies = await everyReply(edgegap)
    const problems = replies.flatMap((reply) => schemas.replyProblems(reply))
    return { replies, problems, edgegap }
  } finally {
    await edgegap.close()
  }
}

const used = (all: readonly Deviation[], problems: readonly string[]) =>
  all.filter(({ problem }) => problems.some((text) => problem.test(text)))

describe('every reply of the Edgegap emulator', () => {
  it('is as the OpenAPI says, but for the deviations that are listed with a reason', async () => {
    const { problems } = await play()
    expect(unexpected(problems, deviations)).toEqual([])
    // A deviation that is no longer needed goes from the list.
    expect(used(deviations, problems)).toEqual(deviations)
  })

  it('answers a request that is as the OpenAPI says where it is a success', async () => {
    const { edgegap } = await play()
    const accepted = edgegap.requests.filter(({ status = 500 }) => status < 300)
    const problems = accepted.flatMap((request) => schemas.requestProblems(request))
    expect(unexpected(problems, deviations)).toEqual([])
    expect(accepted.some(({ method }) => method === 'PATCH')).toBe(true)
  })

  it('comes with a status that is looked at here', async () => {
    const { replies } = await play()
    const seen: Record<string, Set<number>> = {}
    for (const { method, path, status } of replies) {
      const operation = schemas.operationOf(method, path) ?? `${method} ${path}`
      seen[operation] = (seen[operation] ?? new Set()).add(status)
    }
    const sorted = Object.entries(seen).map(([operation, statuses]) => [
      operation,
      [...statuses].sort().join(' '),
    ])
    expect(Object.fromEntries(sorted)).toEqual({
      'POST /v1/app': '200 400 401 409',
      'GET /v1/app/{app_name}': '200 401 404',
      'GET /v1/apps': '200 400 401',
      'POST /v1/app/{app_name}/version': '200 400 401 404 409 424',
      'GET /v1/app/{app_name}/version/{version_name}': '200 401 404',
      'PATCH /v1/app/{app_name}/version/{version_name}': '200 400 401 404 424 500',
      'DELETE /v1/app/{app_name}/version/{version_name}': '200 401 404',
      'GET /v1/app/{app_name}/versions': '200 400 401 404',
      'GET /v1/container-registry/images/{image_name}/tags': '200 400 401 404',
      'GET /v1/locations': '200 400 401',
      'POST /v2/deployments': '202 400 401 422 429',
      'GET /v1/deployments': '200 400 401 429',
      'GET /v1/status/{deployment_id}': '200 400 401 404 429',
      'DELETE /v1/stop/{deployment_id}': '200 202 400 401 404 410',
      'GET /v1/deployment/{deployment_id}/container-logs': '200 400 401 404',
    })
  })

  const variants: [name: keyof typeof deviationsBySetting, options: EdgegapOptions][] = [
    ['beforeReadyNull', { beforeReady: 'null' }],
    ['beforeReadyAbsent', { beforeReady: 'absent' }],
    ['numbersAsText', { numbers: 'string' }],
    ['unsetFieldsNull', { unsetFields: 'null' }],
    ['defaultTimeToDeploy', { defaultTimeToDeploySeconds: 10 }],
    ['registryShapeLive', { registryShape: 'live' }],
    ['unknownApplicationStatus', { unknownApplicationStatus: 404 }],
    ['deleteOfUsedVersionStatus', { deleteOfUsedVersionStatus: 400 }],
  ]

  it.each(variants)(
    'deviates further by the setting for %s, and only so',
    async (name, options) => {
      const { problems } = await play(options)
      const own = deviationsBySetting[name]
      const allowed = own === undefined ? deviations : [...deviations, own]
      expect(unexpected(problems, allowed)).toEqual([])
      expect(used(allowed, problems)).toContain(own)
    },
  )

  it('lists no setting that is not tried', () => {
    expect(variants.map(([name]) => name)).toEqual(Object.keys(deviationsBySetting))
  })

  it.each<EdgegapOptions>([
    { privateToken: 'placeholder' },
    { privateToken: 'absent' },
    { statusSpelling: 'lower' },
    { portKeys: 'number' },
    { tagsInRows: false },
    { stopEndsNothing: true },
    { replyWithOtherId: true },
    { versionOrder: 'newest-first', patchResources: 'never' },
    { placedIn: 'Zürich', maxDeployments: 1, maxDeploymentsStatus: 422 },
  ])('is as the OpenAPI says with %o', async (options) => {
    const { problems } = await play(options)
    expect(unexpected(problems, deviations)).toEqual([])
  })
})

describe('the check itself', () => {
  const status = { method: 'GET', path: '/v1/app/a/version/v', status: 200 }
  const version = { name: 'v', docker_repository: 'r', docker_image: 'i', docker_tag: 't' }

  it('finds what is missing, wrong, unknown or null', () => {
    const body = { ...version, req_cpu: '1', dns_config: null, req_memroy: 512 }
    const problems = schemas.replyProblems({ ...status, body })
    const where = 'GET /v1/app/{app_name}/version/{version_name} 200'
    expect(problems.toSorted()).toEqual([
      `${where} dns_config: null`,
      `${where} req_cpu: invalid_type (string)`,
      `${where} req_memory: missing`,
      `${where} req_memroy: unknown field`,
    ])
  })

  it('looks at every port of a map, whatever its name', () => {
    const row = { request_id: 'a', fqdn: 'b', ready: true, start_time: '', public_ip: '' }
    const body = { data: [{ ...row, ports: { '8080': {} } }], total_count: 1 }
    const problems = schemas.replyProblems({
      method: 'GET',
      path: '/v1/deployments',
      status: 200,
      body,
    })
    expect(problems).toContain('GET /v1/deployments 200 data.*.ports.8080.internal: missing')
    expect(problems).toContain('GET /v1/deployments 200 pagination: missing')
  })

  it('knows which operation and status there is', () => {
    const body = { message: '' }
    expect(schemas.replyProblems({ ...status, status: 418, body })[0]).toMatch(
      /418: unknown status/,
    )
    const other = { method: 'GET', path: '/v1/moon', status: 200, body }
    expect(schemas.replyProblems(other)).toEqual(['GET /v1/moon: unknown operation'])
  })

  it('looks at the body of a request', () => {
    const path = '/v1/app/a/version'
    const ask = (body: unknown) => schemas.requestProblems({ method: 'POST', path, body })
    expect(ask({ ...version, req_cpu: 100, req_memory: 100 })).toEqual([])
    expect(ask(version)).toContain('POST /v1/app/{app_name}/version req_cpu: missing')
  })
})
