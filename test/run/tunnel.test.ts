import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { Preparation, Traits } from '../../src/provider/provider.ts'
import { errorOf, PENDING, READY } from './fake-provider.ts'
import { TUNNEL_URL } from './fake-tunnel.ts'
import { setWholeRun, WITH_TUNNEL } from './whole-run.ts'

/** What a tunnel means for a deploy: how long it may hold it up, and what it is used for. */
let run: ReturnType<typeof setWholeRun>

beforeEach(() => {
  run = setWholeRun()
})

const creates = () => run.provider.calls.filter((call) => call.startsWith('create'))
const withoutUrl = ['create m1']
const withUrl = [`create m1 for ${TUNNEL_URL}`]

/** Has the moment of the first create noted. */
function watchCreate() {
  const seen: { atMs?: number } = {}
  run.provider.creates.push(() => {
    seen.atMs ??= Math.round(run.clock.elapsedMs)
    return { kind: 'created', id: 'a' }
  })
  return seen
}

function reportBy(webhook: Traits['webhook']) {
  Object.assign(run.provider, { traits: { ...run.provider.traits, webhook } })
}

describe('a deploy whose create tells where to report', () => {
  it('goes out with the URL as soon as that is known, verified or not', async () => {
    const create = watchCreate()
    run.clock.at(300, () => run.tunnel.hasUrl())
    expect((await run.deploy(WITH_TUNNEL)).outcome).toBe('succeeded')
    expect(creates()).toEqual(withUrl)
    expect(create.atMs).toBe(300)
    expect(run.runner.log).not.toContain('no URL yet')
  })

  it('waits no longer for it than tunnel-timeout, and goes out without', async () => {
    const create = watchCreate()
    const { outcome } = await run.deploy({ ...WITH_TUNNEL, tunnelTimeoutMs: 2_000 })
    expect(outcome).toBe('succeeded')
    expect(creates()).toEqual(withoutUrl)
    expect(create.atMs).toBe(2_000)
    expect(run.runner.log).toContain('Webhook: no URL yet; deploying without it')
  })

  it('goes out at once when the tunnel has failed', async () => {
    const create = watchCreate()
    run.clock.at(200, () => run.tunnel.fails('the relay is down'))
    expect(await run.deploy({ ...WITH_TUNNEL, tunnelTimeoutMs: 5_000 })).toMatchObject({
      outcome: 'succeeded',
      tunnel: 'none',
      tunnelError: 'the relay is down',
    })
    expect(creates()).toEqual(withoutUrl)
    expect(create.atMs).toBe(200)
    expect(run.runner.log).not.toContain('no URL yet')
  })

  it('creates nothing when it is cancelled meanwhile', async () => {
    run.clock.at(500, () => run.cancel())
    const { outcome } = await run.deploy({ ...WITH_TUNNEL, tunnelTimeoutMs: 5_000 })
    expect(outcome).toBe('cancelled')
    expect(creates()).toEqual([])
    expect(run.clock.elapsedMs).toBeLessThan(1_000)
  })

  it('has the tunnel come up while the platform is asked, for up to a minute', async () => {
    run.provider.prepare = async () => {
      await run.clock.sleep(2_000)
      return { version: 'v1' }
    }
    const create = watchCreate()
    const opensUntilMs = run.clock.nowMs() + 60_000
    run.clock.at(1_000, () => run.tunnel.hasUrl())
    await run.deploy(WITH_TUNNEL)
    expect(run.tunnel.context?.opensUntilMs).toBeCloseTo(opensUntilMs)
    expect(create.atMs).toBe(2_000)
    expect(creates()).toEqual(withUrl)
  })

  it('lists the older servers while it waits', async () => {
    const listed: number[] = []
    run.provider.groups.members = async () => {
      listed.push(run.clock.elapsedMs)
      return { members: [], unclear: [] }
    }
    const reach = { kind: 'application', application: 'my-game' } as const
    await run.deploy({ ...WITH_TUNNEL, replace: { when: 'after-ready', reach } })
    expect(listed).toEqual([0])
  })

  it('makes its version before it waits', async () => {
    const ensured: number[] = []
    const versions = {
      ensure: async () => {
        ensured.push(run.clock.elapsedMs)
        return { version: 'v2', action: 'created', image: 'i', previousImage: undefined }
      },
      expectUnmoved: async () => {},
      promote: async () => {},
      prune: async () => {},
    }
    Object.assign(run.provider, { versions })
    await run.deploy(WITH_TUNNEL)
    expect(ensured).toEqual([0])
  })
})

