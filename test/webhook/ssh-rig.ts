import type { Server } from 'node:net'
import { expect, onTestFinished } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import type { SshSettings } from '../../src/settings/tunnel.ts'
import { type SshTimes, sshTransport } from '../../src/webhook/tunnels/ssh.ts'
import { listen, shut, trackSockets } from '../emulator/tunnel/loopback-server.ts'
import type { Sshd } from '../emulator/tunnel/sshd.ts'
import { childrenWith, filesIn, type OpenedChannel, openChannel } from './open.ts'

const BRISK: SshTimes = {
  aliveIntervalSeconds: 1,
  aliveCount: 1,
  standsAfterMs: 300,
  retryPauseMs: 200,
  restartPausesMs: [100, 300, 600],
  goodAfterMs: 60_000,
  reverifyMs: 5_000,
  latePingMs: 300,
}

export const settingsFor = (server: Sshd, changes: Partial<SshSettings> = {}): SshSettings => ({
  transport: 'ssh',
  host: '127.0.0.1',
  port: server.port,
  user: server.user,
  privateKey: server.privateKey,
  knownHosts: server.knownHosts,
  remotePort: 0,
  publicUrl: 'http://127.0.0.1:{port}',
  ...changes,
})
export const openSsh = (settings: SshSettings, options: Parameters<typeof openChannel>[1] = {}) =>
  openChannel(settings, {
    ...options,
    load: async () => ({
      needsReceiver: true,
      listenPort: 0,
      run: sshTransport(settings, BRISK),
    }),
  })
/** Listens, as soon as the port is free, until the test ends; gives the port. */
export const occupy = async (server: Server, port = 0) => {
  const sockets = trackSockets(server)
  onTestFinished(() => shut(server, sockets))
  for (let tries = 0; ; tries += 1) {
    try {
      return await listen(server, { port })
    } catch (error) {
      // Whoever had the port may be about to let it go.
      if (tries === 50) throw error
      await systemClock.sleep(20)
    }
  }
}
export const clientsOf = (server: { port: number }) => childrenWith(` -p ${server.port} `)

/** No process, no file, and nothing for the post step to do. */
export const expectNothingLeft = async (opened: OpenedChannel, server: Sshd) => {
  expect(await clientsOf(server)).toEqual([])
  expect(await childrenWith('proxy.mjs')).toEqual([])
  expect(await filesIn(opened.temp)).toEqual([])
  expect(opened.leftovers()).toBe('')
}
export const expectRing = async (opened: OpenedChannel) => {
  const before = opened.deliveries.length
  expect(await opened.post({ hello: 'world' })).toBe(204)
  await opened.until(() => opened.deliveries.length > before, 'a delivery')
  const delivery = opened.deliveries.at(-1)
  expect(delivery?.body.toString()).toBe('{"hello":"world"}')
  expect(delivery?.headers['x-test']).toBe('yes')
}
export const expectFailure = async (settings: SshSettings, server: Sshd, sentence: string) => {
  const opened = await openSsh(settings)
  await opened.settled()
  expect(opened.channel.error).toContain(sentence)
  expect(opened.channel.tunnel).toBe('none')
  expect(opened.channel.url).toBeUndefined()
  // What cannot pass is not tried again.
  expect(opened.log()).not.toContain('trying once more')
  await opened.channel.close()
  await expectNothingLeft(opened, server)
  return opened
}
