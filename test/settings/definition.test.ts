import { resolve } from 'node:path'
import { describe, expect, it, test } from 'vitest'
import type { OwnReading, ProviderInputs } from '../../src/settings/provider-inputs.ts'
import { wholeInput } from '../../src/settings/provider-inputs.ts'
import { secretsOf } from '../../src/settings/secrets.ts'
import { readSettings } from '../../src/settings/settings.ts'
import { inputEnvironment } from '../harness/action.ts'
import { sample } from '../provider/sample/definition.ts'
import type { Given } from './reading.ts'

/** What a provider says of itself, and what becomes of the inputs by that. */
const SAMPLE: ProviderInputs = { ...(sample as ProviderInputs), name: 'sample' }
const GIVEN: Given = {
  provider: 'sample',
  'api-token': 'key-1',
  'api-url': 'https://sample.example.com',
  application: 'game',
  version: 'v1',
}

async function read(
  given: Given,
  definition: ProviderInputs = SAMPLE,
  more: ProviderInputs[] = [],
) {
  return await readSettings(inputEnvironment({ ...GIVEN, ...given }), [definition, ...more])
}

const problemsOf = async (given: Given, definition?: ProviderInputs) =>
  await read(given, definition).then(
    () => [],
    (thrown: { problems: string[] }) => thrown.problems,
  )

describe('the provider', () => {
  it('is the only one where none is named', async () => {
    const { definition } = await read({ provider: '' })
    expect(definition).toBe(SAMPLE)
  })

  it('is the default one where several are there and none is named', async () => {
    const edgegap = { ...SAMPLE, name: 'edgegap' }
    expect((await read({ provider: '' }, SAMPLE, [edgegap])).definition).toBe(edgegap)
    expect((await read({ provider: 'sample' }, edgegap, [SAMPLE])).definition).toBe(SAMPLE)
  })

  it('that is not there is a problem that names those that are', async () => {
    expect(await problemsOf({ provider: 'samples' })).toEqual([
      'provider is "samples": use sample, the only choice here; did you mean sample?',
    ])
  })

  it('is missing where the list of them is empty, which is a fault of ours', async () => {
    await expect(readSettings({}, [])).rejects.toThrow('there is no provider')
  })
})

describe('the token', () => {
  it('is cleaned as the provider says', async () => {
    const clean = (text: string) => text.replace(/^key /, '')
    const definition = { ...SAMPLE, apiToken: { ...SAMPLE.apiToken, clean } }
    expect((await read({ 'api-token': 'key abc' }, definition)).settings.token).toBe('abc')
  })

  test.each([
    [
      '',
      'api-token is empty: give a Sample key from a secret (secrets are empty in pull requests from forks and by Dependabot)',
    ],
    ['two words', 'api-token: holds blanks or other characters that no key has'],
    ['kéy', 'api-token: holds blanks or other characters that no key has'],
    ['é', 'api-token: holds blanks or other characters that no key has'],
    ['a\u007f', 'api-token: holds blanks or other characters that no key has'],
  ])('%j is a problem in which it does not stand', async (token, problem) => {
    expect(await problemsOf({ 'api-token': token })).toEqual([problem])
  })
})

describe('the URL of the API', () => {
  it('has the default of the provider, where there is one', async () => {
    const definition = { ...SAMPLE, apiUrl: { default: 'https://default.example.com' } }
    const { settings } = await read({ 'api-url': '' }, definition)
    expect(settings.apiUrl.href).toBe('https://default.example.com/')
  })

  test.each([
    ['', 'api-url is empty: name your Sample server'],
    ['http://x.example', 'api-url is "http://x.example": use https (http only for loopback)'],
    ['https://me:hush@x.example', 'api-url: leave user name and password out of the URL'],
    ['https://x.example/?key=hush', 'api-url: leave query and fragment out of the URL'],
  ])('%j is a problem', async (url, problem) => {
    expect(await problemsOf({ 'api-url': url })).toEqual([problem])
  })
})

