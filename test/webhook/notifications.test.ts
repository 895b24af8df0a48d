import { connect } from 'node:net'
import { describe, expect, test } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { fixedSchedule } from '../../src/wait/schedule.ts'
import { type Reading, waitForOutcome } from '../../src/wait/wait.ts'
import { Notifications } from '../../src/webhook/notifications.ts'
import { publicTransport } from '../../src/webhook/tunnels/public.ts'
import { freePort } from '../emulator/tunnel/loopback-server.ts'
import { openChannel } from './open.ts'

const soon = () => AbortSignal.timeout(200)

describe('notifications', () => {
  test('wake the deployment that they are about, and no other', async () => {
    const notifications = new Notifications()
    const [mine, other] = [
      notifications.nextWake('mine', soon()),
      notifications.nextWake('other', soon()),
    ]
    notifications.notification('mine')
    expect(await mine).toBe('notification')
    expect(await other).toBe('aborted')
    notifications.notification(undefined)
    expect(await notifications.nextWake('mine', soon())).toBe('notification')
    expect(await notifications.nextWake('other', soon())).toBe('notification')
  })

  test('that come before the deployment is known are kept for it', async () => {
    const notifications = new Notifications()
    notifications.notification('mine')
    notifications.notification('mine')
    expect(await notifications.nextWake('mine', soon())).toBe('notification')
    expect(await notifications.nextWake('mine', soon())).toBe('aborted')
    expect(notifications.leftOver()).toEqual([])
  })

  test('that may have been lost before anybody waited are known, from `listen` on', async () => {
    const notifications = new Notifications()
    notifications.wakeAll('gap')
    notifications.listen('a')
    notifications.wakeAll('gap')
    expect(await notifications.nextWake('a', AbortSignal.timeout(5_000))).toBe('gap')
    expect(await notifications.nextWake('b', AbortSignal.abort())).toBe('aborted')
  })

  test('between two checks count as one, and before a gap or a change', async () => {
    const notifications = new Notifications()
    await notifications.nextWake('mine', AbortSignal.abort())
    notifications.wakeAll('changed')
    notifications.wakeAll('gap')
    for (let count = 0; count < 100; count += 1) notifications.notification('mine')
    expect(await notifications.nextWake('mine', soon())).toBe('notification')
    expect(await notifications.nextWake('mine', soon())).toBe('aborted')
  })

  test('for strangers are counted, not kept', async () => {
    const notifications = new Notifications()
    for (let id = 0; id < 10_000; id += 1) notifications.notification(`stranger-${id}`)
    notifications.ignored('forged')
    expect(notifications.leftOver()).toEqual([
      ['forged', 1],
      ['for another deployment', 10_000],
    ])
  })
})

test('10,000 rapid notifications cause a bounded number of checks and decide nothing', async () => {
  const listenPort = await freePort()
  const settings = {
    transport: 'public',
    publicUrl: new URL(`http://127.0.0.1:${listenPort}`),
    listenPort,
  } as const
  const opened = await openChannel(settings, {
    load: async () => ({ needsReceiver: true, listenPort, run: publicTransport(settings) }),
    readNotification: () => ({ kind: 'notification', id: 'mine' }),
  })
  await opened.settled()
  expect(opened.channel.isVerified).toBe(true)
  let checks = 0
  let status = 'Deploying'
  const waiting = waitForOutcome<Reading>({
    clock: systemClock,
    acceptedAtMs: systemClock.nowMs(),
    timeoutMs: 80_000,
    pollSchedule: fixedSchedule(1_000),
    observe: async () => {
      checks += 1
      return { state: status === 'Ready' ? 'succeeded' : 'pending', status }
    },
    signal: new AbortController().signal,
    waker: opened.channel.wakerFor('mine'),
  })
  const url = opened.channel.url ?? new URL('http://invalid')
  const answers = await Promise.all(Array.from({ length: 8 }, () => ringFast(url, 1_250)))
  expect(answers).toEqual(Array(8).fill(1_250))
  expect(opened.deliveries).toHaveLength(10_000)
  expect(checks).toBeGreaterThan(0)
  expect(checks).toBeLessThan(30)
  status = 'Ready'
  expect(await waiting).toMatchObject({ ending: 'settled', last: { status: 'Ready' } })
  expect(checks).toBeLessThan(50)
}, 180_000)

test('ignored requests are one line in the log, without path or body', async () => {
  const listenPort = await freePort()
  const settings = {
    transport: 'public',
    publicUrl: new URL(`http://127.0.0.1:${listenPort}`),
    listenPort,
  } as const
  const opened = await openChannel(settings, {
    load: async () => ({ needsReceiver: true, listenPort, run: publicTransport(settings) }),
    readNotification: ({ body }) => {
      if (body.includes('throw')) throw new Error('unreadable')
      return { kind: 'ignored', why: 'no id' }
    },
  })
  await opened.settled()
  await opened.post({ canary: 'body' })
  await opened.post({ throw: 'canary' })
  await fetch(`http://127.0.0.1:${listenPort}/canary`, { method: 'POST' })
  await opened.until(() => opened.deliveries.length === 2, 'both deliveries')
  const path = opened.channel.url?.pathname.slice(1) ?? ''
  await opened.channel.close()
  const log = opened.log()
  expect(log).toContain(
    'Webhook: ignored requests: 1 × unknown path or method, 1 × no id, 1 × unreadable.',
  )
  expect(log).not.toContain('canary')
  expect(log.replaceAll(`::add-mask::${path}`, '')).not.toContain(path)
})

/** Posts one after the other on one connection, as fast as answers come; gives how many were 204. */
function ringFast({ hostname, port, pathname }: URL, count: number): Promise<number> {
  const body = '{"status":"READY"}'
  const request = `POST ${pathname} HTTP/1.1\r\nhost: x\r\ncontent-length: ${body.length}\r\n\r\n${body}`
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => socket.write(request))
    let taken = 0
    socket.setEncoding('latin1').on('error', reject)
    socket.on('close', () => resolve(taken))
    socket.on('data', (text: string) => {
      if (!text.startsWith('HTTP/1.1 204') || ++taken === count) socket.destroy()
      else socket.write(request)
    })
  })
}
