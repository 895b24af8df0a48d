import { systemClock } from '../../src/base/clock.ts'
import { createHttpClient } from '../../src/net/request.ts'
import { Edgegap } from '../../src/provider/edgegap/edgegap.ts'
import type { Provider, ProviderContext } from '../../src/provider/provider.ts'
import { RockitEdge } from '../../src/provider/rockit-edge/rockit-edge.ts'
import { readSettings, type Settings } from '../../src/settings/settings.ts'
import { startEdgegapEmulator } from '../emulator/edgegap/emulator.ts'
import { error, ready } from '../emulator/edgegap/script.ts'
import { startRockitEdgeEmulator } from '../emulator/rockit-edge/emulator.ts'
import { deployFailed, success } from '../emulator/rockit-edge/script.ts'
import { describeContract, type Scene } from './contract.ts'

/** From its first state to its last, milliseconds. */
const PACE_MS = 60

function read(inputs: Record<string, string>): Settings {
  const names = Object.entries(inputs)
  const environment = names.map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value])
  return readSettings(Object.fromEntries(environment)).settings
}

function context(): ProviderContext {
  let tags = 0
  return {
    http: createHttpClient({}),
    environment: {},
    clock: systemClock,
    cleanUpNotes: { opened() {}, created() {}, closed() {} },
    log() {},
    warn() {},
    hide() {},
    newAttemptTag: () => `dgs-own-${tags++}`,
  }
}

async function startEdgegap(): Promise<Scene> {
  const emulator = await startEdgegapEmulator({
    script: ready(PACE_MS),
    terminateAfterMs: 20,
    rateLimits: { listPerSecond: 1_000, statusPerSecond: 1_000, deployPerSecond: 1_000 },
  })
  return {
    emulator,
    application: 'my-game',
    createRequest: { method: 'POST', path: /^\/v2\/deployments$/ },
    open(): Provider {
      const settings = read({
        'api-token': emulator.settings.token,
        'api-url': emulator.url,
        application: 'my-game',
        version: 'v1',
        locations: 'paris 48.85,2.35\nparis 48.85,2.35\ntokyo 35.68,139.69\noslo 59.91,10.75',
      })
      if (settings.provider !== 'edgegap') throw new Error('not for Edgegap')
      return new Edgegap(settings, context())
    },
    created: () => emulator.created,
    isRunning: (id) => emulator.running().some((one) => one.id === id),
    failNext: () => emulator.nextScript(error(PACE_MS)),
    refuseNext: () => emulator.refuseCreates(1),
    addForeign: () => emulator.addDeployment({ application: 'other', tags: ['dgs-other'] }).id,
    close: () => emulator.close(),
  }
}

async function startRockitEdge(): Promise<Scene> {
  const pace = { stepMs: PACE_MS / 6 }
  const emulator = await startRockitEdgeEmulator({ script: success(pace), apps: APPS })
  return {
    emulator,
    application: 'my_game',
    createRequest: { method: 'POST', path: /\/builds$/ },
    open(): Provider {
      const { organization, username, apiKey } = emulator.settings
      const settings = read({
        provider: 'rockit-edge',
        'api-token': apiKey,
        'api-url': emulator.url,
        organization,
        username,
        application: 'my_game',
        'build-url': 'https://builds.example.com/game.tar',
      })
      if (settings.provider !== 'rockit-edge') throw new Error('not for ROCKIT Edge')
      return new RockitEdge(settings, context())
    },
    created: () => emulator.builds.filter(({ origin }) => origin === 'import').length,
    isRunning: () => true,
    failNext: () => emulator.nextScript(deployFailed({ failed: ['akamai'] }, pace)),
    addForeign: () => `my_game_2/${emulator.train('my_game_2').name}`,
    close: () => emulator.close(),
  }
}

/** The list of tasks also shows those of apps whose name begins like that of ours. */
const APPS = { my_game: {}, my_game_2: {} }

describeContract({ name: 'Edgegap', start: startEdgegap })
describeContract({ name: 'ROCKIT Edge', start: startRockitEdge })
