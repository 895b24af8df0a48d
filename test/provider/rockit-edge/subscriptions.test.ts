import { describe, expect, it } from 'vitest'
import { type Answer, listed, newCall, openEdge } from './instance.ts'

const HOOK = new URL('https://hook.example/secret-path')
const NAME = /dgs_[0-9a-z]{6,8}_[0-9a-f]{12}/g
const BEST = 'POST /subscriptions {"name":"NAME","url":"https://hook.example/secret-path"}'
const ALTERNATIVE =
  'POST /subscriptions {"name":"NAME","webhookUrl":"https://hook.example/secret-path"}'
const REMOVE = 'DELETE /subscriptions/NAME'

/** A provider whose subscription has a made-up name: `NAME` in what it asks for. */
function openSubscriber(
  create: readonly Answer[],
  remove: readonly Answer[] = [[204]],
  left?: Answer,
) {
  let name = 'none'
  let removals = 0
  const scene = openEdge({
    'POST /subscriptions': (body) => {
      name = String((body as { name: unknown }).name)
      scene.script[`DELETE /subscriptions/${name}`] = () =>
        remove[Math.min(removals++, remove.length - 1)] ?? [204]
      const answer = create[Math.min(asks++, create.length - 1)]
      return answer ?? [500]
    },
    'GET /subscriptions': () => left ?? listed('subscriptions', [{ name }]),
  })
  let asks = 0
  const changes = () => scene.changes().map((one) => one.replace(NAME, 'NAME'))
  const subscribe = () => scene.edge.webhooks.subscribe(HOOK, newCall())
  const finish = () => scene.edge.finish(newCall())
  return { ...scene, changes, subscribe, finish }
}

const good: Answer = [201, { secret: 'hush' }]

describe('a subscription', () => {
  it('is noted before it is made and until it is removed, and its secret is hidden', async () => {
    const { subscribe, finish, changes, notes, hidden } = openSubscriber([good])
    await subscribe()
    expect(notes).toEqual(['opened subscription', 'created subscription subscription:NAME'])
    expect(hidden).toEqual(['hush'])
    await finish()
    expect(changes()).toEqual([BEST, REMOVE])
    expect(notes.at(-1)).toBe('closed subscription')
  })

  it.each([400, 422])('that is not understood is asked for otherwise (%i)', async (status) => {
    const { subscribe, changes, notes } = openSubscriber([[status, {}], good])
    await subscribe()
    expect(changes()).toEqual([BEST, ALTERNATIVE])
    expect(notes).toEqual(['opened subscription', 'created subscription subscription:NAME'])
  })

  it.each([400, 403, 409, 302])('that is refused (%i) was not made', async (status) => {
    const { subscribe, finish, changes, notes } = openSubscriber([[status, { message: 'no' }]])
    await expect(subscribe()).rejects.toMatchObject({
      message: `ROCKIT Edge refused the subscription (HTTP ${status}): no`,
    })
    expect(notes).toEqual(['opened subscription', 'closed subscription'])
    await finish()
    expect(changes()).not.toContain(REMOVE)
  })

  it('that may not be made says which permission to ask for', async () => {
    const { subscribe } = openSubscriber([[403, {}]])
    await expect(subscribe()).rejects.toMatchObject({
      kind: 'forbidden',
      next: expect.stringMatching(/subscriptions 11/),
    })
  })

  it.each<[string, Answer]>([
    ['a fault of the server', [500, {}]],
    ['a rate limit', [429, {}]],
    ['no reply', 'broken'],
    ['a reply without a secret', [200, {}]],
  ])('that may exist all the same is removed at the end: %s', async (_name, answer) => {
    const { subscribe, finish, changes, notes } = openSubscriber([answer])
    await expect(subscribe()).rejects.toMatchObject({ name: 'ActionError' })
    expect(notes).not.toContain('closed subscription')
    await finish()
    expect(changes()).toEqual([BEST, REMOVE])
    expect(notes.at(-1)).toBe('closed subscription')
  })

  it('that is given another name is removed by that', async () => {
    const { subscribe, finish, changes, notes, script } = openSubscriber([
      [201, { subscription: { name: 'S 9', secret: 'hush' } }],
    ])
    script['DELETE /subscriptions/S%209'] = [[204]]
    await subscribe()
    await finish()
    expect(changes()).toEqual([BEST, 'DELETE /subscriptions/S%209'])
    expect(notes.at(-1)).toBe('closed subscription')
  })

  it('that is being made when the run ends is removed after that', async () => {
    const { subscribe, finish, changes } = openSubscriber([good])
    const made = subscribe()
    await Promise.all([made, finish()])
    expect(changes()).toEqual([BEST, REMOVE])
  })

  it('is made no more once the run is over', async () => {
    const { subscribe, edge, finish, changes, notes } = openSubscriber([good])
    await edge.webhooks.subscribe(HOOK, newCall(AbortSignal.abort()))
    await finish()
    await subscribe()
    expect([...changes(), ...notes]).toEqual([])
  })
})

