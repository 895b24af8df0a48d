import { describe, expect, it } from 'vitest'
import {
  readVersionInputs,
  type VersionInputs,
} from '../../../src/provider/edgegap/version-inputs.ts'
import { Inputs } from '../../../src/settings/inputs.ts'
import { Problems } from '../../../src/settings/problems.ts'
import { inputEnvironment } from '../../harness/action.ts'

async function read(given: Record<string, string>) {
  const problems = new Problems()
  const environment = inputEnvironment(given)
  const inputs = new Inputs(environment, problems)
  const operation = given.operation === 'version' ? 'version' : 'deploy'
  const wait = given.wait === 'none' ? 'none' : 'auto'
  const reading = { inputs, problems, environment, operation, wait } as const
  const settings = await readVersionInputs(reading)
  return { settings, problems: problems.list, warnings: problems.warnings }
}

const image = 'registry.edgegap.com/my-org/game:v7'

describe('what is given arrives', () => {
  it('with nothing given, nothing is asked for', async () => {
    const { settings, problems, warnings } = await read({ version: 'v1' })
    expect([problems, warnings]).toEqual([[], []])
    expect(settings).toEqual({
      version: 'v1',
      image: undefined,
      versionFrom: undefined,
      policy: 'create',
      registryLogin: undefined,
      cpu: undefined,
      memoryMb: undefined,
      ports: undefined,
      maxDurationMinutes: undefined,
      environment: [],
      config: {},
      keepVersions: undefined,
      promote: [],
    } satisfies VersionInputs)
  })

  it('with everything given', async () => {
    const { settings, problems } = await read({
      image,
      'version-from': 'prod',
      'version-policy': 'update',
      'registry-username': 'robot$my-org+pull',
      'registry-password': 'pass-1',
      cpu: '1024',
      memory: '2048',
      ports: 'gameport 7777/udp',
      'max-duration': '1h30m',
      'version-env': 'MAP=forest',
      'version-secret-env': 'KEY=secret-1',
      'version-config': 'restart_policy: never\nnew_field:\n  deep: [1, two]\n',
      'keep-versions': '5',
      promote: 'prod  \n\n# comment\nstaging\nprod\n',
    })
    expect(problems).toEqual([])
    expect(settings).toMatchObject({
      version: 'v7',
      versionFrom: 'prod',
      policy: 'update',
      cpu: 1024,
      memoryMb: 2048,
      maxDurationMinutes: 90,
      keepVersions: 5,
      promote: ['prod', 'staging'],
      config: { restart_policy: 'never', new_field: { deep: [1, 'two'] } },
    })
  })

  it('with its values as they are', async () => {
    const { settings } = await read({
      image: 'ghcr.io/a/b:1',
      'registry-username': ' robot$my-org+pull ',
      'registry-password': 'pass-1',
      ports: 'gameport 7777/udp',
      'version-env': 'MAP=forest',
      'version-secret-env': 'KEY=secret-1',
    })
    expect(settings).toMatchObject({
      image: { registry: 'ghcr.io', name: 'a/b', tag: '1' },
      registryLogin: { username: 'robot$my-org+pull', password: 'pass-1' },
      ports: [{ name: 'gameport', port: 7777 }],
      environment: [
        { key: 'MAP', value: 'forest', secret: false },
        { key: 'KEY', value: 'secret-1', secret: true },
      ],
    })
  })

  it('a name may be as long as Edgegap lets it be', async () => {
    const name = 'v'.repeat(64)
    expect((await read({ image: `g:${name}` })).problems).toEqual([])
    expect((await read({ image, version: name, promote: 'p'.repeat(64) })).problems).toEqual([])
    expect((await read({ image, 'keep-versions': '10000' })).problems).toEqual([])
    expect((await read({ image, cpu: '100', memory: '200' })).problems).toEqual([])
    expect((await read({ image, 'max-duration': '1m' })).settings.maxDurationMinutes).toBe(1)
    expect((await read({ image, 'max-duration': '24h' })).settings.maxDurationMinutes).toBe(1440)
  })

  it('the tag is the default of the version, and an own name wins', async () => {
    expect((await read({ image })).settings.version).toBe('v7')
    expect((await read({ image, version: 'stable' })).settings.version).toBe('stable')
  })
})

