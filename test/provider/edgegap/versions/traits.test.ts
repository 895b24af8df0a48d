import { describe, expect, it } from 'vitest'
import {
  changeOf,
  configChanges,
  environmentChanges,
  notCarriedOver,
  portChange,
  showChange,
} from '../../../../src/provider/edgegap/versions/traits.ts'
import { versionOf } from './scripted.ts'

const shown = (changes: ReturnType<typeof changeOf>) => changes.map(showChange)

describe('a change', () => {
  it.each<[unknown, unknown, string[]]>([
    [undefined, 'a', ['cpu: a']],
    [null, 7, ['cpu: 7']],
    ['a', 'b', ['cpu: a → b']],
    ['a', undefined, ['cpu: a → removed']],
    ['a', null, ['cpu: a → removed']],
    [512, 1024, ['cpu: 512 → 1024']],
    [true, false, ['cpu: true → false']],
    [512, '512', []],
    ['', '', []],
    [undefined, null, []],
    [undefined, undefined, []],
    [{ a: 1, b: { d: 1, c: 2 } }, { b: { c: 2, d: 1 }, a: 1 }, []],
    [[1, 2], [2, 1], ['cpu: [1,2] → [2,1]']],
    [{ b: 1, a: null }, undefined, ['cpu: {"a":null,"b":1} → removed']],
  ])('from %j to %j is %j', (from, to, lines) => {
    expect(shown(changeOf('cpu', from, to))).toEqual(lines)
  })

  it('is cut where it is long', () => {
    const [fits, long] = ['x'.repeat(200), 'y'.repeat(201)]
    expect(changeOf('a', fits, long)).toEqual([
      { field: 'a', from: fits, to: `${'y'.repeat(200)}…` },
    ])
  })

  it('of ports is one of what they are, in whatever order', () => {
    const ports = (...protocols: string[]) =>
      protocols.map((protocol, at) => {
        return { name: `p${at}`, port: at, protocol, isChecked: true, hasTls: false }
      })
    expect(portChange(ports('UDP', 'TCP'), ports('UDP', 'TCP').toReversed())).toEqual([])
    expect(shown(portChange(undefined, ports('UDP')))).toEqual(['ports: p0 0/udp'])
    expect(shown(portChange(ports('TCP'), ports('UDP')))).toEqual(['ports: p0 0/tcp → p0 0/udp'])
    expect(shown(portChange(ports('TCP'), []))).toEqual(['ports: p0 0/tcp → none'])
  })
})

describe('a change of a variable never shows a value', () => {
  const open = { key: 'A', value: 'secret-1' }
  const other = { key: 'A', value: 'secret-2' }
  const hidden = { key: 'A', value: undefined }

  it.each([
    ['new', [], [open], ['version-env A: (value)']],
    ['new and secret', [], [hidden], ['version-env A: (hidden)']],
    ['the same', [open], [open], []],
    ['another', [open], [other], ['version-env A: (value) → (another value)']],
    ['a secret now', [open], [hidden], ['version-env A: (value) → (hidden)']],
    ['no secret any more', [hidden], [open], ['version-env A: (hidden) → (another value)']],
    ['a secret that may be another', [hidden], [hidden], ['version-env A: (hidden) → (hidden)']],
    ['not among those given', [open], [], []],
  ])('%s', (_, from, to, lines) => {
    expect(shown(environmentChanges(from, to, 'others-kept'))).toEqual(lines)
  })

  it.each([
    [open, ['version-env A: (value) → removed']],
    [hidden, ['version-env A: (hidden) → removed']],
  ])('removed: %j', (from, lines) => {
    expect(shown(environmentChanges([from], [], 'others-removed'))).toEqual(lines)
  })

  it('and each key comes once', () => {
    const b = { key: 'B', value: '1' }
    const changes = environmentChanges([open, b], [other, b], 'others-removed')
    expect(shown(changes)).toEqual(['version-env A: (value) → (another value)'])
  })
})

describe('what a promotion does not carry over', () => {
  it('is everything but the image', () => {
    const stable = versionOf('old', {
      ...{ req_cpu: 512, req_memory: 1024, max_duration: 60 },
      ports: [{ port: 1, protocol: 'UDP' }],
      envs: [{ key: 'A', value: '1' }],
    })
    const candidate = versionOf('new', {
      ...{ req_cpu: 1024, req_memory: 2048, max_duration: 90 },
      envs: [{ key: 'B', value: '1' }],
    })
    expect(shown(notCarriedOver(candidate, stable))).toEqual([
      'cpu: 512 → 1024',
      'memory: 1024 → 2048',
      'ports: 1 1/udp → none',
      'version-env B: (value)',
      'version-env A: (value) → removed',
    ])
    expect(notCarriedOver(stable, stable)).toEqual([])
  })

  it('is no secret that both have: nobody can compare them', () => {
    const withSecret = (key: string) =>
      versionOf('x', { envs: [{ key, value: 'x', is_secret: true }] })
    expect(notCarriedOver(withSecret('A'), withSecret('A'))).toEqual([])
    expect(shown(notCarriedOver(withSecret('B'), withSecret('A')))).toEqual([
      'version-env B: (hidden)',
      'version-env A: (hidden) → removed',
    ])
    const open = versionOf('x', { envs: [{ key: 'A', value: '1' }] })
    expect(notCarriedOver(withSecret('A'), open)).toHaveLength(1)
    expect(notCarriedOver(open, withSecret('A'))).toHaveLength(1)
  })
})

describe('a further field', () => {
  it.each<[unknown, unknown, string[]]>([
    ['never', 'always', ['x: never → always']],
    ['never', 'never', []],
    [undefined, 'never', ['x: never']],
    [null, null, []],
    [null, 'a', ['x: a']],
    ['a', null, ['x: a → removed']],
    [5, '5', ['x: 5 → 5']],
    [{ a: 1, b: 2 }, { b: 2, a: 1 }, []],
    [{ a: { c: 1, b: 1 } }, { a: { b: 1, c: 1 } }, []],
    [[1], [1, 2], ['x: [1] → [1,2]']],
  ])('from %j to %j is %j', (from, to, lines) => {
    expect(shown(configChanges(from === undefined ? {} : { x: from }, { x: to }))).toEqual(lines)
  })

  it('is not taken from what every object has', () => {
    expect(shown(configChanges({}, { constructor: 'a' }))).toEqual(['constructor: a'])
  })

  it('of ports is told as ports are, whatever order and defaults they have', () => {
    const port = { port: 1, protocol: 'UDP', name: 'g' }
    const full = { ...port, to_check: true, tls_upgrade: false, protocol: 'udp' }
    expect(configChanges({ ports: [full] }, { ports: [port] })).toEqual([])
    expect(shown(configChanges({}, { ports: [port] }))).toEqual(['ports: g 1/udp'])
    expect(shown(configChanges({ ports: [] }, { ports: [port] }))).toEqual([
      'ports: none → g 1/udp',
    ])
    expect(shown(configChanges({ ports: [port, 'x', {}] }, { ports: 'none' }))).toEqual([
      'ports: g 1/udp → none',
    ])
  })

  it('of variables shows no value', () => {
    const envs = [{ key: 'A', value: 'secret-1' }]
    expect(shown(configChanges({ envs: [] }, { envs }))).toEqual(['envs: (hidden) → (hidden)'])
    expect(shown(configChanges({}, { envs }))).toEqual(['envs: (hidden)'])
    expect(configChanges({ envs }, { envs })).toEqual([])
  })
})
