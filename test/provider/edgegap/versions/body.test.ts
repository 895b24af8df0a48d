import { describe, expect, it } from 'vitest'
import {
  createBody,
  describeBounded,
  expectResources,
  fieldsNotCopied,
  mergeEnvironment,
} from '../../../../src/provider/edgegap/versions/body.ts'
import { image, settingsOf } from './rig.ts'
import { imageOf, versionOf } from './scripted.ts'

type Json = Readonly<Record<string, unknown>>

/** The body of a version that is made, from a template with these fields where some are given. */
async function bodyOf(given: Record<string, string>, template?: Json) {
  const from = template && { 'version-from': 'prod' }
  const settings = await settingsOf({ version: 'fresh', image: image('new'), ...from, ...given })
  return createBody(settings, imageOf('new'), template && versionOf('old', template))
}

const shown = {
  ...{ req_cpu: 2048, req_memory: 4096, max_duration: 90 },
  ...{ ports: [{ port: 7777, protocol: 'UDP', name: 'game', to_check: false }] },
  envs: [{ key: 'A', value: '1' }],
}

describe('a copy', () => {
  it('has what its template has, and an image of its own', async () => {
    expect(await bodyOf({}, { ...shown, docker_image: 'my-org/other' })).toEqual({
      ...{ name: 'fresh', is_active: true },
      ...{ req_cpu: 2048, req_memory: 4096, max_duration: 90 },
      ports: [{ port: 7777, protocol: 'UDP', name: 'game', to_check: false, tls_upgrade: false }],
      envs: [{ key: 'A', value: '1', is_hidden: false, is_secret: false }],
      docker_repository: 'registry.edgegap.com',
      ...{ docker_image: 'my-org/my-game', docker_tag: 'new', verify_image: true },
    })
  })

  it.each<[string, unknown]>([
    ['req_video', 0],
    ['force_cache', true],
    ['force_cache', false],
    ['time_to_deploy', 300],
    ['restart_policy', 'on_failure'],
    ['termination_grace_period_seconds', 30],
    ['will_deploy_in_mainland_china', true],
    ['dns_config', 'x'],
    ['endpoint_storage', 'my-storage'],
    ['endpoint_storage', ['a']],
  ])('has its %s: %j', async (field, value) => {
    expect(await bodyOf({}, { ...shown, [field]: value })).toHaveProperty(field, value)
  })

  it.each(['', ' ', null, [], {}])('leaves out what is not set: %j', async (value) => {
    const body = await bodyOf({}, { ...shown, endpoint_storage: value })
    expect(body).not.toHaveProperty('endpoint_storage')
  })

  it.each(['command', 'last_updated', 'caching_percent', 'private_token', 'private_username'])(
    'does not have its %s',
    async (field) => {
      expect(await bodyOf({}, { ...shown, [field]: 'x' })).not.toHaveProperty(field)
    },
  )

  it('is active though its template is not', async () => {
    expect(await bodyOf({}, { ...shown, is_active: false })).toMatchObject({ is_active: true })
  })

  it.each<[string, unknown, unknown]>([
    ['time_to_deploy', 14, 15],
    ['time_to_deploy', 15, 15],
    ['time_to_deploy', 99_999, 99_999],
    ['termination_grace_period_seconds', 4, 5],
    ['termination_grace_period_seconds', 3_601, 3_600],
    ['termination_grace_period_seconds', 3_600, 3_600],
    ['time_to_deploy', '10', '10'],
  ])('has a %s that Edgegap takes: %j as %j', async (field, has, gets) => {
    expect(await bodyOf({}, { ...shown, [field]: has })).toHaveProperty(field, gets)
    const sentences = describeBounded(versionOf('old', { [field]: has }), {})
    expect(sentences).toEqual(
      has === gets
        ? []
        : [
            `The version prod has ${field}: ${has}, which Edgegap does not accept for a new version: the copy gets ${gets}. To choose another value, give ${field} in version-config.`,
          ],
    )
    expect(describeBounded(versionOf('old', { [field]: has }), { [field]: 20 })).toEqual([])
  })

  it.each<[Record<string, string>, Json]>([
    [{ cpu: '3000' }, { req_cpu: 3_000, req_memory: 4_096 }],
    [{ memory: '1000' }, { req_cpu: 2_048, req_memory: 1_000 }],
    [{ 'max-duration': '2h' }, { max_duration: 120 }],
    [{ ports: 'b 1/tcp' }, { ports: [{ name: 'b', port: 1, protocol: 'TCP' }] }],
    [{ 'version-env': 'A=2' }, { envs: [{ key: 'A', value: '2' }] }],
    [
      { 'version-env': 'B=2' },
      {
        envs: [
          { key: 'A', value: '1' },
          { key: 'B', value: '2' },
        ],
      },
    ],
    [{ 'version-config': 'time_to_deploy: 20' }, { time_to_deploy: 20 }],
    [{ 'version-config': 'is_active: false' }, { is_active: false }],
    [{ 'version-config': 'envs: [{key: C, value: x}]' }, { envs: [{ key: 'C', value: 'x' }] }],
  ])('has what an input gives instead: %j', async (given, sent) => {
    expect(await bodyOf(given, shown)).toMatchObject(sent)
  })

  it('of a version that shows nothing is made from the defaults', async () => {
    expect(await bodyOf({}, {})).toMatchObject({
      ...{ req_cpu: 512, req_memory: 1024, max_duration: 60, ports: [], envs: [] },
    })
    expect(await bodyOf({}, {})).not.toHaveProperty('time_to_deploy')
  })

  it('needs no value for secrets where version-config has all variables', async () => {
    const envs = [{ key: 'KEY', value: 'x', is_secret: true }]
    const body = await bodyOf({ 'version-config': 'envs: []' }, { ...shown, envs })
    expect(body.envs).toEqual([])
  })

  it('says which fields it cannot have', () => {
    expect(fieldsNotCopied(versionOf('old', { command: 'x', arguments: '' }))).toEqual(['command'])
    expect(fieldsNotCopied(versionOf('old', { arguments: ['x'] }))).toEqual(['arguments'])
    expect(fieldsNotCopied(versionOf('old'))).toEqual([])
  })
})

