import { describe, expect, it } from 'vitest'
import {
  readVersionInputs,
  type VersionInputs,
} from '../../../src/provider/edgegap/version-inputs.ts'
import { Inputs } from '../../../src/settings/inputs.ts'
import { Problems } from '../../../src/settings/problems.ts'

async function read(given: Record<string, string>) {
  const problems = new Problems()
  const environment = Object.fromEntries(
    Object.entries(given).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value]),
  )
  const inputs = new Inputs(environment, problems)
  const operation = given.operation === 'version' ? 'version' : 'deploy'
  const reading = { inputs, problems, environment, operation, wait: 'auto' } as const
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
      promote: 'prod\n\n# comment\nstaging\nprod\n',
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
    ['- a', 'no mapping', {}],
    ['just text', 'no mapping', {}],
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

  it('a promotion uses the login too', async () => {
    const { warnings } = await read({
      version: 'v1',
      promote: 'prod',
      'registry-username': 'u',
      'registry-password': 'p',
    })
    expect(warnings).toEqual([])
  })

  it('the tag latest', async () => {
    expect((await read({ image: 'g:latest' })).warnings[0]).toContain('docker.io/library/g:latest')
  })
})
