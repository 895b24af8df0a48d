import { describe, expect, it } from 'vitest'
import { decideVersion } from '../../../../src/provider/edgegap/versions/decide.ts'
import { showChange } from '../../../../src/provider/edgegap/versions/traits.ts'
import type { Version } from '../../../../src/provider/edgegap/versions/version.ts'
import { failure, image, settingsOf } from './rig.ts'
import { imageOf, versionOf } from './scripted.ts'

type Json = Readonly<Record<string, unknown>>

interface Scene {
  existing?: Json
  template?: Json
}

/** What is decided for the image `new`, with `prod` or the version that it is made from as given. */
async function decide(given: Record<string, string>, { existing, template }: Scene = {}) {
  const settings = await settingsOf({ version: 'prod', image: image('new'), ...given })
  const from = (json: Json | undefined, more: Json): Version | undefined =>
    json && versionOf('old', { ...more, ...json })
  return decideVersion(
    settings,
    imageOf('new'),
    from(existing, {}),
    from(template, { name: 'template' }),
  )
}

const update = (given: Record<string, string>, existing: Json = {}) =>
  decide({ 'version-policy': 'update', ...given }, { existing })
const sameImage = { docker_tag: 'new' }
const imageFields = {
  docker_repository: 'registry.edgegap.com',
  docker_image: 'my-org/my-game',
  docker_tag: 'new',
  verify_image: true,
}

describe('a version that does not exist is created', () => {
  it.each(['create', 'update'])('with version-policy: %s', async (policy) => {
    const decision = await decide({ 'version-policy': policy })
    expect(decision).toMatchObject({
      ...{ action: 'created', previousImage: undefined, warnings: [] },
      body: { name: 'prod', ...imageFields },
      traits: {
        image: imageOf('new'),
        cpu: 512,
        memoryMb: 1024,
        maxDurationMinutes: 60,
        ports: [],
      },
    })
    expect(decision.changes.map(showChange)).toEqual([
      `image: ${image('new')}`,
      'cpu: 512',
      'memory: 1024',
      'max-duration: 60m',
      'ports: none',
    ])
  })

  it('and its further fields are told, its ports and variables once and without values', async () => {
    const config = [
      'restart_policy: never',
      'ports: [{ port: 7777, protocol: UDP, name: game }]',
      'envs: [{ key: A, value: secret-1 }]',
    ].join('\n')
    const { changes, traits } = await decide({ 'version-config': config })
    expect(changes.map(showChange)).toEqual([
      ...[`image: ${image('new')}`, 'cpu: 512', 'memory: 1024', 'max-duration: 60m'],
      ...['ports: game 7777/udp', 'version-env A: (value)', 'restart_policy: never'],
    ])
    expect(traits.ports).toMatchObject([{ name: 'game', port: 7777 }])
  })

  it('not without the version that version-from names', async () => {
    const error = await failure(decide({ 'version-from': 'gone' }))
    expect(error).toMatchObject({ kind: 'refused' })
    expect(error.message).toBe(
      'The version gone, which version-from names for prod, does not exist',
    )
    expect(error.next).toContain('leave it out')
  })

  it('and a copy says what it does not have as its template does', async () => {
    const template = { command: 'run', arguments: ['-x'], time_to_deploy: 10 }
    const given = { 'version-from': 'template' }
    const { changes, warnings } = await decide(given, { template })
    expect(changes.map(showChange)[1]).toBe('version-from: template')
    expect(warnings).toEqual([
      expect.stringContaining('field command of the version template is not copied'),
      expect.stringContaining('field arguments of the version template is not copied'),
      expect.stringContaining('template has time_to_deploy: 10'),
    ])
    const own = { ...given, 'version-config': 'command: x\narguments: y\ntime_to_deploy: 20' }
    expect((await decide(own, { template })).warnings).toEqual([])
  })
})