describe('the news of the outcome', () => {
  it('comes by the webhook: a notification brings the next check forward', async () => {
    run.provider.readings.set('a', [PENDING, READY])
    run.clock.at(0, () => run.tunnel.comesUp())
    run.clock.at(1_000, () => run.tunnel.delivers('a'))
    const { deployments } = await run.deploy({ ...WITH_TUNNEL, pollIntervalMs: 10_000 })
    expect(deployments).toMatchObject([{ outcome: 'succeeded', source: 'webhook' }])
    expect(run.clock.elapsedMs).toBeLessThan(3_000)
  })

  it('is not brought forward by what is about another deployment', async () => {
    run.provider.readings.set('a', [PENDING, READY])
    run.clock.at(0, () => run.tunnel.comesUp())
    run.clock.at(1_000, () => run.tunnel.delivers('b'))
    const { deployments } = await run.deploy(WITH_TUNNEL)
    expect(deployments).toMatchObject([{ outcome: 'succeeded', source: 'poll' }])
    expect(run.clock.elapsedMs).toBeGreaterThanOrEqual(5_000)
  })

  it('is polled for at full pace where the create went out without a URL', async () => {
    run.provider.readings.set('a', [PENDING, PENDING, PENDING, READY])
    run.clock.at(1_500, () => run.tunnel.comesUp())
    await run.deploy(WITH_TUNNEL)
    expect(run.clock.elapsedMs).toBeLessThan(4_500)
  })

  it('comes only by polling where the platform refused the URL', async () => {
    run.provider.creates.push(
      { kind: 'refused', error: errorOf('refused') },
      { kind: 'created', id: 'a' },
    )
    run.provider.readings.set('a', [PENDING, PENDING, PENDING, READY])
    run.clock.at(0, () => run.tunnel.comesUp())
    await run.deploy(WITH_TUNNEL)
    expect(creates()).toEqual([...withUrl, 'create m2'])
    expect(run.clock.elapsedMs).toBeLessThan(3_500)
  })
})

