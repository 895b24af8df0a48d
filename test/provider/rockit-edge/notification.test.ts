import { describe, expect, it } from 'vitest'
import { newSecret, signJwt } from '../../emulator/rockit-edge/jwt.ts'
import { newCall, openEdge, row, tasks } from './instance.ts'

const secret = newSecret()
const token = signJwt(secret, {
  alg: 'HS256',
  secretAs: 'text',
  isSecretWrong: false,
  claims: {},
  expiresInSeconds: undefined,
  notBeforeInSeconds: undefined,
  isSent: true,
})
const BODY = { orgName: 'acme', appName: 'a', buildName: '7', type: 'deploy', event: 'end' }

/** A subscribed provider; with `imports` it has asked for an import already. */
async function openListener({ imports = true, mayReadTasks = true } = {}) {
  const scene = openEdge({
    'POST /subscriptions': [[200, { secret }]],
    'POST /builds': [[200, { buildName: '0007' }]],
    ...(!mayReadTasks && { 'GET /tasks': [[403, {}]] }),
  })
  const { edge } = scene
  await edge.webhooks.subscribe(new URL('https://hook.example'), newCall())
  if (imports) await scene.create()
  const send = (body: unknown, signature: string | undefined = token) => {
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    const headers = signature === '' ? {} : { 'x-rockit-subscriptions': signature }
    return edge.webhooks.read({
      headers: headers as Record<string, string>,
      body: Buffer.from(text),
    })
  }
  const observe = async () => (await edge.observe(['a/0007'], newCall())).get('a/0007')
  return { ...scene, send, observe }
}

describe('a webhook', () => {
  it('of our build causes a status check of it', async () => {
    const { send } = await openListener()
    expect(await send(BODY)).toEqual({ kind: 'notification', id: 'a/0007' })
    expect(await send({ ...BODY, buildName: undefined })).toMatchObject({ kind: 'notification' })
  })

  it.each<[string, unknown, string]>([
    ['text', '{', 'unreadable'],
    ['a list', [BODY], 'unreadable'],
    ['another organization', { ...BODY, orgName: 'acme2' }, 'for another app'],
    ['another app', { ...BODY, appName: 'a_2' }, 'for another app'],
    ['another build', { ...BODY, buildName: '8' }, 'for another build'],
    ['another type', { ...BODY, type: 'mkpatch' }, 'of an unknown kind'],
    ['an upload', { ...BODY, type: 'upload' }, 'of an unknown kind'],
    ['another event', { ...BODY, event: 'half' }, 'of an unknown kind'],
    ['no event', { ...BODY, event: undefined }, 'of an unknown kind'],
    ['more than it can hold', { ...BODY, x: 'x'.repeat(64 * 1024) }, 'too large'],
  ])('of %s is ignored', async (_name, body, why) => {
    const { send } = await openListener()
    expect(await send(body)).toEqual({ kind: 'ignored', why })
  })

  it.each(['', 'x.y.z'])('with the signature %j is ignored', async (signature) => {
    const { send } = await openListener()
    expect(await send(BODY, signature)).toEqual({
      kind: 'ignored',
      why: 'not signed by ROCKIT Edge',
    })
  })

  it('as long as the longest one is read', async () => {
    const { send } = await openListener()
    const text = JSON.stringify(BODY)
    expect(await send(text.padEnd(64 * 1024))).toMatchObject({ kind: 'notification' })
    expect(await send(text.padEnd(64 * 1024 + 1))).toMatchObject({ kind: 'ignored' })
  })

  it('from before our import is ignored', async () => {
    const { send } = await openListener({ imports: false })
    expect(await send(BODY)).toEqual({ kind: 'ignored', why: 'from before the import' })
  })

  it('of nobody or of another app is not logged', async () => {
    const { send, lines } = await openListener()
    const before = lines.length
    for (const body of ['{', { ...BODY, appName: 'b' }]) await send(body)
    expect(lines.slice(before)).toEqual([])
  })

  it('of an unknown kind is logged once, and of five kinds at most', async () => {
    const { send, lines } = await openListener()
    for (const type of ['x', 'x', 'b', 'c', 'd', 'e', 'f', 'g']) await send({ ...BODY, type })
    const logged = lines.filter((line) => line.includes('not known to this action'))
    expect(logged).toHaveLength(5)
    expect(logged[0]).toMatch(/^Webhook: "x end" is not known to this action/)
  })

  it('waits for the reply to the subscription, whose secret it needs', async () => {
    const { edge, script } = openEdge({ 'POST /builds': [[200, {}]] })
    script['POST /subscriptions'] = [[200, { secret }]]
    const subscribed = edge.webhooks.subscribe(new URL('https://hook.example'), newCall())
    const headers = { 'x-rockit-subscriptions': token }
    const read = edge.webhooks.read({ headers, body: Buffer.from(JSON.stringify(BODY)) })
    expect(await read).toMatchObject({ why: 'from before the import' })
    await subscribed
  })
})

describe('what a webhook says', () => {
  it('counts for nothing where tasks are read', async () => {
    const { send, script, observe } = await openListener()
    script['GET /tasks'] = [tasks(row('mkraw', 'begin'))]
    await send({ ...BODY, type: 'deploy', event: 'end' })
    expect(await observe()).toMatchObject({ state: 'pending', status: 'mkraw begin' })
  })

  it('does not say which build is ours where tasks are read', async () => {
    const { edge, script, create } = await openListener({ imports: false })
    script['POST /builds'] = [[200, { taskName: 'mkraw_1' }]]
    script['GET /tasks'] = [tasks(), tasks(row('mkraw', 'begin', { buildName: undefined }))]
    await create()
    const headers = { 'x-rockit-subscriptions': token }
    const body = Buffer.from(JSON.stringify({ ...BODY, type: 'mkraw', buildName: '0099' }))
    expect(await edge.webhooks.read({ headers, body })).toEqual({
      kind: 'notification',
      id: 'a/mkraw_1',
    })
    expect((await edge.observe(['a/mkraw_1'], newCall())).get('a/mkraw_1')).toMatchObject({
      facts: { outputs: { 'build-name': '' } },
    })
  })

  it.each<[string, object, object]>([
    ['a publish that ended', { dxfName: 'n' }, { state: 'succeeded', status: 'deploy end' }],
    ['a type in capitals', { type: 'DEPLOY' }, { state: 'succeeded' }],
    ['a publish that began', { event: 'begin' }, { state: 'pending', status: 'deploy begin' }],
    ['a publish that failed', { event: 'error' }, { state: 'failed', status: 'deploy error' }],
    ['a wrong input', { type: 'mkraw', event: 'exception' }, { state: 'failed' }],
    [
      'a failure, whatever its event',
      { type: 'dltar', event: 'begin', exception: { httpDownloadFailed: { httpStatus: 404 } } },
      { state: 'failed', status: 'dltar error' },
    ],
  ])('decides where tasks may not be read: %s', async (_name, more, observation) => {
    const { send, observe } = await openListener({ mayReadTasks: false })
    await send({ ...BODY, ...more })
    expect(await observe()).toMatchObject(observation)
  })

  it('names no task that a person could look up', async () => {
    const { send, observe } = await openListener({ mayReadTasks: false })
    await send({ ...BODY, type: 'mkraw', event: 'error' })
    expect(await observe()).toMatchObject({
      next: 'Check the details in ROCKIT Edge, then publish again.',
    })
  })
})
