import { describe, expect, test } from 'vitest'
import type { Clock } from '../../src/base/clock.ts'
import { watch } from '../../src/webhook/tunnels/cloudflared/health.ts'
import { type TransportContext, TunnelFailure } from '../../src/webhook/tunnels/tunnel.ts'

/** What is seen at each check, one per second, until the tunnel is closed. */
interface Check {
  ready: boolean
  reconnections?: number
  ping?: 'comes' | 'fails'
}

async function follow(checks: Check[]): Promise<string[]> {
  const events: string[] = []
  const closing = new AbortController()
  let now = -1
  const clock: Clock = {
    nowMs: () => now * 1000,
    sleep: async () => {
      now += 1
      if (now === checks.length) closing.abort()
    },
  }
  const context = {
    clock,
    signal: closing.signal,
    onLost: (why: string) => events.push(`lost: ${why}`),
    onVerified: () => events.push('verified'),
    onGap: () => events.push('gap'),
  } as unknown as TransportContext
  const cloudflared = {
    signal: closing.signal,
    end: undefined,
    url: undefined,
    refusal: undefined,
    get reconnections() {
      return checks[now]?.reconnections ?? 0
    },
    lastLines: () => [],
    isReady: async () => checks[now]?.ready === true,
    stop: async () => {},
  }
  await watch(context, cloudflared, async () => {
    events.push('ping')
    if (checks[now]?.ping === 'fails') throw new TunnelFailure('service', 'no')
  })
  return events
}

describe('watching a tunnel', () => {
  test('is quiet while it works', async () => {
    expect(await follow([{ ready: true }, { ready: true }])).toEqual([])
  })

  test('tells of a loss once, and pings until a ping comes back', async () => {
    const lost = 'lost: cloudflared lost its connection to Cloudflare'
    const checks: Check[] = [
      { ready: false },
      { ready: false },
      { ready: true, ping: 'fails' },
      { ready: true },
      { ready: true },
    ]
    expect(await follow(checks)).toEqual([lost, 'ping', 'ping', 'verified', 'gap'])
  })

  test('sees a loss that was over before the next check', async () => {
    const checks: Check[] = [
      { ready: true, reconnections: 1 },
      { ready: true, reconnections: 1 },
    ]
    expect(await follow(checks)).toEqual(['ping', 'verified', 'gap'])
    const failing: Check[] = [{ ready: true, reconnections: 1, ping: 'fails' }]
    expect(await follow(failing)).toEqual([
      'ping',
      'lost: the test request does not come back any more',
    ])
  })
})
