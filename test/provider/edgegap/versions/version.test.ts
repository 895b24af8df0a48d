import { describe, expect, it } from 'vitest'
import {
  readTime,
  readVersion,
  toPort,
  toVersion,
} from '../../../../src/provider/edgegap/versions/version.ts'
import { versionJson, versionOf } from './scripted.ts'

describe('a version', () => {
  it('is read from a reply, also in an envelope', () => {
    const json = versionJson('v3', { req_cpu: 512, req_memory: '1024', max_duration: 60 })
    for (const body of [json, { success: true, version: json }]) {
      expect(readVersion(JSON.stringify(body), 'GET x')).toMatchObject({
        name: 'prod',
        image: { registry: 'registry.edgegap.com', name: 'my-org/my-game', tag: 'v3' },
        ...{ cpu: 512, memoryMb: 1024, maxDurationMinutes: 60, isActive: true },
      })
    }
  })

  it.each(['{}', '{"version": "prod"}', '{"version": {}}', '{"name": "", "docker_image": "x"}'])(
    'is not any reply: %s',
    (body) => {
      const read = () => readVersion(body, 'GET x')
      expect(read).toThrow('no app version')
      expect(read).toThrow(expect.objectContaining({ kind: 'malformed-reply', request: 'GET x' }))
    },
  )

  it.each([undefined, null, [], 'x', {}, { name: 'x' }, { docker_image: 'x' }])(
    'without a name or an image is none: %j',
    (row) => {
      expect(toVersion(row)).toBeUndefined()
    },
  )

  it('that shows nothing else has nothing else', () => {
    expect(toVersion({ name: 'prod', docker_image: 'x' })).toEqual({
      ...{ name: 'prod', image: { registry: '', name: 'x', tag: '' }, isActive: true },
      ...{ cpu: undefined, memoryMb: undefined, maxDurationMinutes: undefined },
      ...{ ports: [], environment: [], registryUsername: undefined },
      ...{ createdAtMs: 0, updatedAtMs: 0 },
      fields: { name: 'prod', docker_image: 'x' },
    })
  })

  it('keeps all fields for a copy, and never the registry’s password', () => {
    const version = versionOf('v1', { private_token: 'secret-1', private_username: 'u', x: [1] })
    expect(version.fields).toEqual(versionJson('v1', { private_username: 'u', x: [1] }))
    expect(version.registryUsername).toBe('u')
    expect(JSON.stringify(version)).not.toContain('secret-1')
    expect(versionOf('v1', { private_username: '' }).registryUsername).toBeUndefined()
  })

  it.each([
    [true, true],
    [undefined, true],
    [null, true],
    ['true', true],
    [1, true],
    [false, false],
    ['false', false],
    [0, false],
    ['', false],
  ])('with is_active %j is active: %j', (is_active, isActive) => {
    expect(versionOf('v1', { is_active })).toMatchObject({ isActive })
  })

  it('of more than a thousand ports is cut', () => {
    const ports = Array.from({ length: 1_001 }, () => ({ port: 1, protocol: 'UDP' }))
    expect(versionOf('v1', { ports }).ports).toHaveLength(1_000)
  })

  it('leaves out what is no port and no variable', () => {
    const odd = [null, 'x', {}, { port: -1 }, { key: '' }, { value: 'x' }]
    expect(versionOf('v1', { ports: odd, envs: odd })).toMatchObject({ ports: [], environment: [] })
    expect(versionOf('v1', { ports: 'x', envs: {} })).toMatchObject({ ports: [], environment: [] })
  })
})

describe('a port', () => {
  it('is read with the defaults that Edgegap has', () => {
    expect(toPort({ port: 7777, protocol: 'udp' })).toEqual({
      ...{ name: '', port: 7777, protocol: 'UDP', isChecked: true, hasTls: false },
    })
    expect(toPort({ port: 1 })?.protocol).toBe('')
    expect(toPort({ port: 0, name: 'any' })).toMatchObject({ port: 0, name: 'any' })
  })

  it.each([
    [{ to_check: false }, { isChecked: false }],
    [{ to_check: 'false' }, { isChecked: false }],
    [{ to_check: true }, { isChecked: true }],
    [{ to_check: null }, { isChecked: true }],
    [{ tls_upgrade: true }, { hasTls: true }],
    [{ tls_upgrade: 'true' }, { hasTls: true }],
    [{ tls_upgrade: null }, { hasTls: false }],
    [{ name: '7777' }, { name: '' }],
    [{ name: 'game' }, { name: 'game' }],
    [{ protocol: 'Websocket' }, { protocol: 'WS' }],
  ])('with %j is %j', (more, read) => {
    expect(toPort({ port: 7777, protocol: 'WS', ...more })).toMatchObject(read)
  })
})

describe('a variable', () => {
  const read = (variable: Readonly<Record<string, unknown>>) =>
    versionOf('v1', { envs: [{ key: 'A', ...variable }] }).environment[0]?.value

  it.each([
    [{ value: 'x' }, 'x'],
    [{ value: 7 }, '7'],
    [{ value: '' }, ''],
    [{}, ''],
    [{ value: 'x', is_hidden: false, is_secret: 'false' }, 'x'],
    [{ value: 'this is encrypted' }, 'this is encrypted'],
    [{ value: 'a value is set' }, 'a value is set'],
    [{ value: 'unencrypted value' }, 'unencrypted value'],
    [{ value: 'encrypted offsets' }, 'encrypted offsets'],
  ])('is read: %j', (variable, value) => {
    expect(read(variable)).toBe(value)
  })

  it.each([
    { value: 'x', is_hidden: true },
    { value: 'x', is_secret: true },
    { value: 'x', is_hidden: 'true' },
    { value: 'A value is set and encrypted' },
    { value: 'Encrypted. It was SET.' },
    { value: 'hidden, encrypted' },
    { is_secret: true },
  ])('that is hidden has no value: %j', (variable) => {
    expect(read(variable)).toBeUndefined()
  })

  it('is no placeholder where it is long: nobody writes such a sentence', () => {
    const filled = (length: number) => 'encrypted value '.padEnd(length, 'x')
    expect(read({ value: filled(199) })).toBeUndefined()
    expect(read({ value: filled(200) })).toBe(filled(200))
  })
})

describe('a time', () => {
  const atMs = Date.UTC(2026, 3, 22, 20, 30, 52, 283)

  it.each([
    '2026-04-22 20:30:52.283949',
    ' 2026-04-22 20:30:52.283 ',
    '2026-04-22T20:30:52.283Z',
    '2026-04-22T20:30:52.283z',
    '2026-04-22T20:30:52.283Z ',
    '2026-04-22 22:30:52.283+02:00',
    '2026-04-22T22:30:52.283+0200',
    '2026-04-22T15:30:52.283-05:00',
  ])('is read in UTC where it has no zone: %j', (text) => {
    expect(readTime(text)).toBe(atMs)
  })

  it.each([undefined, '', 'x', '2026-13-40', 'Z'])('is 0 where it is none: %j', (text) => {
    expect(readTime(text)).toBe(0)
  })

  it('is read of a version’s create and update', () => {
    const version = versionOf('v1', {
      create_time: '2026-04-22 20:30:52.283949',
      last_updated: '2026-04-22 20:30:53.283949',
    })
    expect(version).toMatchObject({ createdAtMs: atMs, updatedAtMs: atMs + 1_000 })
  })
})
