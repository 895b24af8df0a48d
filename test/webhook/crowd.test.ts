import { once } from 'node:events'
import { connect } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { freePort } from '../emulator/tunnel/loopback-server.ts'
import { openChannel } from './open.ts'

const SLOW_SOCKETS = 200

async function openPublic() {
  const listenPort = await freePort()
  const publicUrl = new URL(`http://127.0.0.1:${listenPort}`)
  const opened = await openChannel({ transport: 'public', publicUrl, listenPort })
  await opened.settled()
  return { ...opened, listenPort }
}

const HALF_A_HEAD = 'POST /x HTTP/1.1\r\nhost: x\r\n'

/** Connects and says a part of a request, and no more. */
async function standAndWait(port: number, part = HALF_A_HEAD): Promise<void> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {})
  onTestFinished(() => void socket.destroy())
  await once(socket, 'connect')
  socket.write(part)
}

test('hundreds of slow connections keep no webhook out, and polling goes to full pace', async () => {
  const { channel, listenPort, post, deliveries, log } = await openPublic()
  const waker = channel.wakerFor('mine', channel.url)
  expect(waker.slowPollMs(0)).toBeGreaterThan(0)
  for (let count = 0; count < SLOW_SOCKETS; count++) await standAndWait(listenPort)
  expect(await post()).toBe(204)
  expect(deliveries).toHaveLength(1)
  expect(waker.slowPollMs(0)).toBeUndefined()
  expect(log().match(/too many connections/g)).toHaveLength(1)
})

test('slow bodies of somebody who knows the path neither', async () => {
  const { channel, listenPort, post, deliveries } = await openPublic()
  const waker = channel.wakerFor('mine', channel.url)
  const head = `POST ${channel.url?.pathname} HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\n`
  for (let count = 0; count < 20; count++) await standAndWait(listenPort, head)
  expect(await post()).toBe(204)
  expect(deliveries).toHaveLength(1)
  await expect.poll(() => waker.slowPollMs(0)).toBeUndefined()
})

test('a tunnel whose first attempt is refused holds up nothing, and says why', async () => {
  const opened = await openChannel(
    { transport: 'cloudflared-quick', binaryPath: undefined, isUnasked: true },
    {
      load: async () => ({
        needsReceiver: false,
        listenPort: 0,
        run: async ({ onRetry, signal }) => {
          onRetry('the quick tunnel service is rate-limited (429)')
          await once(signal, 'abort')
        },
      }),
    },
  )
  await opened.channel.whenUrlKnown(60_000, AbortSignal.timeout(60_000))
  expect(opened.channel.isOpening).toBe(true)
  expect(opened.channel.error).toContain('429')
})
