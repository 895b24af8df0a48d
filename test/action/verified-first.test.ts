import { describe, expect, test } from 'vitest'
import { ready, readyThenError } from '../emulator/edgegap/script.ts'
import { startGameServer } from '../emulator/game/game-server.ts'
import { freePort } from '../emulator/tunnel/loopback-server.ts'
import { run, startEdgegap, type With } from './deploy.ts'

const IMAGE = 'registry.edgegap.com/my-org/my-game'
const GROUP = 'staging'

/** An account with a version of players, a candidate, and an older server of the group. */
async function startAccount(port: number) {
  const ports = [{ name: 'gameport', port, protocol: 'UDP', to_check: false }]
  const edgegap = await startEdgegap({
    reachableAt: '127.0.0.1',
    script: ready(0),
    terminateAfterMs: 0,
    catalogue: {
      'my-game': { prod: { docker_tag: 'v1', ports }, candidate: { docker_tag: 'v2', ports } },
    },
  })
  const older = edgegap.addDeployment({ application: 'my-game', version: 'prod', tags: [GROUP] })
  return { edgegap, older: older.id }
}

const release: With = {
  application: 'my-game',
  version: 'candidate',
  group: GROUP,
  replace: 'after-ready',
  promote: 'prod',
}

describe.concurrent('replace and promote wait until the new server', () => {
  test.each<[string, With]>([
    ['has settled', { 'settle-time': '20s' }],
    ['has answered', { probe: 'gameport a2s', 'probe-timeout': '2s' }],
  ])('%s: one that does not leaves the older server and the version alone', async (_, inputs) => {
    const { edgegap, older } = await startAccount(await freePort())
    try {
      if (inputs['settle-time']) edgegap.nextScript(readyThenError(100, 1_500))
      const { main } = await run(edgegap, { ...release, ...inputs })
      expect(main).toMatchObject({ exitCode: 1, outputs: { outcome: 'failed', promoted: '[]' } })
      expect(edgegap.live().map(({ id }) => id)).toEqual([older])
      expect(edgegap.catalogue.version('my-game', 'prod')?.fields.docker_tag).toBe('v1')
    } finally {
      await edgegap.close()
    }
  })

  test('has settled and answered: then the older one goes, and the version is moved', async () => {
    const game = await startGameServer({ loadingMs: 1_500 })
    const { edgegap, older } = await startAccount(game.port)
    try {
      const checks = { 'settle-time': '1s', probe: 'gameport a2s' }
      const { main } = await run(edgegap, { ...release, ...checks })
      expect(main).toMatchObject({ exitCode: 0, outputs: { outcome: 'succeeded' } })
      expect(JSON.parse(main.outputs.promoted ?? '')).toEqual([
        { version: 'prod', from: `${IMAGE}:v1`, to: `${IMAGE}:v2` },
      ])
      expect(JSON.parse(main.outputs['stopped-ids'] ?? '')).toEqual([older])
      expect(edgegap.live().map(({ id }) => id)).toEqual([main.outputs['deployment-id']])
      const log = main.rawStdout
      expect(log.indexOf('answered after')).toBeLessThan(log.indexOf(`Stopping ${older}`))
      expect(log.indexOf(`Stopping ${older}`)).toBeLessThan(log.indexOf('Moving the version prod'))
    } finally {
      await Promise.all([edgegap.close(), game.close()])
    }
  })
})