describe('a version without a template', () => {
  it('may take two minutes to start: no host has its image yet', async () => {
    expect(await bodyOf({})).toMatchObject({ time_to_deploy: 120, ports: [], envs: [] })
  })

  it('has the login of its image, where one is given', async () => {
    const login = { 'registry-username': 'u', 'registry-password': 'p' }
    expect(await bodyOf(login)).toMatchObject({ private_username: 'u', private_token: 'p' })
    expect(await bodyOf({})).not.toHaveProperty('private_token')
  })

  it('is refused where its memory does not fit its cpu', async () => {
    await expect(bodyOf({ cpu: '512' }, { req_memory: 4096 })).rejects.toThrow(
      'cpu 512 and memory 4096',
    )
  })
})

describe('variables', () => {
  const version = versionOf('old', {
    envs: [
      { key: 'A', value: '1' },
      { key: 'S', value: 'Hidden.', is_hidden: true },
      { key: 'T', value: 'A value is set and encrypted.' },
    ],
  })
  const given = (key: string, secret = false) => ({ key, value: 'new', secret })

  it.each([
    ['version', 'The version prod has'],
    ['version-from', 'The version prod (version-from) has'],
  ] as const)('of the %s that nobody can read need new values', (role, start) => {
    const merge = () => mergeEnvironment(version, [given('B')], role)
    expect(merge).toThrow(`${start} secret variables whose values cannot be read: S, T`)
    expect(() => mergeEnvironment(version, [given('S')], role)).toThrow('cannot be read: T')
  })

  it('of the inputs come over those of the version, which keep their order', () => {
    const inputs = [given('T', true), given('S'), given('B')]
    expect(mergeEnvironment(version, inputs, 'version')).toEqual([
      { key: 'A', value: '1', secret: false },
      ...inputs,
    ])
    expect(mergeEnvironment(undefined, inputs, 'version')).toEqual(inputs)
  })
})

describe('memory', () => {
  it.each([
    [512, 1_025],
    [100, 10_000],
  ])('may not be more than twice the cpu: %i, %i', (cpu, memory) => {
    expect(() => expectResources(cpu, memory)).toThrow(`cpu ${cpu} and memory ${memory}`)
  })

  it.each([
    [512, 1_024],
    [512, 100],
    [undefined, 5_000],
    [512, undefined],
    ['512', 5_000],
    [512, '5000'],
  ])('may be what it is: %j, %j', (cpu, memory) => {
    expect(() => expectResources(cpu, memory)).not.toThrow()
  })
})
