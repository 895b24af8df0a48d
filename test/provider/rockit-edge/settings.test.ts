import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { REGISTRY } from '../../../src/provider/registry.ts'
import { rockitEdge } from '../../../src/provider/rockit-edge/definition.ts'
import { describeSettings } from '../../../src/settings/describe.ts'
import { BadInputs } from '../../../src/settings/problems.ts'
import { secretsOf } from '../../../src/settings/secrets.ts'
import { readSettings } from '../../../src/settings/settings.ts'
import { inputEnvironment } from '../../harness/action.ts'

const enough = {
  provider: 'rockit-edge',
  'api-token': 'rk-1234567890',
  'api-url': 'https://edge.example.com',
  organization: 'acme',
  username: 'ci',
  application: 'my_game',
  build: 'out/game',
}

function environmentOf(inputs: Record<string, string>): NodeJS.ProcessEnv {
  return { GITHUB_WORKSPACE: '/workspace', ...inputEnvironment({ ...enough, ...inputs }) }
}

async function read(inputs: Record<string, string> = {}) {
  const { settings, warnings } = await readSettings(environmentOf(inputs), REGISTRY)
  return { settings, warnings }
}

async function problemsWith(inputs: Record<string, string>): Promise<readonly string[]> {
  try {
    await read(inputs)
  } catch (thrown) {
    if (thrown instanceof BadInputs) return thrown.problems
    throw thrown
  }
  return []
}