describe('a definition', () => {
  it('says which operations there are', async () => {
    expect(await problemsOf({ operation: 'stop' })).toEqual([
      'operation is "stop": use deploy, the only choice here',
    ])
  })

  it('says how long is waited', async () => {
    expect((await read({})).settings.timeoutMs).toBe(60_000)
    expect((await read({ timeout: '5m' })).settings.timeoutMs).toBe(300_000)
  })

  it('of what cannot be stopped keeps it, and reads nothing about stopping', async () => {
    const definition = { ...SAMPLE, cannotStop: 'it cannot be taken back' }
    const given = { 'on-failure': 'explode', 'stop-after-job': 'true' }
    const { settings, warnings } = await read(given, definition)
    expect(settings).toMatchObject({ onFailure: 'keep', stopAfterJob: false })
    expect(warnings).toEqual([
      'on-failure has no effect with provider: sample: it cannot be taken back.',
      'stop-after-job has no effect with provider: sample: it cannot be taken back.',
    ])
  })

  it('says which inputs of the core mean nothing here: they are not read, and warned of', async () => {
    const unusedInputs = ['log-lines', 'log-dir', 'probe', 'settle-time']
    const given = { 'log-lines': 'all', 'log-dir': 'x', probe: 'bad', 'settle-time': 'long' }
    const { settings, warnings } = await read(given, { ...SAMPLE, unusedInputs })
    expect(settings).toMatchObject({
      logLines: 0,
      logDir: undefined,
      probe: { probes: [], probeTimeoutMs: 0 },
      settleTimeMs: 0,
    })
    expect(warnings).toEqual([
      'log-lines has no effect with provider: sample.',
      'log-dir has no effect with provider: sample.',
      'probe has no effect with provider: sample.',
      'settle-time has no effect with provider: sample.',
    ])
  })

  it('that does not mention them gets the logs, from the workspace or from here', async () => {
    const definition = { ...SAMPLE, unusedInputs: [] }
    const given = { 'log-lines': '7', 'log-dir': 'logs' }
    const { settings } = await read(given, definition)
    expect(settings).toMatchObject({ logLines: 7, logDir: resolve('logs') })
    const environment = inputEnvironment({ ...GIVEN, ...given })
    const inWorkspace = await readSettings({ ...environment, GITHUB_WORKSPACE: '/w' }, [definition])
    expect(inWorkspace.settings.logDir).toBe('/w/logs')
  })

  it('reads its own part, and what it finds wrong is among the problems', async () => {
    const { settings } = await read({ region: 'South', 'server-password': 'pw' })
    expect(settings.own).toEqual({ region: 'south', password: 'pw' })
    expect(await problemsOf({ region: 'west', version: '' })).toEqual([
      'version is empty: name the version',
      'region is "west": use one of north, south',
    ])
  })

  it('may find further inputs that have no effect', async () => {
    const definition = { ...SAMPLE, findUnused: () => ['region has no effect here.'] }
    expect((await read({}, definition)).warnings).toEqual(['region has no effect here.'])
  })

  it('must say what is stopped, or the fault is ours', async () => {
    const definition: ProviderInputs = { ...SAMPLE, operations: ['deploy', 'stop'] }
    await expect(read({ operation: 'stop' }, definition)).rejects.toThrow(
      'sample does not say what is to be stopped',
    )
  })

  it('may say what is stopped', async () => {
    const reach = { kind: 'deployment', id: 's1' } as const
    const ownReading: OwnReading<unknown> = { own: {}, application: '', version: '', reach }
    const definition: ProviderInputs = {
      ...SAMPLE,
      operations: ['stop'],
      read: async () => ownReading,
    }
    const { settings } = await read({ operation: 'stop' }, definition)
    expect(settings).toMatchObject({ operation: 'stop', reach, provider: 'sample' })
    expect('application' in settings).toBe(false)
  })
})

