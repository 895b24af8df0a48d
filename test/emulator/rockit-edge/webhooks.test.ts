import { createHmac } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type EmulatorServer, startServer } from '../server.ts'
import { type Body, createCaller } from './caller.ts'
import { type RockitEdgeEmulator, startRockitEdgeEmulator } from './emulator.ts'
import * as script from './script.ts'

let edge: RockitEdgeEmulator
let receiver: EmulatorServer
let api: ReturnType<typeof createCaller>

const pace = { stepMs: 8 }
const url = 'https://builds.example/native-build.tar'

beforeEach(async () => {
  const scripts = { script: script.success(pace), retryScript: script.success(pace) }
  edge = await startRockitEdgeEmulator(scripts)
  api = createCaller(edge)
  receiver = await startServer()
  receiver.route('POST', '/hook', () => ({ status: 204 }))
})

afterEach(() => Promise.all([edge.close(), receiver.close()]))

const subscribe = (more = {}) =>
  api.call('POST', '/subscriptions', { name: 'run_1', url: `${receiver.url}/hook`, ...more })
const sent = () => receiver.requests.map(({ body }) => body as Body)
const kinds = () => sent().map(({ type, event }) => `${type} ${event}`)

describe('webhooks', () => {
  it('subscribes, lists, reads and unsubscribes', async () => {
    const { body } = await subscribe()
    expect(body.secret).toMatch(/^[\w+/=]{80,}$/)
    expect([(await subscribe()).status, (await subscribe({ name: 'a-b' })).status]).toEqual([
      409, 400,
    ])
    await subscribe({ name: 'run_2', url: { url: 'https://x.example/' } })
    const list = (await api.call('GET', '/subscriptions?order[]=[-name]')).body.subscriptions
    expect(list.map(({ name, secret }: Body) => [name, secret])).toEqual([
      ['run_2', undefined],
      ['run_1', undefined],
    ])
    expect((await api.call('GET', '/subscriptions/run_1')).body.name).toBe('run_1')
    expect((await api.call('DELETE', '/subscriptions/run_1')).status).toBe(200)
    expect((await api.call('DELETE', '/subscriptions/run_1')).status).toBe(404)
    expect(edge.aliveSubscriptions().map(({ name }) => name)).toEqual(['run_2'])
  })

  it('signs the schema page’s body with the secret', async () => {
    const { secret } = (await subscribe()).body
    edge.settings.jwt = {
      ...edge.settings.jwt,
      alg: 'HS384',
      claims: { iss: 'edge' },
      expiresInSeconds: 60,
    }
    await api.publish({ url })
    await receiver.whenRequested('POST', /hook/, { count: 9 })
    expect(kinds()).toEqual(
      ['dltar', 'mkraw', 'deploy'].flatMap((type) =>
        ['submit', 'begin', 'end'].map((event) => `${type} ${event}`),
      ),
    )
    const { dxfName } = await api.readApp()
    expect(sent()[8]).toEqual({
      type: 'deploy',
      event: 'end',
      orgName: 'acme',
      appName: 'my_game',
      buildName: '0007',
      dxfName,
      buildChanged: true,
    })
    const [head = '', payload = '', signature] = String(
      receiver.requests[0]?.headers['x-rockit-subscriptions'],
    ).split('.')
    const read = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString())
    expect([read(head), read(payload)]).toEqual([
      { alg: 'HS384', typ: 'JWT' },
      { iss: 'edge', exp: expect.any(Number) },
    ])
    expect(createHmac('sha384', secret).update(`${head}.${payload}`).digest('base64url')).toBe(
      signature,
    )
  })

  it('shows every field, fails as scripted, and uses either event for a wrong input', async () => {
    await subscribe({ events: ['error', 'exception'] })
    edge.nextScript(
      script.unreadableFile({ filename: 'a' }, pace),
      script.deployFailed({ failed: ['akamai'] }, pace),
    )
    Object.assign(edge.settings.spelling, {
      userFailureEvent: 'exception',
      webhookBlanks: 'skeleton',
    })
    await api.publish({ url })
    await edge.whenEvent({ event: 'error' })
    await api.publish({ url })
    await receiver.whenRequested('POST', /hook/, { count: 2 })
    expect(sent()).toMatchObject([
      {
        type: 'mkraw',
        event: 'exception',
        dxfName: '',
        buildChanged: true,
        exception: { fileReadFailed: { filename: 'a' } },
        error: { deployment: { failedDeployments: [] } },
      },
      {
        type: 'deploy',
        event: 'error',
        exception: { httpDownloadFailed: {} },
        error: { deployment: { failedDeployments: ['akamai'] } },
      },
    ])
  })

  it('drops, duplicates, delays and swaps, and sends what a test makes up', async () => {
    await subscribe({ type: 'mkraw' })
    edge.settings.swapWebhooks = true
    edge.settings.duplicateWebhooks = true
    edge.settings.dropWebhooks = ({ type, event }) => type !== 'mkraw' || event === 'begin'
    await api.publish({ url })
    await receiver.whenRequested('POST', /hook/, { count: 4 })
    expect(kinds().sort()).toEqual(['mkraw end', 'mkraw end', 'mkraw submit', 'mkraw submit'])
    expect(edge.webhooks.map(({ event }) => event?.event)).toEqual([
      'end',
      'end',
      'submit',
      'submit',
    ])
    const unsigned = await edge.sendWebhook('{', {
      jwt: { alg: 'none' },
      headers: { 'x-more': '1' },
    })
    expect([unsigned.status, unsigned.event, sent().at(-1)]).toEqual([204, undefined, '{'])
    expect(receiver.requests.at(-1)?.headers['x-rockit-subscriptions']).toMatch(/\.$/)
    await edge.sendWebhook({}, { token: null })
    expect(receiver.requests.at(-1)?.headers).not.toHaveProperty('x-rockit-subscriptions')
  })
})