describe('wait: webhook', () => {
  const webhook = { ...WITH_TUNNEL, wait: 'webhook', tunnelTimeoutMs: 30_000 } as const

  it('creates nothing before the tunnel is verified', async () => {
    const create = watchCreate()
    run.clock.at(2_000, () => run.tunnel.hasUrl())
    run.clock.at(4_000, () => run.tunnel.isVerified())
    expect(await run.deploy(webhook)).toMatchObject({ outcome: 'succeeded', tunnel: 'relay' })
    expect(create.atMs).toBe(4_000)
    expect(creates()).toEqual(withUrl)
  })

  it.each([
    ['before it either', 'rejected', 0, () => {}],
    ['until then, and then one', 'succeeded', 1, () => run.tunnel.comesUp()],
  ] as const)('makes no version %s', async (_, expected, count, happens) => {
    let versions = 0
    const ensure = async () => {
      versions += 1
      return { version: 'v2', action: 'created', image: 'i', previousImage: undefined }
    }
    const rest = { expectUnmoved: async () => {}, promote: async () => {}, prune: async () => {} }
    Object.assign(run.provider, { versions: { ensure, ...rest } })
    run.clock.at(1_000, () => {
      expect(versions).toBe(0)
      happens()
    })
    expect((await run.deploy(webhook)).outcome).toBe(expected)
    expect(versions).toBe(count)
  })

  it('is rejected when the tunnel is not verified within tunnel-timeout', async () => {
    run.clock.at(2_000, () => run.tunnel.hasUrl())
    const opensUntilMs = run.clock.nowMs() + 30_000
    expect(await run.deploy(webhook)).toMatchObject({
      outcome: 'rejected',
      error: { kind: 'no-tunnel' },
      tunnelError: 'not verified before the end',
    })
    expect(run.state.error?.message).toContain('not verified within 30.0 s')
    expect(run.tunnel.context?.opensUntilMs).toBeCloseTo(opensUntilMs)
    expect(run.clock.elapsedMs).toBeGreaterThanOrEqual(30_000)
    expect(run.clock.elapsedMs).toBeLessThan(32_000)
    expect(creates()).toEqual([])
  })

  it('is rejected as soon as the tunnel has failed, with its reason', async () => {
    run.clock.at(3_000, () => run.tunnel.fails('the relay is down'))
    expect(await run.deploy(webhook)).toMatchObject({
      outcome: 'rejected',
      tunnelError: 'the relay is down',
    })
    expect(run.state.error?.message).toContain('the relay is down')
    expect(run.clock.elapsedMs).toBeLessThan(4_000)
    expect(creates()).toEqual([])
  })

  it('then says so once, of each server as well, and does not promise to poll', async () => {
    run.clock.at(3_000, () => run.tunnel.fails('the relay is down'))
    const { deployments } = await run.deploy(webhook)
    expect(deployments.map(({ outcome }) => outcome)).toEqual(['rejected'])
    expect(run.runner.log.split('\n').filter((line) => line.includes('the relay is down'))).toEqual(
      ['No webhook (relay): the relay is down.'],
    )
  })

  it('is cancelled, not rejected, when the cancel comes first', async () => {
    run.clock.at(3_000, () => run.cancel())
    expect(await run.deploy(webhook)).toMatchObject({
      outcome: 'cancelled',
      error: { kind: 'cancelled' },
    })
    expect(run.clock.elapsedMs).toBeLessThan(5_000)
  })
})

describe('a platform that sends no webhook', () => {
  it.each([
    ['at all', () => reportBy('none')],
    ['known to us', () => Object.assign(run.provider, { webhooks: undefined })],
  ])('%s has no tunnel opened, and is not waited for', async (_, change) => {
    change()
    expect(await run.deploy(WITH_TUNNEL)).toMatchObject({
      outcome: 'succeeded',
      tunnel: 'none',
      tunnelError: 'Fake sends no webhook',
    })
    expect(run.tunnel.context).toBeUndefined()
    expect(creates()).toEqual(withoutUrl)
    expect(run.clock.elapsedMs).toBe(0)
  })

  it('rejects a run that wants one', async () => {
    reportBy('none')
    const { outcome, error } = await run.deploy({ ...WITH_TUNNEL, wait: 'webhook' })
    expect({ outcome, kind: error?.kind }).toEqual({ outcome: 'rejected', kind: 'no-tunnel' })
    expect(error?.message).toContain('Fake sends no webhook')
  })
})

describe('a token that may not read', () => {
  const webhookRequired = errorOf('no-tunnel')

  beforeEach(() => {
    run.provider.prepare = async (): Promise<Preparation> => ({ version: 'v1', webhookRequired })
  })

  it('is enough where a tunnel is verified within a minute', async () => {
    const create = watchCreate()
    run.clock.at(59_000, () => run.tunnel.comesUp())
    expect((await run.deploy(WITH_TUNNEL)).outcome).toBe('succeeded')
    expect(create.atMs).toBe(59_000)
  })

  it('is the reason why nothing is created where none is', async () => {
    run.clock.at(1_000, () => run.tunnel.hasUrl())
    expect(await run.deploy(WITH_TUNNEL)).toMatchObject({
      outcome: 'rejected',
      error: webhookRequired,
    })
    expect(creates()).toEqual([])
    expect(run.clock.elapsedMs).toBeGreaterThanOrEqual(60_000)
    expect(run.clock.elapsedMs).toBeLessThan(62_000)
  })

  it('is the reason at once where no tunnel is wanted', async () => {
    expect(await run.deploy()).toMatchObject({ outcome: 'rejected', error: webhookRequired })
    expect(creates()).toEqual([])
    expect(run.clock.elapsedMs).toBe(0)
  })

  it('is the reason with wait: webhook as well, within tunnel-timeout', async () => {
    const settings = { ...WITH_TUNNEL, wait: 'webhook', tunnelTimeoutMs: 7_000 } as const
    expect((await run.deploy(settings)).error).toBe(webhookRequired)
    expect(run.clock.elapsedMs).toBeLessThan(9_000)
  })
})

