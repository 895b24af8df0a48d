import { describe, expect, it } from 'vitest'
import { REGISTRY } from '../../src/provider/registry.ts'
import { nearestName } from '../../src/settings/nearest.ts'
import { knownInputs } from '../../src/settings/unknown-inputs.ts'
import { problemsOf } from './reading.ts'
import { KEY, SSH } from './tunnel-inputs.ts'

describe('a problem says what was probably meant', () => {
  it.each([
    [{ timeout: '600' }, 'did you mean 600s or 10m?'],
    [{ timeout: '10' }, 'did you mean 10s or 10m?'],
    [{ timeout: '10 minutes' }, 'did you mean 10m?'],
    [{ timeout: '1.5h' }, 'did you mean 1h30m?'],
    [{ timeout: '90 Sec' }, 'did you mean 90s?'.replace('90s', '1m30s')],
    [{ timeout: '5000ms' }, 'did you mean 5s?'],
    [{ timeout: '1h 30M' }, 'did you mean 1h30m?'],
    [{ 'api-url': 'api.edgegap.com' }, 'did you mean https://api.edgegap.com?'],
    [{ ...SSH, 'ssh-key': KEY.replaceAll('\n', '\\n') }, 'with real line breaks'],
    [{ 'poll-interval': '500ms' }, 'write a duration such as 90s, 10m or 1h30m, at least 1s'],
    [
      { locations: 'tokyo 139.69,35.68' },
      'latitude comes first and is from -90 to 90; did you mean tokyo 35.68,139.69?',
    ],
    [{ locations: 'tokyo 35.68 139.69' }, 'did you mean tokyo 35.68,139.69?'],
    [{ locations: '- tokyo 35.68,139.69' }, 'did you mean tokyo 35.68,139.69?'],
    [{ tags: "- 'nightly'" }, 'did you mean nightly?'],
    [{ promote: '-  prod', image: 'a/b:1' }, 'did you mean prod?'],
    [{ probe: '- game a2s' }, 'did you mean game a2s?'],
    [{ env: '- LEVEL=3' }, 'did you mean LEVEL=3?'],
    [{ wait: 'pol' }, 'did you mean poll?'],
    [{ provider: 'rockit' }, 'did you mean rockit-edge?'],
    [{ 'on-failure': 'stopp' }, 'did you mean stop?'],
    [
      { 'api-url': 'https://api.edgegap.com/v1/' },
      'leave the path /v1/ out, the action adds its own; did you mean https://api.edgegap.com?',
    ],
  ])('%j', async (inputs, text) => {
    const problems = await problemsOf(inputs as Record<string, string>)
    expect(problems).toEqual([expect.stringContaining(text)])
    expect(problems[0]).toMatch(new RegExp(`${text.slice(-3).replace(/[?.]/g, '\\$&')}$`))
  })
})

describe('a name that is near', () => {
  const known = knownInputs(REGISTRY)

  it.each([
    ['location', 'locations'],
    ['secrets-env', 'secret-env'],
    ['secret_env', 'secret-env'],
    ['aplication', 'application'],
    ['app', 'application'],
    ['token', 'api-token'],
    ['time-out', 'timeout'],
    ['tunel', 'tunnel'],
    ['vesrion', 'version'],
    ['organization', 'organization'],
    ['deployment', 'deployment-id'],
  ])('to %s is %s', async (name, nearest) => {
    expect(nearestName(name, known)).toBe(nearest)
  })

  it.each(['colour', 'x', 'id', 'foo-bar', 'q'.repeat(60)])('to %s is none', async (name) => {
    expect(nearestName(name, known)).toBeUndefined()
  })
})
