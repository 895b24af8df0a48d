import { describe, expect, it } from 'vitest'
import { edgegap } from '../../../src/provider/edgegap/definition.ts'
import type { EdgegapOwn } from '../../../src/provider/edgegap/settings.ts'
import { Inputs } from '../../../src/settings/inputs.ts'
import { BadInputs, Problems } from '../../../src/settings/problems.ts'
import { readSettings, type Settings } from '../../../src/settings/settings.ts'
import { inputEnvironment } from '../../harness/action.ts'
import { contextOf } from '../context.ts'

const TOKEN = { 'api-token': 'key-1' }
const DEPLOY = { ...TOKEN, application: 'my-game', version: 'v1' }
const STOP = { ...TOKEN, operation: 'stop' }
const IMAGE = 'registry.edgegap.com/my-org/game:v7'

async function read(inputs: Record<string, string>): Promise<Settings<EdgegapOwn>> {
  const { settings } = await readSettings(inputEnvironment(inputs), [edgegap])
  return settings as Settings<EdgegapOwn>
}

async function problemsOf(inputs: Record<string, string>): Promise<readonly string[]> {
  return await read(inputs).then(
    () => [],
    (thrown) => {
      if (thrown instanceof BadInputs) return thrown.problems
      throw thrown
    },
  )
}

describe('locations', () => {
  it('are New York where none is given', async () => {
    expect((await read(DEPLOY)).own.locations).toMatchObject([
      { name: 'new-york', latitude: 40.71 },
    ])
  })

  it('are places and names of cities, in their order', async () => {
    const locations = 'tokyo\n# no place\nhere 48.85,2.35\nhome 203.0.113.7'
    expect((await read({ ...DEPLOY, locations })).own.locations).toMatchObject([
      { kind: 'city', name: 'tokyo' },
      { kind: 'coordinates', name: 'here' },
      { kind: 'addresses', name: 'home' },
    ])
  })

  it('are at most a thousand, since the post step must be able to get them all', async () => {
    const locations = (count: number) => 'here 1,2\n'.repeat(count)
    expect((await read({ ...DEPLOY, locations: locations(1_000) })).own.locations).toHaveLength(
      1_000,
    )
    expect(await problemsOf({ ...DEPLOY, locations: locations(1_001) })).toEqual([
      'locations is "1001 lines": use at most 1000 in one step',
    ])
  })

  it('that are none are each a problem, with what was probably meant', async () => {
    const locations = 'x -174.01,40.71\nhere 1,2\n!'
    expect(await problemsOf({ ...DEPLOY, locations })).toEqual([
      expect.stringMatching(
        /^locations is "x -174.01,40.71": .*latitude comes first.*; did you mean x 40.71,-174.01\?$/,
      ),
      expect.stringMatching(/^locations is "!": /),
    ])
  })
})

describe('the application', () => {
  it.each([
    [{ ...TOKEN, version: 'v1' }, /^application is empty: name the application to deploy$/],
    [
      { ...TOKEN, operation: 'version', image: IMAGE },
      /^application is empty: name the application to make or move a version of$/,
    ],
    [
      { ...STOP, group: 'pr-1' },
      /^application is empty: name the application whose deployments are to be stopped$/,
    ],
    [{ ...DEPLOY, application: '.' }, /^application is "\."/],
    [{ ...DEPLOY, application: '..' }, /^application is "\.\."/],
    [{ ...DEPLOY, application: 'a'.repeat(65) }, /at most 64 characters/],
  ])('of %j is one problem', async (inputs, problem) => {
    expect(await problemsOf(inputs)).toEqual([expect.stringMatching(problem)])
  })

  it('may have dots in its name', async () => {
    expect(await problemsOf({ ...DEPLOY, application: 'my.game..' })).toEqual([])
  })
})