describe('what is wrong is told by the name of its input', () => {
  it.each<[Record<string, string>, string]>([
    [{ image: 'my-org/game' }, 'image is "my-org/game": it has no tag'],
    [{ operation: 'version' }, 'image is empty: operation: version needs the image'],
    [
      { image: `g:${'t'.repeat(65)}` },
      'version: is not given, and the tag of the image is too long',
    ],
    [{ image, version: 'v'.repeat(65) }, 'use at most 64 characters'],
    [{ image, version: '..' }, 'version is "..": this cannot be the name'],
    [{ image, 'version-from': 'a\nb' }, 'version-from is'],
    [{ image, 'version-policy': 'replace' }, 'use one of create, update'],
    [{ image, 'registry-username': 'u' }, 'registry-password is empty: registry-username needs it'],
    [{ image, 'registry-password': 'p' }, 'registry-username is empty: registry-password needs it'],
    [{ image, cpu: '99' }, 'cpu is "99"'],
    [{ image, cpu: '1 vCPU' }, 'cpu is "1 vCPU"'],
    [{ image, cpu: '512', memory: '1025' }, 'at most twice the cpu, which is 1024'],
    [{ image, cpu: '256' }, 'cpu is "256": memory is 1024 where it is not given'],
    [{ image, memory: '4096' }, 'memory is "4096": cpu is 512 where it is not given'],
    [{ image, ports: 'a 1/xyz' }, 'ports is "a 1/xyz"'],
    [{ image, 'max-duration': '60' }, 'max-duration is "60"'],
    [{ image, 'max-duration': '90s' }, 'use whole minutes'],
    [{ image, 'max-duration': '25h' }, 'to 24h'],
    [{ image, 'version-env': 'A=1', 'version-secret-env': 'A=2' }, 'sets A a second time'],
    [{ image, 'keep-versions': '0' }, 'keep-versions is "0"'],
    [{ image, promote: 'v7' }, 'promote is "v7": this is the version that is deployed'],
    [{ version: 'v1', promote: '..' }, 'promote is ".."'],
    [{ version: 'v1', promote: '.' }, 'promote is "."'],
    [{ version: 'v1', promote: 'p'.repeat(65) }, 'use at most 64 characters'],
    [{ version: 'v1', promote: 'prod\nbeta', wait: 'none' }, 'promote is "prod, beta"'],
    [{}, 'version is empty: name the version to deploy, or give image'],
    [{ image, version: 'a\ud800' }, 'use at most 64 characters on one line'],
    [{ image, version: 'a\u2028b' }, 'use at most 64 characters on one line'],
    [{ image, 'keep-versions': '10001' }, 'keep-versions is "10001"'],
    [{ image, memory: '99' }, 'memory is "99"'],
    [{ image, 'max-duration': '30s' }, 'max-duration is "30s"'],
    [{ image: 'my-org/game:a b' }, 'image is "my-org/game:a b"'],
    [{ image: 'u:p@ghcr.io' }, 'image is "u:p@ghcr.io"'],
  ])('%j', async (given, problem) => {
    const { problems } = await read(given)
    expect(problems).toHaveLength(1)
    expect(problems[0]).toContain(problem)
  })

  it('never shows a secret', async () => {
    const { problems } = await read({
      image: 'https://user:pass-word@ghcr.io/a:1',
      'version-secret-env': 'not a secret-value line',
      'registry-password': 'pass-word',
      'version-config': 'private_token: pass-word',
    })
    expect(problems).toHaveLength(4)
    expect(problems.join()).not.toMatch(/pass-word|secret-value/)
  })

  it.each(['user:pass-1@ghcr.io/a:1', 'https://user:pass-1@ghcr.io/a/b:1', 'u:pass-1@h/a/'])(
    'never shows a login within an image: %s',
    async (text) => {
      const { problems } = await read({ image: text })
      expect(problems).toHaveLength(1)
      expect(problems[0]).toMatch(/^image: /)
      expect(problems.join()).not.toContain('pass-1')
    },
  )

  it('cpu and memory in version-config are no defaults', async () => {
    const config = (line: string) => ({ image, 'version-config': line })
    expect((await read({ ...config('req_memory: 512'), cpu: '256' })).problems).toEqual([])
    expect((await read({ ...config('req_cpu: 2048'), memory: '4096' })).problems).toEqual([])
    expect((await read({ ...config('other: 1'), cpu: '256' })).problems).toHaveLength(1)
  })

  it('cpu and memory that fit the default of the other are fine', async () => {
    expect((await read({ image, cpu: '512' })).problems).toEqual([])
    expect((await read({ image, memory: '1024' })).problems).toEqual([])
    expect((await read({ version: 'v1', cpu: '256' })).problems).toEqual([])
    expect((await read({ image, cpu: '99', memory: '4096' })).problems).toHaveLength(1)
    expect((await read({ image, cpu: '256', memory: '99' })).problems).toHaveLength(1)
  })

  it('cpu alone may fit what an existing version has', async () => {
    const given = { image, cpu: '256' }
    expect((await read({ ...given, 'version-policy': 'update' })).problems).toEqual([])
    expect((await read({ ...given, 'version-from': 'prod' })).problems).toEqual([])
  })
})

