import { describe, expect, it } from 'vitest'
import { REGISTRY } from '../../../src/provider/registry.ts'
import { rockitEdge } from '../../../src/provider/rockit-edge/definition.ts'
import { factsOf } from '../../../src/provider/rockit-edge/facts.ts'
import type { PublishSettings } from '../../../src/provider/rockit-edge/settings.ts'
import { readSettings, type Settings } from '../../../src/settings/settings.ts'
import { inputEnvironment } from '../../harness/action.ts'
import { newCall, openEdge } from './instance.ts'

const apiUrl = new URL('https://edge.example')
const ACCOUNT = { organization: 'acme', username: 'ci', application: 'my_game' }

async function read(inputs: Record<string, string> = {}): Promise<Settings<PublishSettings>> {
  const environment = inputEnvironment({
    provider: 'rockit-edge',
    'api-token': 'key',
    'api-url': apiUrl.href,
    build: '/builds/game',
    ...ACCOUNT,
    ...inputs,
  })
  const { settings } = await readSettings(environment, REGISTRY)
  return settings as Settings<PublishSettings>
}

describe('what the post step needs to reach the account again', () => {
  it('is saved without any secret', async () => {
    expect(rockitEdge.savedAccess(await read())).toEqual(ACCOUNT)
  })

  it('opens the provider to take back what is left, in the name of the same account', async () => {
    const { context, asked, changes } = openEdge({ 'DELETE /subscriptions/s': [[204]] })
    const saved = { apiUrl, token: 'key', own: ACCOUNT }
    const headers: object[] = []
    const http: typeof context.http = async (request) => {
      headers.push(request.headers ?? {})
      return await context.http(request)
    }
    const edge = await rockitEdge.reopen(saved, { ...context, http })
    expect(await edge.stop('subscription:s', newCall())).toBe('gone')
    expect(changes()).toEqual(['DELETE /subscriptions/s'])
    expect(asked).toHaveLength(1)
    expect(headers).toMatchObject([
      { 'x-rockit-orgname': 'acme', 'x-rockit-username': 'ci', 'x-rockit-api-key': 'key' },
    ])
    expect(edge.targets).toEqual([{ name: 'my_game', where: 'acme' }])
  })

  it.each(['organization', 'username', 'application'])('is of no use without %s', async (name) => {
    const { context } = openEdge()
    const saved = { apiUrl, token: 'key', own: { ...ACCOUNT, [name]: '' } }
    await expect(rockitEdge.reopen(saved, context)).rejects.toThrow(/does not name the account/)
  })
})

describe('a run', () => {
  it('opens the provider with its settings', async () => {
    const settings = await read({ 'wait-until': 'imported' })
    const edge = await rockitEdge.open(settings, openEdge().context)
    expect(edge).toMatchObject({ title: 'ROCKIT Edge', successWord: 'imported' })
  })

  it('cannot stop what was imported', async () => {
    const settings = { ...(await read()), operation: 'stop' } as Settings<PublishSettings>
    await expect(rockitEdge.open(settings, openEdge().context)).rejects.toThrow('no stop here')
    expect(rockitEdge.savedAccess(settings)).toEqual({})
    expect(rockitEdge.cannotStop).toMatch(/cannot be taken back/)
  })
})

it('an id is any text, since tasks have names of any kind', () => {
  expect(['task 1/2:3', ''].map((id) => rockitEdge.isId(id))).toEqual([true, false])
})

it('its outputs are those that a build sets', () => {
  const { outputs } = factsOf({ build: undefined, buildChanged: undefined, dxfName: undefined })
  expect(rockitEdge.outputs).toEqual(Object.keys(outputs ?? {}))
})