describe('a platform that is subscribed to', () => {
  const subscribe = vi.fn()

  beforeEach(() => {
    subscribe.mockReset()
    reportBy('subscription')
    Object.assign(run.provider.webhooks, { subscribe })
  })

  it('is not held up: it is subscribed to beside the create, once the tunnel is verified', async () => {
    const create = watchCreate()
    run.provider.readings.set('a', [PENDING, READY])
    run.clock.at(300, () => run.tunnel.hasUrl())
    run.clock.at(500, () => {
      expect(subscribe).not.toHaveBeenCalled()
      run.tunnel.isVerified()
    })
    run.clock.at(900, () => run.tunnel.delivers('a'))
    const { deployments } = await run.deploy({ ...WITH_TUNNEL, pollIntervalMs: 20_000 })
    expect(create.atMs).toBe(0)
    expect(creates()).toEqual(withoutUrl)
    expect(subscribe).toHaveBeenCalledExactlyOnceWith(new URL(TUNNEL_URL), {
      deadlineMs: 15_000,
      signal: run.tools.cancellation.signal,
    })
    expect(deployments).toMatchObject([{ source: 'webhook' }])
  })

  it('is polled at full pace after it refused the subscription, with a warning', async () => {
    subscribe.mockRejectedValue(errorOf('forbidden'))
    run.provider.readings.set('a', [PENDING, PENDING, PENDING, PENDING, READY])
    run.clock.at(0, () => run.tunnel.comesUp())
    expect(await run.deploy(WITH_TUNNEL)).toMatchObject({
      outcome: 'succeeded',
      tunnel: 'none',
      tunnelError: 'Fake did not accept the subscription: forbidden',
    })
    expect(run.runner.messages('warning').join()).toContain('Fake did not accept the subscription')
    expect(run.clock.elapsedMs).toBeLessThan(5_000)
  })

  it('is polled where there is no tunnel', async () => {
    run.provider.readings.set('a', [PENDING, READY])
    expect((await run.deploy()).outcome).toBe('succeeded')
    expect(run.clock.elapsedMs).toBe(1_000)
  })

  it('is polled slowly while the tunnel is verified', async () => {
    run.provider.readings.set('a', [PENDING, READY])
    run.clock.at(0, () => run.tunnel.comesUp())
    await run.deploy(WITH_TUNNEL)
    expect(run.clock.elapsedMs).toBeGreaterThanOrEqual(5_000)
  })

  it('is not subscribed to for a tunnel that failed', async () => {
    run.provider.readings.set('a', [PENDING, READY])
    run.clock.at(100, () => run.tunnel.fails('no'))
    expect((await run.deploy(WITH_TUNNEL)).outcome).toBe('succeeded')
    expect(subscribe).not.toHaveBeenCalled()
  })

  it('is not subscribed to for a tunnel that is not up within a minute', async () => {
    run.provider.readings.set('a', [PENDING])
    run.clock.at(60_500, () => run.tunnel.comesUp())
    await run.deploy({ ...WITH_TUNNEL, timeoutMs: 65_000 })
    expect(subscribe).not.toHaveBeenCalled()
  })

  it('is not subscribed to for a run that is cancelled', async () => {
    run.provider.readings.set('a', [PENDING])
    run.clock.at(100, () => run.tunnel.hasUrl())
    run.clock.at(500, () => run.cancel())
    expect((await run.deploy(WITH_TUNNEL)).outcome).toBe('cancelled')
    expect(subscribe).not.toHaveBeenCalled()
  })

  it('has refused nothing where the run is cancelled while it is subscribed to', async () => {
    subscribe.mockImplementation(async () => {
      run.cancel()
      throw errorOf('connection-lost')
    })
    run.provider.readings.set('a', [PENDING])
    run.clock.at(0, () => run.tunnel.comesUp())
    expect((await run.deploy(WITH_TUNNEL)).outcome).toBe('cancelled')
    expect(run.runner.messages('warning').join()).not.toContain('subscription')
  })

  it('is subscribed to before the create with wait: webhook', async () => {
    subscribe.mockImplementation(() => run.clock.sleep(1_000))
    const create = watchCreate()
    run.clock.at(500, () => run.tunnel.comesUp())
    await run.deploy({ ...WITH_TUNNEL, wait: 'webhook' })
    expect(create.atMs).toBe(1_500)
    expect(creates()).toEqual(withoutUrl)
    expect(subscribe).toHaveBeenCalledExactlyOnceWith(
      new URL(TUNNEL_URL),
      expect.objectContaining({ deadlineMs: 15_000 }),
    )
  })

  it.each([
    ['rejects', 'refuses it', 'forbidden', 'rejected'],
    ['fails', 'breaks down', 'server-fault', 'failed'],
  ] as const)('%s a run with wait: webhook when it %s', async (_, __, kind, outcome) => {
    subscribe.mockRejectedValue(errorOf(kind))
    run.clock.at(500, () => run.tunnel.comesUp())
    expect(await run.deploy({ ...WITH_TUNNEL, wait: 'webhook' })).toMatchObject({
      ...{ outcome, error: { kind } },
    })
    expect(creates()).toEqual([])
  })
})