describe('settings', () => {
  it('are frozen all the way down; a URL is left as it is', async () => {
    const own = {
      list: [{ a: 1 }],
      url: new URL('https://x.example'),
      nothing: null,
      map: new Map(),
    }
    const definition: ProviderInputs = {
      ...SAMPLE,
      read: async () => ({ own, application: 'a', version: 'b' }),
    }
    const { settings } = await read({}, definition)
    for (const part of [settings, settings.github, own, own.list, own.list[0]])
      expect(Object.isFrozen(part)).toBe(true)
    for (const part of [own.url, own.map, settings.apiUrl])
      expect(Object.isFrozen(part)).toBe(false)
  })

  test.each([
    ['timeout', 'timeoutMs', '5m', 300_000],
    ['poll-interval', 'pollIntervalMs', '5s', 5_000],
    ['settle-time', 'settleTimeMs', '20s', 20_000],
    ['summary', 'summary', 'false', false],
    ['dry-run', 'dryRun', 'true', true],
    ['wait', 'wait', 'poll', 'poll'],
    ['on-failure', 'onFailure', 'keep', 'keep'],
    ['stop-after-job', 'stopAfterJob', 'true', true],
  ])('have what %s says', async (input, member, text, value) => {
    expect((await read({ [input]: text })).settings).toHaveProperty(member, value)
  })

  it('have the probes', async () => {
    const { settings } = await read({ probe: 'gameport a2s', 'probe-timeout': '5s' })
    expect(settings).toHaveProperty('probe', {
      probes: [{ port: 'gameport', protocol: 'a2s' }],
      probeTimeoutMs: 5_000,
    })
  })
})

describe('secret inputs', () => {
  it('are those of every provider, since the named one may be wrong', () => {
    const other = { ...SAMPLE, name: 'other', secretInputs: { 'other-key': wholeInput } }
    const environment = inputEnvironment({
      provider: 'sample',
      'server-password': ' pw ',
      'other-key': 'ok',
      region: 'north',
    })
    expect(secretsOf(environment, [SAMPLE, other])).toEqual([
      { input: 'server-password', value: 'pw' },
      { input: 'other-key', value: 'ok' },
    ])
  })

  test.each(['ssh-key', 'cloudflared-token', 'github-token'])('are %s of the core', (input) => {
    expect(secretsOf(inputEnvironment({ [input]: ' hush\n' }), [SAMPLE])).toEqual([
      { input, value: 'hush' },
    ])
  })

  const prefixed = (name: string, prefix: string): ProviderInputs => ({
    ...SAMPLE,
    name,
    apiToken: { ...SAMPLE.apiToken, clean: (text) => text.replace(prefix, '').trim() },
  })

  it('are the token as the named provider cleans it, also in capital letters', () => {
    const registry = [prefixed('one', 'one:'), prefixed('two', 'two:')]
    const token = { 'api-token': 'two:hush' }
    const valuesWith = (given: Given) =>
      secretsOf(inputEnvironment({ ...token, ...given }), registry).map(({ value }) => value)
    expect(valuesWith({ provider: ' TWO ' })).toEqual(['hush'])
    expect(valuesWith({ provider: 'one' })).toEqual(['two:hush'])
    // Where nobody knows whose it is, as each of them would.
    expect(valuesWith({ provider: 'three' })).toEqual(['two:hush', 'hush'])
  })

  it('are cleaned by the default provider where none is named', () => {
    const registry = [prefixed('one', 'one:'), prefixed('edgegap', 'token ')]
    expect(secretsOf(inputEnvironment({ 'api-token': 'token hush' }), registry)).toEqual([
      { input: 'api-token', value: 'hush' },
    ])
  })

  it('count under a misspelt name too, by the name that stands there', () => {
    const environment = inputEnvironment({ 'server-passwort': 'pw', 'api-tokn': 'k', regoin: 'x' })
    expect(secretsOf(environment, [SAMPLE])).toEqual([
      { input: 'server-passwort', value: 'pw' },
      { input: 'api-tokn', value: 'k' },
    ])
  })

  it('that are empty are none', () => {
    expect(secretsOf(inputEnvironment({ 'api-token': '', 'ssh-key': '' }), [SAMPLE])).toEqual([])
    expect(secretsOf({}, [SAMPLE])).toEqual([])
  })
})
