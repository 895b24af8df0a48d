import { callEdgegap } from '../call.ts'
import type { EdgegapEmulator } from '../emulator.ts'
import { never, ready, readyThenEnds } from '../script.ts'
import type { Exchange } from './schemas.ts'

/** Settings under which every reply below comes about, with the versions that it needs. */
export const everyReplyOptions = {
  catalogue: {
    'my-game': {
      prod: { variables: [{ key: 'SECRET', value: 'hush', isSecret: true }] },
      full: {
        ports: [{ port: 9000, protocol: 'WS', name: 'web', tls_upgrade: true }],
        termination_grace_period_seconds: 30,
        endpoint_storage: 'logs',
      },
    },
  },
  images: { 'registry.edgegap.com/my-org/games/shooter': ['1.0', '1.1', '1.2'] },
  registryLogins: { 'registry.edgegap.com': { username: 'robot$ci', token: 'let-me-in' } },
  rateLimits: { listPerSecond: 1_000, statusPerSecond: 1_000, deployPerSecond: 1_000 },
  script: ready(0),
  terminateAfterMs: 60_000,
}

const app = '/v1/app/my-game'
const image = {
  docker_repository: 'registry.edgegap.com',
  docker_image: 'my-org/games/shooter',
  docker_tag: '1.1',
}
const login = { private_username: 'robot$ci', private_token: 'let-me-in' }
const version = { name: 'v2', ...image, ...login, req_cpu: 256, req_memory: 512 }
const order = {
  application: 'my-game',
  version: 'full',
  users: [{ user_type: 'geo_coordinates', user_data: { latitude: 50, longitude: 8 } }],
}

/** Asks the emulator for every reply that it has, the bad ones included; gives them all. */
export async function everyReply(edgegap: EdgegapEmulator): Promise<Exchange[]> {
  const exchanges: Exchange[] = []
  async function ask(method: string, path: string, body?: unknown, authorization?: string) {
    const reply = await callEdgegap(edgegap, method, path, body, authorization)
    const [plain = ''] = path.split('?')
    exchanges.push({ method, path: plain, status: reply.status, body: reply.body })
    return reply.body as { request_id?: string }
  }
  await askCatalogue(ask, edgegap)
  await askDeployments(ask, edgegap)
  for (const { method, path } of [...exchanges]) await ask(method, path, undefined, 'token wrong')
  return exchanges
}

type Ask = (method: string, path: string, body?: unknown) => Promise<{ request_id?: string }>

async function askCatalogue(ask: Ask, { settings }: EdgegapEmulator): Promise<void> {
  const newApp = { name: 'other', image: 'aGVsbG8=', is_active: true }
  await ask('POST', '/v1/app', newApp)
  await ask('POST', '/v1/app', newApp)
  await ask('POST', '/v1/app', { name: 'x' })
  for (const path of ['/v1/apps', `${app}/versions`, '/v1/locations']) {
    await ask('GET', path)
    await ask('GET', `${path}?page=2&limit=1`)
    await ask('GET', `${path}?page=0`)
  }
  await ask('GET', app)
  await ask('GET', '/v1/app/nobody')
  await ask('GET', '/v1/app/nobody/versions')
  await ask('POST', '/v1/app/nobody/version', version)
  await ask('POST', `${app}/version`, { ...version, verify_image: true })
  await ask('POST', `${app}/version`, version)
  await ask('POST', `${app}/version`, { ...version, name: 'v3', req_cpu: 1 })
  const missing = { ...version, name: 'v3', docker_tag: '9', verify_image: true }
  await ask('POST', `${app}/version`, missing)
  for (const name of ['v2', 'prod', 'full', 'nobody']) await ask('GET', `${app}/version/${name}`)
  await ask('PATCH', `${app}/version/prod`, { ...image, ...login, verify_image: true })
  await ask('PATCH', `${app}/version/prod`, { docker_tag: '9', verify_image: true })
  await ask('PATCH', `${app}/version/prod`, { req_cpu: 512 })
  await ask('PATCH', `${app}/version/prod`, { endpoint_storage: '' })
  await ask('PATCH', `${app}/version/nobody`, {})
  const tags = '/v1/container-registry/images/games/shooter/tags'
  for (const query of ['', '?page=2&limit=2', '?page=0']) await ask('GET', `${tags}${query}`)
  await ask('GET', '/v1/container-registry/images/nobody/tags')
  settings.maxVersions = 2
  await ask('POST', `${app}/version`, { ...version, name: 'v3' })
  await ask('DELETE', `${app}/version/prod`)
  await ask('DELETE', `${app}/version/prod`)
}

async function askDeployments(ask: Ask, edgegap: EdgegapEmulator): Promise<void> {
  const { settings } = edgegap
  edgegap.catalogue.changeVersion('my-game', 'full', { ...image, ...login })
  const { request_id: up } = await ask('POST', '/v2/deployments', order)
  edgegap.refuseCreates(1)
  const { request_id: failed } = await ask('POST', '/v2/deployments', order)
  edgegap.nextScript(never())
  const { request_id: pending } = await ask('POST', '/v2/deployments', order)
  await ask('POST', '/v2/deployments', { ...order, version: 'nobody' })
  await ask('POST', '/v2/deployments', {})
  await ask('DELETE', `${app}/version/full`)
  const ended = edgegap.addDeployment({}, readyThenEnds(0, 0)).id
  const crashData = { exit_code: 1, message: 'bang', restart_count: 2 }
  edgegap.setLogs(edgegap.deployments[0]?.id ?? '', {
    crashLogs: 'bang',
    crashData,
    logsLink: 'https://logs.example/1',
  })
  await ask('GET', '/v1/deployments')
  await ask('GET', '/v1/deployments?page=2&limit=1')
  await ask('GET', '/v1/deployments?page=0')
  for (const id of [up, failed, pending, ended, 'nobody']) {
    await ask('GET', `/v1/status/${id}`)
    await ask('GET', `/v1/deployment/${id}/container-logs`)
    await ask('DELETE', `/v1/stop/${id}`)
    await ask('DELETE', `/v1/stop/${id}`)
  }
  settings.unknownIdStatus = 404
  await ask('GET', '/v1/status/nobody')
  await ask('DELETE', '/v1/stop/nobody')
  await ask('GET', '/v1/deployment/nobody/container-logs')
  settings.rateLimits = { listPerSecond: 0, statusPerSecond: 0, deployPerSecond: 0 }
  await ask('GET', `/v1/status/${up}`)
  await ask('GET', '/v1/deployments')
  await ask('POST', '/v2/deployments', order)
}