describe('publishing on ROCKIT Edge', () => {
  it('needs account, app and build; all else has a default', async () => {
    expect(await read()).toEqual({
      warnings: [],
      settings: expect.objectContaining({
        provider: 'rockit-edge',
        operation: 'deploy',
        own: {
          organization: 'acme',
          username: 'ci',
          source: { kind: 'path', path: '/workspace/out/game' },
          waitUntil: 'deployed',
        },
        timeoutMs: 3_600_000,
        wait: 'auto',
        version: '',
      }),
    })
  })

  it('leaves the token as it is: nothing stands before an API key', async () => {
    expect((await read({ 'api-token': 'token-abc' })).settings.token).toBe('token-abc')
    expect(await problemsWith({ 'api-token': 'token abc' })).toEqual([
      'api-token: holds blanks or other characters that no API key has',
    ])
  })

  it.each([
    [{ build: '' }, /^build is empty: name a folder or a \.tar file, or give build-url instead$/],
    [
      { 'build-url': 'https://x.example/a.tar' },
      /^build-url: give either build or build-url, not both$/,
    ],
    [{ 'build-size': '5' }, /^build-size is "5": it belongs to build-url/],
    [{ build: '', 'build-url': 'C:\\game.tar' }, /^build-url: write a full https or http URL/],
    [{ build: '', 'build-url': 'https://x.example', 'build-size': '1.5' }, /^build-size is "1\.5"/],
    [{ build: '', 'build-url': 'ftp://x.example/a.tar' }, /^build-url: write a full https or http/],
    [
      { build: '', 'build-url': 'https://x.example', 'build-size': '0' },
      /^build-size is "0": use a whole number from 1 /,
    ],
    [{ 'api-url': '' }, /^api-url is empty: name your ROCKIT Edge/],
    [{ 'api-url': 'http://edge.example.com' }, /^api-url is .* use https/],
    [{ application: 'my-game' }, /^application is "my-game": use 2 to 50/],
    [{ application: 'g' }, /^application is "g": use 2 to 50/],
    [{ application: 'g'.repeat(51) }, /^application is "g+": use 2 to 50/],
    [{ application: 'my_game!' }, /^application is "my_game!": use 2 to 50/],
    [{ application: '' }, /^application is empty: name the app to publish$/],
    [{ username: 'a b' }, /^username is "a b": use its identifier, without blanks$/],
    [{ username: 'größe' }, /^username is "größe"/],
    [{ username: '' }, /^username is empty: name the machine account$/],
    [{ organization: 'o'.repeat(101) }, /^organization is "o+": use its identifier/],
    [{ organization: '' }, /^organization is empty: name the organization$/],
    [{ 'wait-until': 'ready' }, /^wait-until is "ready": use one of imported, deployed$/],
    [{ operation: 'stop' }, /^operation is "stop": use deploy, the only choice here$/],
  ])('refuses %j', async (inputs, text) => {
    expect(await problemsWith(inputs)).toEqual([expect.stringMatching(text)])
  })

  it.each<Record<string, string>>([
    { application: 'my' },
    { application: 'Az_09'.repeat(10) },
    { organization: 'o'.repeat(100) },
    { organization: 'acme.example', username: 'ci+bot@x' },
  ])('takes %j', async (inputs) => {
    expect(await problemsWith(inputs)).toEqual([])
  })

  it.each<[Record<string, string>, number | undefined]>([
    [{}, undefined],
    [{ 'build-size': '1' }, 1],
    [{ 'build-size': '999999999999999' }, 999_999_999_999_999],
  ])('may be of a URL, also of http, whose size is known or not: %j', async (size, sizeBytes) => {
    const url = 'http://x.example/a.tar'
    const { settings } = await read({ build: '', 'build-url': url, ...size })
    expect(settings.own).toMatchObject({ source: { kind: 'url', url: new URL(url), sizeBytes } })
  })

  it('is of a folder below the current one where there is no workspace', async () => {
    const { GITHUB_WORKSPACE: _, ...environment } = environmentOf({})
    const { settings } = await readSettings(environment, REGISTRY)
    expect(settings.own).toMatchObject({ source: { path: resolve('out/game') } })
  })

  it('is described by app, account, build and goal', async () => {
    expect(rockitEdge.describe((await read()).settings as never)).toEqual({
      title: 'Publishing a build of my_game as ci of acme',
      lines: ['build: /workspace/out/game', 'wait-until: deployed'],
    })
  })

  it.each([
    ['', []],
    ['  ', []],
    ['https://x.example/a.tar', []],
    ['https://user@x.example/a.tar', []],
    ['https://:passw0rd@x.example/a.tar', ['passw0rd']],
    [' https://x.example/a.tar?key=1 ', ['key=1']],
    [' x.example/a.tar?key=1 ', ['x.example/a.tar?key=1']],
  ])('hides of the download URL %j only what may be a key', (url, hidden) => {
    const secrets = secretsOf(
      environmentOf({ 'api-token': '', build: '', 'build-url': url }),
      REGISTRY,
    )
    expect(secrets.map(({ value }) => value)).toEqual(hidden)
  })

  it('hides what a signed download URL holds, and shows the rest', async () => {
    const url = 'https://user:passw0rd@x.example/a.tar?X-Signature=abcdef&part=1#frag'
    const { settings } = await read({ build: '', 'build-url': url })
    const environment = environmentOf({ build: '', 'build-url': url })
    expect(secretsOf(environment, REGISTRY).map(({ value }) => value)).toEqual([
      'rk-1234567890',
      'passw0rd',
      'user:passw0rd',
      'X-Signature=abcdef&part=1',
    ])
    expect(describeSettings(settings, rockitEdge)).toContain('build-url: https://x.example/a.tar')
  })

  it('warns of inputs that only the other provider has, unless they are as action.yml fills them in', async () => {
    const defaults = { locations: 'new-york 40.71,-74.01', 'log-lines': '50', 'on-failure': 'stop' }
    expect((await read({ ...defaults, 'stop-after-job': 'false' })).warnings).toEqual([])
    const { warnings } = await read({
      locations: 'a 1,2',
      env: 'A=1',
      version: 'v1',
      'on-failure': 'keep',
    })
    expect(warnings.map((warning) => warning.split(' ')[0])).toEqual([
      'version',
      'locations',
      'env',
      'on-failure',
    ])
  })

  it('warns of none of its own inputs', async () => {
    const url = { build: '', 'build-url': 'https://x.example/a.tar', 'build-size': '5' }
    const given: Record<string, string>[] = [{}, url, { 'wait-until': 'imported' }]
    for (const inputs of given) {
      expect((await read(inputs)).warnings).toEqual([])
    }
  })

  it('takes an API key without the blanks around it, and hides that', async () => {
    const inputs = { 'api-token': ' rk-1234567890\n' }
    expect((await read(inputs)).settings.token).toBe('rk-1234567890')
    expect(secretsOf(environmentOf(inputs), REGISTRY)).toEqual([
      { input: 'api-token', value: 'rk-1234567890' },
    ])
  })

  it('and its inputs have no effect on Edgegap', async () => {
    const { warnings } = await read({
      provider: 'edgegap',
      version: 'v1',
      'wait-until': 'imported',
    })
    const asFilledIn = { provider: 'edgegap', version: 'v1', 'wait-until': 'deployed' }
    expect((await read(asFilledIn)).warnings.join()).not.toMatch(/wait-until/)
    expect(warnings.map((warning) => warning.split(' ')[0])).toEqual([
      'organization',
      'username',
      'build',
      'wait-until',
    ])
  })
})
