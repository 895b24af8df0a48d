import { describe, expect, it } from 'vitest'
import { REGISTRY } from '../../src/provider/registry.ts'
import { describeSettings } from '../../src/settings/describe.ts'
import { isDeploymentId } from '../../src/settings/groups.ts'
import { BadInputs } from '../../src/settings/problems.ts'
import { readSettings } from '../../src/settings/settings.ts'
import { inputEnvironment } from '../harness/action.ts'

async function read(inputs: Record<string, string>) {
  const given = { 'api-token': 'abc-123', application: 'my-game', version: 'v1', ...inputs }
  return await readSettings({ GITHUB_WORKSPACE: '/w', ...inputEnvironment(given) }, REGISTRY)
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

const inGroup = { kind: 'group', application: 'my-game', group: 'pr-12' }
const inApplication = { kind: 'application', application: 'my-game' }

describe('replace', () => {
  it.each([
    [
      { replace: 'after-ready', group: 'pr-12' },
      { when: 'after-ready', reach: inGroup },
    ],
    [
      { replace: 'Before-Deploy', group: ' pr-12 ' },
      { when: 'before-deploy', reach: inGroup },
    ],
    [
      { replace: 'after-ready', scope: 'application' },
      { when: 'after-ready', reach: inApplication },
    ],
    [
      { replace: 'after-ready', scope: 'application', group: 'pr-12' },
      { when: 'after-ready', reach: inApplication },
    ],
    [{ group: 'pr-12' }, undefined],
    [{ replace: 'none', scope: 'application' }, undefined],
  ])('%j is about %j', async (inputs, replace) => {
    const { group } = { group: undefined, ...inputs } as { group?: string }
    expect((await read(inputs as Record<string, string>)).settings).toMatchObject({
      replace,
      group: group?.trim(),
    })
  })

  it.each([
    [{ replace: 'after-ready' }, /^replace is "after-ready": it needs group, or scope: applicat/],
    [
      { replace: 'after-ready', group: 'x', wait: 'none' },
      /^replace is "after-ready": it needs the outcome/,
    ],
    [{ replace: 'afterready', group: 'x' }, /use one of none.*did you mean after-ready\?$/],
    [{ group: 'g'.repeat(41) }, /^group is .* use at most 40 characters/],
    [{ group: 'a\nb' }, /on one line/],
    [{ scope: 'organization' }, /^scope is "organization": use one of group, application$/],
  ])('%j is a problem', async (inputs, problem) => {
    expect(await problemsWith(inputs as Record<string, string>)).toEqual([
      expect.stringMatching(problem),
    ])
  })

  it('is what scope is for: without it scope is warned of', async () => {
    expect((await read({ scope: 'application' })).warnings).toEqual([
      'scope has no effect without replace.',
    ])
  })

  it.each(['pr-', 'preview/', 'staging_', 'v1.', 'a:'])(
    'of %s, whose last part is missing, warns: all such runs have one group',
    async (group) => {
      for (const inputs of [{ group }, { operation: 'stop', version: '', group }]) {
        const { warnings } = await read(inputs as Record<string, string>)
        expect(warnings).toEqual([expect.stringContaining(`group is "${group}": the value that`)])
      }
    },
  )

  it('is in the log', async () => {
    const { settings, definition } = await read({ replace: 'after-ready', group: 'pr-12' })
    expect(describeSettings(settings, definition)).toEqual(
      expect.arrayContaining(['group: pr-12', 'replace: after-ready, scope: group']),
    )
  })
})

describe('a stop', () => {
  const stop = (inputs: Record<string, string>) => ({ operation: 'stop', version: '', ...inputs })

  it.each([
    [
      { 'deployment-id': 'a1', application: '' },
      { kind: 'deployment', id: 'a1' },
    ],
    [{ group: 'pr-12' }, inGroup],
    [{ scope: 'application' }, inApplication],
    [{ scope: 'application', group: 'pr-12' }, inApplication],
  ])('of %j reaches %j', async (inputs, reach) => {
    expect((await read(stop(inputs as Record<string, string>))).settings).toMatchObject({ reach })
  })

  it.each([
    [{}, /^deployment-id is empty: name the deployment to stop, or give application with group/],
    [{ group: 'pr-12', application: '' }, /^application is empty: name the application whose/],
    [{ scope: 'application', application: '' }, /^application is empty/],
    [
      { 'deployment-id': 'a1', group: 'x' },
      /^deployment-id is "a1": give either deployment-id or group/,
    ],
    [{ 'deployment-id': 'a1', scope: 'application' }, /either deployment-id or scope: application/],
  ])('with %j is a problem', async (inputs, problem) => {
    expect(await problemsWith(stop(inputs as Record<string, string>))).toEqual([
      expect.stringMatching(problem),
    ])
  })

  it('of a whole application warns that a group beside it does not limit it', async () => {
    const { warnings } = await read(stop({ scope: 'application', group: 'pr-12' }))
    expect(warnings).toEqual([
      'group has no effect with scope: application, which stops every deployment.',
    ])
  })

  it('of a group uses application, so nothing is warned of', async () => {
    expect((await read(stop({ group: 'pr-12' }))).warnings).toEqual([])
  })
})

describe('operation: version', () => {
  it('needs an application and a version, and warns of what only a deploy reads', async () => {
    const { settings, warnings } = await read({
      operation: 'version',
      image: 'example.com/my-game:v1',
      group: 'x',
      'on-failure': 'keep',
    })
    expect(settings).toMatchObject({ operation: 'version', application: 'my-game', version: 'v1' })
    expect(warnings).toEqual([
      'on-failure has no effect with operation: version.',
      'group has no effect with operation: version.',
    ])
    expect(await problemsWith({ operation: 'version', application: '', version: '' })).toEqual([
      'application is empty: name the application to make or move a version of',
      'image is empty: operation: version needs the image that the version is to have',
    ])
  })

  it('does not check what only a deploy reads, and has none of it', async () => {
    const { settings } = await read({
      operation: 'version',
      image: 'example.com/my-game:v1',
      'on-failure': 'explode',
      probe: 'WRONG',
      'relay-url': 'WRONG',
    })
    expect(settings).not.toHaveProperty('tunnel')
    expect(settings).not.toHaveProperty('onFailure')
  })

  it('is nothing for ROCKIT Edge', async () => {
    const [problem] = await problemsWith({ operation: 'version', provider: 'rockit-edge' })
    expect(problem).toBe('operation is "version": use deploy, the only choice here')
  })
})

describe('an id that goes into a path', () => {
  it.each(['61b1be8f54d9', 'a', 'A_b-9', 'x'.repeat(64)])('may be %s', (id) => {
    expect(isDeploymentId(id)).toBe(true)
  })

  it.each(['', '..', 'a/b', 'a b', 'a%2f', 'é', 'a\n', 'x'.repeat(65)])('may not be %j', (id) => {
    expect(isDeploymentId(id)).toBe(false)
  })
})

describe('further inputs', () => {
  it('settle-time is a duration, 0s by default', async () => {
    expect((await read({ 'settle-time': '20s' })).settings).toMatchObject({ settleTimeMs: 20_000 })
    expect(await problemsWith({ 'settle-time': '20' })).toEqual([
      expect.stringContaining('did you mean 20s or 20m?'),
    ])
    expect((await read({ 'settle-time': '20s', wait: 'none' })).warnings).toEqual([
      'settle-time has no effect with wait: none.',
    ])
  })

  it('log-dir starts from the workspace', async () => {
    expect((await read({ 'log-dir': 'logs' })).settings).toMatchObject({ logDir: '/w/logs' })
    expect((await read({ 'log-dir': '/tmp/x' })).settings).toMatchObject({ logDir: '/tmp/x' })
  })

  it('dry-run is true or false', async () => {
    expect((await read({ 'dry-run': 'true' })).settings).toMatchObject({ dryRun: true })
    expect(await problemsWith({ 'dry-run': 'yes' })).toHaveLength(1)
  })
})