describe('tags', () => {
  it('are one a line, each once, without blanks around them', async () => {
    const tags = ` nightly \nlinux server\nnightly\n${'t'.repeat(40)}`
    expect((await read({ ...DEPLOY, tags })).own.tags).toEqual([
      'nightly',
      'linux server',
      't'.repeat(40),
    ])
  })

  it.each([
    ['t'.repeat(41), /^tags is "t+": use tags of at most 40 characters, one per line$/],
    ['a\u0007b', /use tags of at most 40 characters/],
    ['a, b,c', /^tags is "a, b,c": write one tag per line: a and b and c on lines of their own$/],
    [`${'t'.repeat(30)}, ${'u'.repeat(30)}`, /use tags of at most 40 characters/],
  ])('such as %j are a problem', async (tags, problem) => {
    expect((await problemsOf({ ...DEPLOY, tags }))[0]).toMatch(problem)
  })

  it('that are too long together are two, where each of them is short enough', async () => {
    expect(await problemsOf({ ...DEPLOY, tags: `a,${'b'.repeat(40)}` })).toEqual([
      expect.stringContaining('at most 40 characters'),
      expect.stringContaining('write one tag per line'),
    ])
  })

  it('may end with a comma, if that is meant', async () => {
    expect(await problemsOf({ ...DEPLOY, tags: 'a,' })).toEqual([])
    const tags = `a,${'b'.repeat(41)}`
    expect(await problemsOf({ ...DEPLOY, tags })).toHaveLength(1)
  })
})

describe('what an operation reads', () => {
  it('is places, environment and tags for a deploy', async () => {
    const { own } = await read({ ...DEPLOY, env: 'A=1', 'secret-env': 'B=2', tags: 't' })
    expect(own.environment).toEqual([
      { key: 'A', value: '1', secret: false },
      { key: 'B', value: '2', secret: true },
    ])
    expect(own).toMatchObject({ tags: ['t'], versions: { version: 'v1', image: undefined } })
  })

  it('is only the version where that is all there is to make', async () => {
    const inputs = { ...TOKEN, operation: 'version', application: 'my-game', image: IMAGE }
    const settings = await read({ ...inputs, tags: 'x'.repeat(99), locations: '!', env: '!' })
    expect(settings).toMatchObject({ application: 'my-game', version: 'v7' })
    expect(settings.own).toMatchObject({ locations: [], environment: [], tags: [] })
    expect(settings.own.versions.image).toMatchObject({ tag: 'v7' })
  })

  it('is what a stop reaches', async () => {
    expect(await read({ ...STOP, 'deployment-id': 'a69f8e3e0555' })).toMatchObject({
      reach: { kind: 'deployment', id: 'a69f8e3e0555' },
      own: { locations: [], versions: { version: '' } },
    })
    const application = 'my-game'
    expect(await read({ ...STOP, application, group: 'pr-1' })).toMatchObject({
      reach: { kind: 'group', application, group: 'pr-1' },
    })
    expect(await read({ ...STOP, application, scope: 'application' })).toMatchObject({
      reach: { kind: 'application', application },
    })
    expect(await problemsOf({ ...STOP, application, group: 'g'.repeat(41) })).toHaveLength(1)
  })
})

describe('what the log says first', () => {
  const describeOf = async (inputs: Record<string, string>) => edgegap.describe(await read(inputs))

  it('of a deploy is all that is given, without values', async () => {
    const inputs = {
      ...{ image: IMAGE, version: 'v1', 'version-from': 'prod', 'keep-versions': '3' },
      ...{ promote: 'live\nbeta', 'version-policy': 'update', locations: 'tokyo\nhere 48.85,2.35' },
      ...{ env: 'A=1', 'secret-env': 'B=hidden', 'version-env': 'C=3', tags: 't1\nt2' },
    }
    expect(await describeOf({ ...DEPLOY, ...inputs })).toEqual({
      title: 'Deploying my-game v1',
      lines: [
        `image: ${IMAGE}`,
        'version-policy: update',
        'version-from: prod',
        'keep-versions: 3',
        'promote: live',
        'promote: beta',
        "location: tokyo (in Edgegap's list)",
        'location: here (48.85,2.35)',
        'environment variable: A',
        'secret environment variable: B',
        'environment variable: C',
        'tag: t1',
        'tag: t2',
      ],
    })
  })

  it('of a version is its image', async () => {
    const inputs = { operation: 'version', application: 'my-game', image: IMAGE }
    expect(await describeOf({ ...TOKEN, ...inputs })).toEqual({
      title: 'Creating or moving the version my-game v7',
      lines: [`image: ${IMAGE}`, 'version-policy: create'],
    })
  })

  it('of a deploy with nothing else is where', async () => {
    expect((await describeOf(DEPLOY)).lines).toEqual(['location: new-york (40.71,-74.01)'])
  })

  it.each<[Record<string, string>, string]>([
    [{ operation: 'stop', 'deployment-id': 'abc' }, 'Stopping abc'],
    [
      { operation: 'stop', application: 'my-game', group: 'pr-1' },
      'Stopping the group pr-1 of my-game',
    ],
    [
      { operation: 'stop', application: 'my-game', scope: 'application' },
      'Stopping every deployment of my-game',
    ],
  ])('of %j is the title "%s"', async (inputs, title) => {
    expect(await describeOf({ ...TOKEN, ...inputs })).toEqual({ title, lines: [] })
  })
})