describe('version-config', () => {
  it.each<[string, string, Record<string, string>]>([
    ['name: x', 'leave name out: it comes from the input version', {}],
    ['docker_tag: x', 'leave docker_tag out: it comes from the input image', {}],
    ['private_token: x', 'registry-password', {}],
    ['req_cpu: 1024', 'req_cpu is already set by the input cpu', { cpu: '1024', memory: '100' }],
    ['ports: []', 'already set by the input ports', { ports: 'a 1/udp' }],
    ['envs: []', 'already set by the input version-env', { 'version-env': 'A=1' }],
    ['envs: []', 'already set by the input version-secret-env', { 'version-secret-env': 'A=1' }],
    ['- a', 'not a mapping', {}],
    ['just text', 'not a mapping', {}],
    ['a: 1\nb: [', 'line 2', {}],
    ['a: 1\na: 2', 'is not YAML as expected', {}],
    ['a: 1\n---\nb: 2', 'is not YAML as expected', {}],
    ['a: !!js/function x', 'is not YAML as expected', {}],
    ['a: &x 1\nb: *x', 'aliases', {}],
    ['a: !!binary aGk=', 'use only texts', {}],
    ['a: !!set {x}', 'use only texts', {}],
    ['a: .inf', 'infinite', {}],
    ['__proto__: {polluted: true}', '__proto__', {}],
    ['a: {b: {__proto__: {polluted: true}}}', '__proto__', {}],
    ['a: [[[[[[[[[1]]]]]]]]]', 'nested', {}],
    [`a: ${'['.repeat(20_000)}`, ':', {}],
    [`a: ${'['.repeat(20_000)}${']'.repeat(20_000)}`, ':', {}],
    [`a: "${'x'.repeat(70_000)}"`, '64 KiB', {}],
  ])('%j is refused', async (text, problem, more) => {
    const { problems, settings } = await read({ image, 'version-config': text, ...more })
    expect(problems).toHaveLength(1)
    expect(problems[0]).toMatch(/^version-config: /)
    expect(problems[0]).toContain(problem)
    expect(settings.config).toEqual({})
    expect({}).not.toHaveProperty('polluted')
  })

  it('tells of every field at once', async () => {
    const { problems } = await read({ image, 'version-config': 'name: a\ndocker_image: b\nok: 1' })
    expect(problems).toHaveLength(2)
  })

  it.each(['', '  \n', '# only a comment\n{}'])('%j is nothing', async (text) => {
    const { problems, settings } = await read({ image, 'version-config': text })
    expect([problems, settings.config]).toEqual([[], {}])
  })
})

describe('what has no effect is warned of', () => {
  it('without image', async () => {
    const { warnings } = await read({
      version: 'v1',
      cpu: '512',
      'version-policy': 'create',
      'registry-username': 'u',
      'registry-password': 'p',
    })
    expect(warnings).toEqual([
      'cpu has no effect without image.',
      'registry-username has no effect without image.',
    ])
  })

  it.each([
    ['version-from', 'prod'],
    ['version-from', 'create'],
    ['version-policy', 'update'],
    ['cpu', '512'],
    ['memory', '512'],
    ['ports', 'a 1/udp'],
    ['max-duration', '30m'],
    ['version-env', 'A=1'],
    ['version-secret-env', 'A=1'],
    ['version-config', 'a: 1'],
  ])('%s without image', async (input, value) => {
    expect((await read({ version: 'v1', [input]: value })).warnings).toEqual([
      `${input} has no effect without image.`,
    ])
    expect((await read({ image, [input]: value })).warnings).toEqual([])
  })

  it('a promotion uses the login too', async () => {
    const { warnings } = await read({
      version: 'v1',
      promote: 'prod',
      'registry-username': 'u',
      'registry-password': 'p',
    })
    expect(warnings).toEqual([])
  })

  describe('a login that ends while the version goes on', () => {
    const jobToken = { 'registry-username': 'me', 'registry-password': 'ghs_abcdef' }
    const lasting = { 'registry-username': 'me', 'registry-password': 'ghp_abcdef' }
    const aws = { 'registry-username': 'AWS', 'registry-password': 'eyJwYXlsb2Fk' }
    const google = { 'registry-username': 'oauth2accesstoken', 'registry-password': 'ya29.x' }
    const azure = {
      'registry-username': '00000000-0000-0000-0000-000000000000',
      'registry-password': 'eyJhbGci',
    }

    it.each<[Record<string, string>, string]>([
      [jobToken, 'is the token of this job'],
      [aws, '12 hours'],
      [google, 'an hour'],
      [azure, '3 hours'],
      [{ ...jobToken, group: 'pr-1', promote: 'prod' }, 'is the token of this job'],
    ])('%j', async (given, words) => {
      const { warnings, problems } = await read({ image, ...given })
      expect(problems).toEqual([])
      expect(warnings).toEqual([expect.stringContaining(words)])
      expect(warnings[0]).not.toContain(given['registry-password'])
    })

    it.each<Record<string, string>>([
      lasting,
      { ...jobToken, 'stop-after-job': 'true' },
      { ...jobToken, group: 'pr-1' },
    ])('but not %j, whose servers this run starts itself', async (given) => {
      expect((await read({ image, ...given })).warnings).toEqual([])
    })
  })

  it('the tag latest', async () => {
    expect((await read({ image: 'g:latest' })).warnings[0]).toContain('docker.io/library/g:latest')
  })
})
