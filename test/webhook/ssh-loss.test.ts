import { createServer } from 'node:http'
import { describe, expect, onTestFinished, test } from 'vitest'
import { freePort } from '../emulator/tunnel/loopback-server.ts'
import { titled } from '../emulator/tunnel/real-part.ts'
import { findSshd, startSshd } from '../emulator/tunnel/sshd.ts'
import { expectNothingLeft, expectRing, occupy, openSsh, settingsFor } from './ssh-rig.ts'

const found = findSshd()
if (found.path === undefined) console.warn(found.reason)

describe.skipIf(found.path === undefined)(titled('an ssh tunnel that is lost', found), () => {
  test.each(['fixed', 'chosen'] as const)('a killed session comes back (%s port)', async (kind) => {
    const own = await startSshd()
    onTestFinished(() => own.close())
    const remotePort = kind === 'fixed' ? await freePort() : 0
    const opened = await openSsh(settingsFor(own, { remotePort }))
    expect(await opened.nextWake()).toBe('changed')
    const url = opened.channel.url?.href
    expect(own.killSessions()).toBeGreaterThan(0)
    expect(await opened.nextWake()).toBe('changed')
    expect(opened.channel.isVerified).toBe(false)
    // Notifications may have been lost: one check, whatever else has changed.
    expect(await opened.nextWake()).toBe('gap')
    expect(opened.channel.isVerified).toBe(true)
    expect(opened.channel.url?.href).toBe(url)
    expect(opened.channel.error).toBe('')
    await expectRing(opened)
  })

  test('a server that restarts is found again', async () => {
    const own = await startSshd()
    onTestFinished(() => own.close())
    const opened = await openSsh(settingsFor(own))
    await opened.settled()
    await own.stop()
    await opened.until(() => !opened.channel.isVerified, 'the loss')
    expect(opened.channel.url).toBeDefined()
    await own.start()
    await opened.until(() => opened.channel.isVerified, 'the return')
    await expectRing(opened)
  })

  test('a server that stays away is given up after three restarts', async () => {
    const own = await startSshd()
    onTestFinished(() => own.close())
    const opened = await openSsh(settingsFor(own))
    await opened.settled()
    await own.stop()
    await opened.until(() => opened.channel.tunnel === 'none', 'giving up')
    expect(opened.channel.error).toContain('lost after 3 restarts')
    expect(opened.log()).toContain('::warning::No webhook (ssh)')
    await opened.channel.close()
    await expectNothingLeft(opened, own)
  })

  test('a chosen port that somebody else has by now is lost', async () => {
    const own = await startSshd()
    onTestFinished(() => own.close())
    const opened = await openSsh(settingsFor(own))
    await opened.settled()
    const port = Number(opened.channel.url?.port)
    await own.stop()
    await occupy(createServer(), port)
    await own.start()
    await opened.until(() => opened.channel.tunnel === 'none', 'giving up')
    expect(opened.channel.error).toContain(`lost after 3 restarts`)
    expect(opened.channel.error).toContain(`does not give port ${port}`)
  })

  test('a frozen server is noticed, and comes back when it thaws', async () => {
    const own = await startSshd()
    onTestFinished(() => own.close())
    const opened = await openSsh(settingsFor(own))
    await opened.settled()
    own.freeze()
    await opened.until(() => !opened.channel.isVerified, 'the loss')
    expect(opened.channel.error).toContain('not responding')
    own.thaw()
    await opened.until(() => opened.channel.isVerified, 'the return')
    await expectRing(opened)
  })
})
