import type { ProviderDefinition, SavedAccess } from '../definition.ts'
import {
  DEFAULT_WAIT_UNTIL,
  describePublish,
  type PublishSettings,
  publishSettings,
  ROCKIT_EDGE_TIMEOUT_MS,
  type RockitEdgeAccess,
  readAppName,
  readPublish,
  urlSecrets,
} from './settings.ts'

/** Builds that are imported and published on a ROCKIT Edge. */
export const rockitEdge: ProviderDefinition<PublishSettings> = {
  name: 'rockit-edge',
  title: 'ROCKIT Edge',
  operations: ['deploy'],
  inputs: {
    organization: ['deploy'],
    username: ['deploy'],
    build: ['deploy'],
    'build-url': ['deploy'],
    'build-size': ['deploy'],
    'wait-until': ['deploy'],
  },
  defaults: { 'wait-until': DEFAULT_WAIT_UNTIL },
  outputs: [
    'build-name',
    'build-changed',
    'dxf-name',
    'failed-deployments',
    'succeeded-deployments',
  ],
  secretInputs: { 'build-url': urlSecrets },
  unusedInputs: ['version', 'settle-time', 'log-lines', 'log-dir'],
  cannotStop: 'a build that was imported cannot be taken back',
  apiToken: {
    what: 'the API key of a ROCKIT Edge machine account',
    noun: 'API key',
    clean: (text) => text.trim(),
  },
  // Every customer has an instance.
  apiUrl: { missing: 'name your ROCKIT Edge, such as https://edge.example.com' },
  defaultTimeoutMs: ROCKIT_EDGE_TIMEOUT_MS,
  readNames: readAppName,
  read: readPublish,
  describe: describePublish,
  savedAccess(settings): Record<string, string> {
    if (settings.operation === 'stop') return {}
    const { organization, username } = settings.own
    return { organization, username, application: settings.application }
  },
  // Names of tasks hold blanks, slashes and colons; each is encoded where it goes into a path.
  isId: (id) => id !== '',
  async open(settings, context) {
    if (settings.operation !== 'deploy') throw new Error(`no ${settings.operation} here`)
    const { RockitEdge } = await import('./rockit-edge.ts')
    const publish = publishSettings(settings)
    return new RockitEdge(publish, context, publish)
  },
  async reopen(saved, context) {
    const { RockitEdge } = await import('./rockit-edge.ts')
    return new RockitEdge(readSaved(saved), context)
  },
}

function readSaved({ apiUrl, token, own }: SavedAccess): RockitEdgeAccess {
  const { organization, username, application } = own
  if (!organization || !username || !application) {
    throw new Error('the saved state does not name the account')
  }
  return { apiUrl, token, organization, username, application }
}