describe('at the end', () => {
  it('the tunnel is closed, and reported as it was while it was needed', async () => {
    let isOpen: boolean | undefined
    run.provider.readings.set('a', [PENDING, READY])
    run.clock.at(0, () => run.tunnel.comesUp())
    run.clock.at(2_000, () => {
      isOpen = run.tunnel.isOpen
    })
    expect(await run.deploy(WITH_TUNNEL)).toMatchObject({ tunnel: 'relay', tunnelError: '' })
    expect(isOpen).toBe(true)
    expect(run.tunnel.isOpen).toBe(false)
  })

  it('a loss is what is reported of it', async () => {
    run.provider.readings.set('a', [PENDING, PENDING, READY])
    run.clock.at(0, () => run.tunnel.comesUp())
    run.clock.at(500, () => run.tunnel.isLost('nothing comes back'))
    expect(await run.deploy(WITH_TUNNEL)).toMatchObject({
      tunnel: 'relay',
      tunnelError: 'nothing comes back',
    })
  })

  it('one that was still coming up is said to be so', async () => {
    expect(await run.deploy(WITH_TUNNEL)).toMatchObject({
      tunnel: 'none',
      tunnelError: 'not verified before the end',
    })
  })

  it.each(['prepare', 'create'] as const)(
    'it is closed as well after a %s that fails',
    async (what) => {
      run.provider[what] = async () => {
        throw errorOf('internal')
      }
      expect((await run.deploy(WITH_TUNNEL)).outcome).toBe('failed')
      expect(run.tunnel.isOpen).toBe(false)
    },
  )

  it('what goes wrong with closing it only warns', async () => {
    const open = run.tools.openChannel
    run.tools.openChannel = async (options) =>
      Object.assign(await open(options), {
        close: () => Promise.reject(new Error('the folder is in use')),
      })
    expect((await run.deploy(WITH_TUNNEL)).outcome).toBe('succeeded')
    expect(run.runner.messages('warning').join()).toMatch(
      /could not be closed cleanly.*the folder is in use/,
    )
  })

  it('what the platform set up is ended beside it, within 5 s', async () => {
    const finish = vi.fn(() => run.clock.sleep(1_000))
    Object.assign(run.provider, { finish })
    const open = run.tools.openChannel
    run.tools.openChannel = async (options) =>
      Object.assign(await open(options), { close: () => run.clock.sleep(1_000) })
    await run.deploy({ ...WITH_TUNNEL, tunnelTimeoutMs: 0 })
    expect(run.clock.elapsedMs).toBe(1_000)
    expect(finish).toHaveBeenCalledExactlyOnceWith({
      deadlineMs: 5_000,
      signal: run.tools.cancellation.over,
    })
  })
})