describe('removing a subscription', () => {
  const none = listed('subscriptions', [])

  it.each<[string, Answer, Answer | undefined]>([
    ['nothing, with a good status', [204], undefined],
    ['white space', [200, ' \n'], undefined],
    ['JSON', [200, { status: 'success' }], undefined],
    ['not found, and it is listed no more', [404, {}], none],
    ['a web page, and it is listed no more', [200, '<html>'], none],
  ])('is believed by %s', async (_name, answer, left) => {
    const { subscribe, finish, notes } = openSubscriber([good], [answer], left)
    await subscribe()
    await finish()
    expect(notes.at(-1)).toBe('closed subscription')
  })

  it.each<[string, Answer, Answer | undefined]>([
    ['not found, but it is listed', [404, {}], undefined],
    ['a good status, and a body that says it failed', [200, { status: 'failed' }], none],
    ['a web page, but it is listed', [200, '<html>'], undefined],
    ['not found, and the list cannot be read', [404, {}], [500, {}]],
    ['a refusal, whatever is listed', [403, {}], none],
    ['a fault of the server, whatever is listed', [500, {}], none],
  ])('is not believed by %s', async (_name, answer, left) => {
    const { subscribe, finish, notes } = openSubscriber([good], [answer], left)
    await subscribe()
    await expect(finish()).rejects.toMatchObject({ name: 'ActionError' })
    expect(notes).not.toContain('closed subscription')
  })

  it('says which one was not removed, and what to ask for', async () => {
    const { subscribe, finish } = openSubscriber([good], [[403, {}]])
    await subscribe()
    await expect(finish()).rejects.toMatchObject({
      message: expect.stringMatching(/^The subscription dgs_\w+ was not removed \(HTTP 403\)/),
      next: expect.stringMatching(/subscriptions 11/),
    })
  })
})

describe('what earlier runs left behind', () => {
  const DAY_S = 86_400
  const named = (ageSeconds: number) =>
    `dgs_${Math.floor(Date.now() / 1000 - ageSeconds).toString(36)}_0123456789ab`

  it('for more than a day is removed before anything is sent, and nobody else’s is', async () => {
    const old = named(DAY_S + 5)
    const names = [old, named(DAY_S - 60), 'import_build', `x${old}`, `${old}0`, 'dgs_upload_x']
    const rows = [...names.map((name) => ({ name })), names[0], { url: 'x' }, 7]
    const { edge, changes, lines } = openEdge({
      'GET /subscriptions': [[200, rows]],
      [`DELETE /subscriptions/${old}`]: [[204]],
    })
    await edge.prepare(newCall())
    expect(new Set(changes())).toEqual(new Set([`DELETE /subscriptions/${old}`]))
    expect(lines).toContain(`Removed the subscription ${old}, which an earlier run left behind.`)
  })

  it('is as old as ROCKIT Edge says, whatever the clock of this machine', async () => {
    const [live, old] = [named(-7 * DAY_S), named(-5 * DAY_S)]
    const { edge, changes, script } = openEdge({
      'GET /subscriptions': [
        [
          200,
          [live, old].map((name) => ({ name })),
          { date: new Date(Date.now() + 7 * DAY_S * 1000).toUTCString() },
        ],
      ],
    })
    script[`DELETE /subscriptions/${old}`] = [[204]]
    await edge.prepare(newCall())
    expect(changes()).toEqual([`DELETE /subscriptions/${old}`])
  })

  it('is removed without forgetting our own', async () => {
    const old = named(2 * DAY_S)
    const { edge, subscribe, finish, changes, script } = openSubscriber(
      [good],
      [[204]],
      listed('subscriptions', [{ name: old }]),
    )
    script[`DELETE /subscriptions/${old}`] = [[204]]
    await subscribe()
    await edge.prepare(newCall())
    await finish()
    expect(changes()).toEqual([BEST, REMOVE, REMOVE])
  })

  it.each<[string, Answer, Answer]>([
    ['the list', [403, {}], [204]],
    ['the removal', listed('subscriptions', [{ name: named(2 * DAY_S) }]), [500, {}]],
  ])('is no reason to fail: %s may be refused', async (_name, list, removal) => {
    const { edge, script, lines } = openEdge({ 'GET /subscriptions': [list] })
    script[`DELETE /subscriptions/${named(2 * DAY_S)}`] = [removal]
    await edge.prepare(newCall())
    expect(lines.join()).toMatch(/^Could not search for subscriptions that earlier runs left/)
  })
})
