import { describe, expect, test } from 'vitest'
import {
  annotations,
  CREATE,
  deploy,
  expectAllOutputs,
  LIST,
  onlyError,
  run,
  startEdgegap,
  stop,
} from './deploy.ts'

describe.concurrent('a bad input is told with its value and what is allowed', () => {
  test.each([
    ['provider', 'azure', /^provider is "azure": use one of edgegap, rockit-edge$/],
    ['operation', 'destroy', /^operation is "destroy": use one of deploy, version, stop/],
    [
      'api-url',
      'http://api.edgegap.com',
      /^api-url is "http.*use https \(http only for loopback\)$/,
    ],
    ['api-url', 'http://localhost.evil.test', /use https/],
    ['api-url', 'http://127.0.0.1.evil.test', /use https/],
    ['api-url', 'api.edgegap.com', /write a full URL/],
    ['api-url', 'ftp://127.0.0.1', /use https/],
    ['api-url', 'https://api.edgegap.com/?a=b', /leave query and fragment out/],
    ['wait', 'a-while', /^wait is "a-while": use one of auto, webhook, poll, none$/],
    ['timeout', '10', /^timeout is "10": write a duration such as 90s.*did you mean 10s or 10m\?$/],
    ['timeout', '600', /did you mean 600s or 10m\?$/],
    ['timeout', '10 minutes', /write a duration/],
    ['timeout', '-5s', /write a duration/],
    ['timeout', '0s', /use a duration from 1s to 24h/],
    ['timeout', '25h', /use a duration from 1s to 24h/],
    [
      'poll-interval',
      '500ms',
      /^poll-interval is "500ms": write a duration such as .*, at least 1s/,
    ],
    ['poll-interval', '0s', /from 1s/],
    ['on-failure', 'retry', /use one of stop, keep$/],
    ['stop-after-job', 'yes', /^stop-after-job is "yes": use true or false; did you mean true\?$/],
    ['summary', '0', /use true or false; did you mean false\?/],
    ['summary', 'maybe', /use true or false$/],
    ['log-lines', '-1', /use a whole number from 0 to 1000/],
    ['log-lines', '1001', /0 to 1000/],
    ['log-lines', '1e2', /0 to 1000/],
    ['application', '', /^application is empty: name the application to deploy$/],
    ['application', '..', /this cannot be the name of an application/],
    ['version', ' ', /^version is empty/],
    ['version', 'v'.repeat(65), /at most 64 characters/],
    ['version', 'v1\nv2', /one line/],
    ['locations', 'nowhere 1', /^locations is "nowhere 1": write "name lat,lon"/],
    ['locations', '91,0', /write "name lat,lon"/],
    ['locations', 'tokyo 139.69,35.68', /latitude comes first.*did you mean tokyo 35.68,139.69\?$/],
    ['locations', '1,2,3', /write "name lat,lon"/],
    ['locations', '256.1.1.1', /write "name lat,lon"/],
    ['env', 'NO_VALUE', /^env: line 1 \("NO_VALUE"\) is not KEY=VALUE/],
    ['env', 'MODE: deathmatch', /did you mean MODE=deathmatch, with = in place of the colon\?$/],
    ['env', 'KEY<<END\na\nb', /begins the value of KEY, and no line END ends it/],
    ['tags', 'ci, nightly', /one tag per line: ci and nightly/],
    [
      'api-url',
      'https://api.edgegap.com/v1',
      /leave the path \/v1 out.*did you mean https:\/\/api.edgegap.com\?$/,
    ],
    ['env', 'A=1\nA=2', /line 2 sets A a second time/],
    ['env', '1A=1', /is not KEY=VALUE/],
    ['env', `A=${'x'.repeat(4097)}`, /the value of A is over 4096 bytes/],
    ['tags', 't'.repeat(41), /at most 40 characters/],
  ])('%s: %j', async (input, value, problem) => {
    await using edgegap = await startEdgegap()
    const { main, post } = await deploy(edgegap, { [input]: value })
    expect(main.exitCode).toBe(1)
    expect(onlyError(main)).toMatch(problem)
    expect(edgegap.requests).toEqual([])
    expect(main.outputs).toEqual({})
    expect(post?.log).toEqual([])
  })

  test.each(['', '../v1/apps', 'a/../../b', 'a?x=1', 'é', 'x'.repeat(65)])(
    'deployment-id: %j, for it becomes part of a path',
    async (id) => {
      await using edgegap = await startEdgegap()
      const { main } = await stop(edgegap, id)
      expect(onlyError(main)).toMatch(/^deployment-id is (empty|")/)
      expect(edgegap.requests).toEqual([])
    },
  )

  test.each(['', '  ', 'token ', '""'])('api-token: %j', async (token) => {
    await using edgegap = await startEdgegap()
    const { main } = await deploy(edgegap, { 'api-token': token })
    expect(onlyError(main)).toMatch(/^api-token is empty: give an Edgegap API token from a secret/)
    expect(edgegap.requests).toEqual([])
  })
})

test('every problem is told at once, each in an annotation of its own', async () => {
  await using edgegap = await startEdgegap()
  const { main } = await run(edgegap, {
    'api-token': '',
    'api-url': 'nope',
    wait: 'x',
    timeout: 'x',
    'poll-interval': 'x',
    'on-failure': 'x',
    locations: 'x 1',
    env: 'x',
    'log-lines': 'x',
  })
  const about = annotations(main, 'error').map((text) => text.split(/[ :]/)[0])
  expect(about).toHaveLength(10)
  // The runner shows ten of a kind; the rest is in the log, and nothing is lost.
  const rest = main.log.map(({ text }) => text).filter((text) => text.startsWith('error: '))
  const all = [...about, ...rest.map((text) => /^error: Input: ([\w-]+)/.exec(text)?.[1])]
  expect(all.sort()).toEqual([
    'api-token',
    'api-url',
    'application',
    'env',
    'locations',
    'log-lines',
    'on-failure',
    'poll-interval',
    'timeout',
    'version',
    'wait',
  ])
})

describe.concurrent('what is secret is not shown among the problems', () => {
  const secret = 'hunter2-hunter2'
  test.each<[string, Record<string, string>]>([
    ['a token with a blank in it', { 'api-token': `${secret} ${secret}` }],
    ['a token of several lines', { 'api-token': `${secret}\n${secret}` }],
    ['a password in the URL', { 'api-url': `https://user:${secret}@api.edgegap.com` }],
    ['a password in a URL that is none', { 'api-url': `https//user:${secret}@api.edgegap.com` }],
    ['a secret variable without a key', { 'secret-env': secret }],
    ['a secret variable with line breaks', { 'secret-env': `KEY=a\n${secret}=\n` }],
    ['a secret variable that is too long', { 'secret-env': `A=${secret}${'x'.repeat(5000)}` }],
    ['a secret variable given twice', { 'secret-env': `A=${secret}\nA=${secret}2` }],
  ])('%s', async (_name, inputs) => {
    await using edgegap = await startEdgegap()
    const { main } = await deploy(edgegap, inputs, { secrets: [secret] })
    expect(main.exitCode).toBe(1)
    onlyError(main)
    expect(edgegap.requests).toEqual([])
  })
})

describe.concurrent('the token', () => {
  test.each([
    ['with its prefix', (token: string) => `token ${token}`],
    [
      'with its prefix twice, as the dashboard and a configuration give it',
      (token: string) => `token  Token ${token}`,
    ],
    ['with blanks around it', (token: string) => ` ${token}\n`],
    ['in quotes', (token: string) => `"${token}"`],
    ['in quotes with its prefix', (token: string) => `'token ${token}'`],
    ['in quotes after its prefix', (token: string) => `token "${token}"`],
  ])('may be given %s', async (_name, give) => {
    await using edgegap = await startEdgegap()
    const { main } = await deploy(edgegap, { 'api-token': give(edgegap.settings.token) })
    expect(main.exitCode).toBe(0)
    const [create] = edgegap.requestsTo('POST', CREATE)
    expect(create?.headers.authorization).toBe(`token ${edgegap.settings.token}`)
  })
})

describe.concurrent('inputs', () => {
  test('that have no effect are warned of', async () => {
    await using edgegap = await startEdgegap()
    const { id } = edgegap.addDeployment()
    const { main } = await stop(edgegap, id, { application: 'my-game', env: 'A=1' })
    expect(main.exitCode).toBe(0)
    expect(annotations(main, 'warning')).toEqual([
      'application has no effect with operation: stop.',
      'env has no effect with operation: stop.',
    ])
  })

  test('given empty are like inputs not given', async () => {
    await using edgegap = await startEdgegap()
    const names = ['provider', 'wait', 'timeout', 'poll-interval', 'locations', 'tags', 'log-lines']
    const { main } = await deploy(edgegap, Object.fromEntries(names.map((name) => [name, ''])))
    expect(main.exitCode).toBe(0)
    expectAllOutputs(main)
  })

  test('may give the API a path of its own', async () => {
    await using edgegap = await startEdgegap()
    const { main } = await deploy(edgegap, { 'api-url': `${edgegap.url}/gateway/` })
    expect(edgegap.requests[0]?.path).toBe('/gateway/v2/deployments')
    expect(main.outputs.outcome).toBe('rejected')
    expect(edgegap.requestsTo('GET', LIST)).toEqual([])
  })
})