describe('a version that exists, with version-policy: create', () => {
  it('is used as it is where it has the image', async () => {
    const decision = await decide({}, { existing: { ...sameImage, req_cpu: 2048 } })
    expect(decision).toMatchObject({
      ...{ action: 'reused', body: undefined, changes: [], previousImage: undefined, warnings: [] },
      traits: { cpu: 2048 },
    })
  })

  it.each([
    { docker_tag: 'old' },
    { docker_tag: 'NEW' },
    { ...sameImage, docker_image: 'my-org/other' },
    { ...sameImage, docker_repository: 'ghcr.io' },
  ])('is refused with another image: %j', async (existing) => {
    const error = await failure(decide({}, { existing }))
    expect(error).toMatchObject({ kind: 'refused' })
    expect(error.message).toMatch(
      /^The version prod exists with the image .*, and .*:new was asked/,
    )
    expect(error.next).toContain('version-policy: update')
  })

  it('is used with a warning for each difference that can be seen', async () => {
    const given = {
      ...{ cpu: '1024', memory: '2048', 'max-duration': '2h', ports: 'g 1/udp' },
      ...{ 'version-env': 'A=1', 'version-secret-env': 'SET=1\nNOT_SET=2' },
      'version-config': 'restart_policy: never',
    }
    const existing = {
      ...{ ...sameImage, req_cpu: 512, req_memory: 2048, max_duration: 60 },
      ports: [{ name: 'g', port: 2, protocol: 'UDP' }],
      envs: [{ key: 'SET', value: 'x', is_hidden: true }],
      restart_policy: 'always',
    }
    const { action, warnings } = await decide(given, { existing })
    expect(action).toBe('reused')
    const start =
      'The version prod exists and is used as it is; version-policy: update would change '
    expect(warnings).toEqual(
      [
        ...['cpu: 512 → 1024', 'max-duration: 60m → 120m', 'ports: g 2/udp → g 1/udp'],
        ...['version-env A: (value)', 'version-env NOT_SET: (hidden)'],
        'restart_policy: always → never',
      ].map((change) => `${start}${change}.`),
    )
  })

  it('is used with a warning where a secret is to become a value that can be read', async () => {
    const envs = [{ key: 'A', value: 'x', is_secret: true }]
    const { warnings } = await decide(
      { 'version-env': 'A=1' },
      { existing: { ...sameImage, envs } },
    )
    expect(warnings).toEqual([expect.stringContaining('version-env A: (hidden) → (another value)')])
  })

  it('and is not active is warned of', async () => {
    const existing = { ...sameImage, is_active: false }
    expect((await decide({}, { existing })).warnings).toEqual([
      expect.stringContaining('prod is not active'),
    ])
  })
})