describe('what has no effect', () => {
  const SCOPE = 'scope has no effect without replace.'
  const GROUP = 'group has no effect with scope: application, which stops every deployment.'

  it.each<[Record<string, string>, string[]]>([
    [DEPLOY, []],
    [{ ...DEPLOY, scope: 'Application' }, [SCOPE]],
    [{ ...DEPLOY, scope: 'group' }, []],
    [{ ...DEPLOY, scope: 'application', replace: 'after-ready' }, []],
    [{ ...TOKEN, application: 'a', operation: 'version', image: IMAGE, scope: 'application' }, []],
    [{ ...STOP, 'deployment-id': 'abc' }, []],
    [{ ...STOP, application: 'a', group: 'g' }, []],
    [{ ...STOP, application: 'a', scope: 'application' }, []],
    [{ ...STOP, application: 'a', scope: 'application', group: 'g' }, [GROUP]],
  ])('%j', async (given, unused) => {
    const settings = await read(given)
    const inputs = new Inputs(inputEnvironment(given), new Problems())
    expect(edgegap.findUnused?.(inputs, settings)).toEqual(unused)
  })
})

describe('the definition', () => {
  it('opens the provider with the places of a deploy, and without any for a stop', async () => {
    const deploy = await edgegap.open(await read(DEPLOY), contextOf())
    expect(deploy.targets).toHaveLength(1)
    const stop = await edgegap.open(await read({ ...STOP, 'deployment-id': 'abc' }), contextOf())
    expect(stop.targets).toEqual([])
  })

  it('opens nothing that could deploy for a stop, nor for the post step', async () => {
    const bounds = { deadlineMs: 1_000, signal: new AbortController().signal }
    const stop = await read({ ...STOP, 'deployment-id': 'abc' })
    const saved = { apiUrl: new URL('https://api.test'), token: 'key-1' }
    for (const opening of [
      edgegap.open(stop, contextOf()),
      edgegap.reopen({ ...saved, own: edgegap.savedAccess(stop) }, contextOf()),
    ]) {
      await expect((await opening).plan(bounds)).rejects.toThrow('nothing to deploy or to make')
    }
  })

  it('needs nothing saved but URL and token, and has no outputs of its own', async () => {
    expect(edgegap.savedAccess(await read(DEPLOY))).toEqual({})
    expect([edgegap.outputs, edgegap.unusedInputs]).toEqual([[], []])
  })

  const warningsOf = async (inputs: Record<string, string>) =>
    (await readSettings(inputEnvironment(inputs), [edgegap])).warnings

  it('warns of inputs that an operation does not read', async () => {
    const given = { locations: 'tokyo', env: 'A=1', 'secret-env': 'B=1', tags: 't' }
    const deploy = await warningsOf({ ...DEPLOY, ...given })
    expect(deploy).toEqual([])
    const stop = await warningsOf({ ...STOP, 'deployment-id': 'abc', ...given })
    expect(stop.map((text) => text.split(' ')[0])).toEqual(Object.keys(given))
  })

  it('warns of no default, for the runner hands those over always', async () => {
    const defaults = {
      locations: 'new-york 40.71,-74.01',
      'version-policy': 'create',
      replace: 'none',
      scope: 'group',
    }
    expect(await warningsOf({ ...STOP, 'deployment-id': 'abc', ...defaults })).toEqual([])
  })

  it('hides every value of a secret input', () => {
    const values = (input: string, text: string) =>
      edgegap.secretInputs[input]?.(text, input)?.map(({ value }) => value)
    expect(values('registry-password', ' pass \n')).toEqual(['pass'])
    expect(values('secret-env', 'A=one')).toEqual(['one'])
    expect(values('version-secret-env', 'A=two')).toEqual(['two'])
  })
})
