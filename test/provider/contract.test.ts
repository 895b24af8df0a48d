import type { ProviderDefinition } from '../../src/provider/definition.ts'
import { edgegap } from '../../src/provider/edgegap/definition.ts'
import { Edgegap } from '../../src/provider/edgegap/edgegap.ts'
import type {} from '../../src/provider/provider.ts'
import { rockitEdge } from '../../src/provider/rockit-edge/definition.ts'
import { RockitEdge } from '../../src/provider/rockit-edge/rockit-edge.ts'
import { publishSettings } from '../../src/provider/rockit-edge/settings.ts'
import { type DeploySettings, readSettings } from '../../src/settings/settings.ts'
import { startEdgegapEmulator } from '../emulator/edgegap/emulator.ts'
import { error, ready } from '../emulator/edgegap/script.ts'
import { startRockitEdgeEmulator } from '../emulator/rockit-edge/emulator.ts'
import { deployFailed, success } from '../emulator/rockit-edge/script.ts'
import { inputEnvironment } from '../harness/action.ts'
import { contextOf } from './context.ts'
import { describeContract, type Scene } from './contract.ts'
import { sample } from './sample/definition.ts'
import { Sample } from './sample/sample.ts'
import { startSampleServer } from './sample/server.ts'

/** From its first state to its last, milliseconds. */
const PACE_MS = 60

/** The settings of a deploy, as the provider's own code takes them. */
async function read<Own>(
  definition: ProviderDefinition<Own>,
  inputs: Record<string, string>,
): Promise<DeploySettings<Own>> {
  const registry = [definition as ProviderDefinition]
  const { settings } = await readSettings(inputEnvironment(inputs), registry)
  return settings as DeploySettings<Own>
}

async function startEdgegap(): Promise<Scene> {
  const emulator = await startEdgegapEmulator({
    script: ready(PACE_MS),
    terminateAfterMs: 20,
    rateLimits: { listPerSecond: 1_000, statusPerSecond: 1_000, deployPerSecond: 1_000 },
  })
  const settings = await read(edgegap, {
    'api-token': emulator.settings.token,
    'api-url': emulator.url,
    application: 'my-game',
    version: 'v1',
    locations: 'paris 48.85,2.35\nparis 48.85,2.35\ntokyo 35.68,139.69\noslo 59.91,10.75',
  })
  return {
    emulator,
    application: 'my-game',
    createRequest: { method: 'POST', path: /^\/v2\/deployments$/ },
    open: () => new Edgegap(settings, contextOf(), settings),
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
  const { organization, username, apiKey } = emulator.settings
  const settings = await read(rockitEdge, {
    provider: 'rockit-edge',
    'api-token': apiKey,
    'api-url': emulator.url,
    organization,
    username,
    application: 'my_game',
    'build-url': 'https://builds.example.com/game.tar',
  })
  return {
    emulator,
    application: 'my_game',
    createRequest: { method: 'POST', path: /\/builds$/ },
    open: () => new RockitEdge(publishSettings(settings), contextOf()),
    created: () => emulator.builds.filter(({ origin }) => origin === 'import').length,
    isRunning: () => true,
    failNext: () => emulator.nextScript(deployFailed({ failed: ['akamai'] }, pace)),
    addForeign: () => `my_game_2/${emulator.train('my_game_2').name}`,
    close: () => emulator.close(),
  }
}

/** A provider in its simplest form: what it passes, every further one can. */
async function startSample(): Promise<Scene> {
  const server = await startSampleServer(PACE_MS)
  const settings = await read(sample, {
    provider: 'sample',
    'api-token': 'sample-key-1',
    'api-url': server.url,
    application: 'game',
    version: 'v1',
  })
  return {
    emulator: server,
    application: 'game',
    createRequest: { method: 'POST', path: /^\/servers$/ },
    open: () => new Sample(settings, settings.own.region, contextOf(), settings),
    created: server.created,
    isRunning: (id) => server.rows.some((row) => row.id === id),
    failNext: server.failNext,
    addForeign: () => server.add('dgs-other'),
    close: () => server.close(),
  }
}

/** The list of tasks also shows those of apps whose name begins like that of ours. */
const APPS = { my_game: {}, my_game_2: {} }

const ALL = { stop: true, groups: true, webhooks: true, failAfterRefusal: true }
const SIMPLE = { stop: true, groups: false, webhooks: false, failAfterRefusal: false }
const PUBLISH = { stop: false, groups: false, webhooks: true, failAfterRefusal: false }

describeContract({ name: 'Edgegap', can: ALL, start: startEdgegap })
describeContract({ name: 'ROCKIT Edge', can: PUBLISH, start: startRockitEdge })
describeContract({ name: 'a sample provider', can: SIMPLE, start: startSample })
