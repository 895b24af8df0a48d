import { describe, expect, it, test } from 'vitest'
import { REGISTRY } from '../../src/provider/registry.ts'
import { CORE_INPUTS } from '../../src/settings/core-inputs.ts'
import type { Operation } from '../../src/settings/model.ts'
import {
  findUnknownInputs,
  knownInputs,
  listUnknownInputs,
} from '../../src/settings/unknown-inputs.ts'
import { inputEnvironment, readAction } from '../harness/action.ts'
import { type Given, readAll } from './reading.ts'
import { NAMED, PUBLIC, RELAY, SSH } from './tunnel-inputs.ts'

const warningsOf = async (given: Given) => (await readAll(given)).warnings
const EDGE: Given = {
  provider: 'rockit-edge',
  'api-url': 'https://edge.example.com',
  application: 'my_game',
  organization: 'my-org',
  username: 'ci',
  'build-url': 'https://files.example.com/b.tar',
  'build-size': '12',
  version: '',
}

describe('an input that has no effect is warned of', () => {
  test.each<[Given, readonly string[]]>([
    [
      { wait: 'none', 'poll-interval': '5s', 'settle-time': '5s' },
      [
        'poll-interval has no effect with wait: none.',
        'settle-time has no effect with wait: none.',
      ],
    ],
    [{ 'deployment-id': 'a1' }, ['deployment-id has no effect with operation: deploy.']],
    [{ organization: 'my-org' }, ['organization has no effect with provider: edgegap.']],
    [{ 'listen-port': '8080' }, ['listen-port has no effect here: the tunnel is none.']],
    [
      { tunnel: 'relay', ...RELAY, 'listen-port': '8080' },
      ['listen-port has no effect here: the tunnel is relay.'],
    ],
    [{ 'probe-timeout': '5s' }, ['probe-timeout has no effect without probe.']],
    [
      { 'environment-url': 'https://play.example.com' },
      ['environment-url has no effect without environment.'],
    ],
    [
      { tunnel: 'public', ...PUBLIC, ...RELAY },
      ['relay-url has no effect here: the tunnel is public.'],
    ],
    [
      { tunnel: 'cloudflared', 'relay-url': 'https://x.example' },
      ['relay-url has no effect here: the tunnel is cloudflared, quick.'],
    ],
    [
      { wait: 'poll', 'tunnel-timeout': '5s', ...SSH },
      ['tunnel-timeout', ...Object.keys(SSH)].map(
        (name) => `${name} has no effect with wait: poll.`,
      ),
    ],
    [
      { ...RELAY, ...NAMED, 'listen-port': '' },
      [
        'cloudflared-token has no effect here: the tunnel is relay.',
        'cloudflared-hostname has no effect here: the tunnel is relay.',
      ],
    ],
    [
      { ...RELAY, ...PUBLIC, tunnel: 'relay', 'listen-port': '' },
      ['public-url has no effect here: the tunnel is relay.'],
    ],
  ])('%j', async (given, warnings) => {
    expect([...(await warningsOf(given))].sort()).toEqual([...warnings].sort())
  })

  it('once, whatever the reasons', async () => {
    const given = { operation: 'stop', 'deployment-id': 'a1', 'relay-url': 'https://x.example' }
    expect(await warningsOf({ ...given, application: '', version: '' })).toEqual([
      'relay-url has no effect with operation: stop.',
    ])
  })

  it('with the reason of the provider, where nothing can be stopped', async () => {
    expect(await warningsOf({ ...EDGE, 'on-failure': 'keep', version: 'v1' })).toEqual([
      'version has no effect with provider: rockit-edge.',
      'on-failure has no effect with provider: rockit-edge: a build that was imported cannot be taken back.',
    ])
  })

  it('where it belongs to another provider', async () => {
    expect(await warningsOf({ ...EDGE, image: 'x/y:z', group: 'pr-12' })).toEqual([
      'image has no effect with provider: rockit-edge.',
      'group has no effect with provider: rockit-edge.',
    ])
  })
})

describe('an input that has its effect is not warned of', () => {
  test.each<[string, Given]>([
    ['the public URL and its port', PUBLIC],
    ['all of ssh', SSH],
    ['the relay', RELAY],
    ['a named tunnel and its port', NAMED],
    ['the account of a ROCKIT Edge', EDGE],
    ['the application of a group that is stopped', { operation: 'stop', group: 'x', version: '' }],
  ])('%s', async (_, given) => {
    expect(await warningsOf(given)).toEqual([])
  })

  it('nor one that only has its default, since the runner fills those in', async () => {
    const defaults = readAction().inputs.flatMap(({ name, default: text }) =>
      text === undefined ? [] : [[name, text]],
    )
    for (const given of [{}, { operation: 'stop', 'deployment-id': 'a1' }, EDGE]) {
      const basis = 'operation' in given ? { application: '', version: '' } : {}
      expect(await warningsOf({ ...Object.fromEntries(defaults), ...basis, ...given })).toEqual([])
    }
  })
})

describe('the inputs that are known', () => {
  it('are those that action.yml declares', () => {
    const declared = readAction().inputs.map(({ name }) => name)
    expect(knownInputs(REGISTRY).toSorted()).toEqual(declared.toSorted())
  })

  it('are those of the core first, and each once', () => {
    const twice: { inputs: Record<string, readonly Operation[]> }[] = [
      { inputs: { wait: [], mine: [] } },
      { inputs: { mine: [] } },
    ]
    expect(knownInputs(twice)).toEqual([...Object.keys(CORE_INPUTS), 'mine'])
  })
})

describe('an input that is unknown', () => {
  const found = (given: Given) => listUnknownInputs(inputEnvironment(given), REGISTRY)

  it('is found with the name that is nearest, and what stands in it', () => {
    expect(found({ loactions: 'tokyo', colour: 'red' })).toEqual([
      { name: 'loactions', nearest: 'locations', text: 'tokyo' },
      { name: 'colour', nearest: undefined, text: 'red' },
    ])
  })

  it.each([
    ['another program’s, by its underscore', { rc_file: 'x' }],
    ['another program’s, by its name', { method: 'fcitx' }],
    ['empty', { loactions: '' }],
    ['no name that a workflow may have', { '1st': 'x' }],
    ['too long', { [`a${'b'.repeat(60)}`]: 'x' }],
  ])('is none where it is %s', (_, given) => {
    expect(found(given)).toEqual([])
  })

  it('is one of ours in spite of an underscore where it resembles one', () => {
    expect(found({ poll_interval: '5s' })).toEqual([
      { name: 'poll_interval', nearest: 'poll-interval', text: '5s' },
    ])
  })

  it('may have 60 characters', () => {
    expect(found({ [`q${'q'.repeat(59)}`]: 'x' })).toHaveLength(1)
  })

  it.each(['MY_INPUT_LOACTIONS', 'INPUT_LOACTIONS X', 'INPUT_'])(
    'is not the variable %s',
    (variable) => {
      expect(listUnknownInputs({ [variable]: 'x' }, REGISTRY)).toEqual([])
    },
  )

  it('is warned of with a question where one is near', () => {
    expect(findUnknownInputs(inputEnvironment({ loactions: 'x', colour: 'x' }), REGISTRY)).toEqual([
      'loactions is not an input of this action and has no effect. Did you mean locations?',
      'colour is not an input of this action and has no effect.',
    ])
  })
})