describe('a version that exists, with version-policy: update', () => {
  it('gets the image and nothing else', async () => {
    const existing = {
      ...{ req_cpu: 2048, req_memory: 2048, max_duration: 90, restart_policy: 'never' },
      ports: [{ name: 'g', port: 1, protocol: 'UDP' }],
      envs: [
        { key: 'A', value: '1' },
        { key: 'B', value: 'x', is_secret: true },
      ],
    }
    const decision = await update({}, existing)
    expect(decision).toMatchObject({
      ...{ action: 'updated', previousImage: imageOf('old'), warnings: [] },
      traits: { image: imageOf('new'), cpu: 2048, memoryMb: 2048, maxDurationMinutes: 90 },
    })
    expect(decision.body).toEqual(imageFields)
    expect(decision.changes.map(showChange)).toEqual([`image: ${image('old')} → ${image('new')}`])
    expect(decision.traits.ports).toMatchObject([{ name: 'g', port: 1 }])
    expect(decision.traits.environment).toEqual([
      { key: 'A', value: '1' },
      { key: 'B', value: undefined },
    ])
  })

  it.each<[string, Record<string, string>, Json, Json, string[]]>([
    [
      'cpu, with the memory that it has',
      { cpu: '1024' },
      { req_cpu: 512, req_memory: 1024 },
      { req_cpu: 1024, req_memory: 1024 },
      ['cpu: 512 → 1024'],
    ],
    [
      'memory, with the cpu that it has',
      { memory: '1000' },
      { req_cpu: 512, req_memory: 1024 },
      { req_cpu: 512, req_memory: 1000 },
      ['memory: 1024 → 1000'],
    ],
    [
      'max-duration',
      { 'max-duration': '2h' },
      { max_duration: 60 },
      { max_duration: 120 },
      ['max-duration: 60m → 120m'],
    ],
    [
      'max-duration where it shows none',
      { 'max-duration': '2h' },
      {},
      { max_duration: 120 },
      ['max-duration: 120m'],
    ],
    [
      'ports',
      { ports: 'g 1/udp' },
      { ports: [{ port: 2, protocol: 'TCP' }] },
      { ports: [{ name: 'g', port: 1, protocol: 'UDP', to_check: true, tls_upgrade: false }] },
      ['ports: 2 2/tcp → g 1/udp'],
    ],
    [
      'a variable, beside those that it has',
      { 'version-env': 'B=2' },
      { envs: [{ key: 'A', value: '1' }] },
      {
        envs: [
          { key: 'A', value: '1', is_hidden: false, is_secret: false },
          { key: 'B', value: '2', is_hidden: false, is_secret: false },
        ],
      },
      ['version-env B: (value)'],
    ],
    [
      'a secret, which it may have already',
      { 'version-secret-env': 'B=2' },
      { envs: [{ key: 'B', value: 'x', is_secret: true }] },
      { envs: [{ key: 'B', value: '2', is_hidden: true, is_secret: true }] },
      ['version-env B: (hidden) → (hidden)'],
    ],
    [
      'a further field',
      { 'version-config': 'restart_policy: never' },
      { restart_policy: 'always' },
      { restart_policy: 'never' },
      ['restart_policy: always → never'],
    ],
  ])('changes %s', async (_, given, has, sent, told) => {
    const decision = await update(given, { ...sameImage, ...has })
    expect(decision).toMatchObject({ action: 'updated', previousImage: undefined })
    expect(decision.body).toEqual({ ...imageFields, ...sent })
    expect(decision.changes.map(showChange)).toEqual(told)
  })

  it('is known as it will be, field by field', async () => {
    const given = {
      ...{ cpu: '1024', 'max-duration': '2h', 'version-env': 'A=2', 'version-secret-env': 'C=3' },
      'version-config': 'ports: [{ port: 5, protocol: UDP }]\nreq_memory: 2000',
    }
    const existing = {
      ...{ req_cpu: 512, req_memory: 1024, max_duration: 60 },
      envs: [
        { key: 'A', value: '1' },
        { key: 'B', value: '1' },
      ],
    }
    const { traits } = await update(given, existing)
    expect(traits).toMatchObject({ cpu: 1024, memoryMb: 2000, maxDurationMinutes: 120 })
    expect(traits.ports).toMatchObject([{ port: 5, protocol: 'UDP' }])
    expect(traits.environment).toEqual([
      { key: 'B', value: '1' },
      { key: 'A', value: '2' },
      { key: 'C', value: undefined },
    ])
  })

  it('sends the given login beside a change, and gets another user where it shows one', async () => {
    const login = { 'registry-username': 'new-user', 'registry-password': 'pass-1' }
    const sent = { private_username: 'new-user', private_token: 'pass-1' }
    const moved = await update(login, { private_username: 'new-user' })
    expect(moved.body).toEqual({ ...imageFields, ...sent })
    const changed = await update(login, { ...sameImage, private_username: 'old-user' })
    expect(changed.body).toEqual({ ...imageFields, ...sent })
    expect(changed.changes.map(showChange)).toEqual(['registry-username: old-user → new-user'])
    for (const private_username of [undefined, null, '', 'new-user']) {
      const { action } = await update(login, { ...sameImage, private_username })
      expect(action).toBe('reused')
    }
  })

  it('is reused where there is nothing to change', async () => {
    const given = {
      ...{ cpu: '512', memory: '1024', 'max-duration': '60m', ports: 'g 1/udp' },
      ...{ 'version-env': 'A=1', 'version-config': 'restart_policy: never' },
    }
    const existing = {
      ...{ ...sameImage, req_cpu: 512, req_memory: 1024, max_duration: 60, is_active: false },
      ports: [{ name: 'g', port: 1, protocol: 'UDP' }],
      envs: [
        { key: 'A', value: '1' },
        { key: 'Z', value: 'x', is_secret: true },
      ],
      restart_policy: 'never',
    }
    const decision = await update(given, existing)
    expect(decision).toMatchObject({
      ...{ action: 'reused', body: undefined, changes: [], previousImage: undefined },
      warnings: [expect.stringContaining('prod is not active')],
    })
  })

  it('and is not active is warned of', async () => {
    const { warnings } = await update({}, { is_active: false })
    expect(warnings).toEqual([expect.stringContaining('prod is not active')])
  })

  it('keeps no secret whose value it cannot send again', async () => {
    const envs = [{ key: 'KEY', value: 'x', is_secret: true }]
    const error = await failure(update({ 'version-env': 'A=1' }, { envs }))
    expect(error).toMatchObject({ kind: 'refused' })
    expect(error.message).toContain('The version prod has secret variables')
    expect(error.message).toContain('KEY')
    const { body } = await update({ 'version-env': 'A=1', 'version-secret-env': 'KEY=2' }, { envs })
    expect(body).toMatchObject({ envs: [{ key: 'A' }, { key: 'KEY', value: '2' }] })
    // Variables are not sent where none of them changes.
    expect((await update({}, { envs })).body).not.toHaveProperty('envs')
  })

  it('is refused with memory that does not fit the cpu that it has', async () => {
    const given = { memory: '1025' }
    const error = await failure(update(given, { req_cpu: 512, req_memory: 1024 }))
    expect(error.message).toContain('cpu 512 and memory 1025')
  })
})
