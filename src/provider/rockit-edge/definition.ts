import type { ProviderDefinition, SavedAccess } from '../definition.ts'
import {
  DEFAULT_WAIT_UNTIL,
  describePublish,
  type PublishSettings,
  publishSettings,
  ROCKIT_EDGE_TIMEOUT_MS,
  type RockitEdgeAccess,
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
  secretInputs: {
    'build-url': (text, input) => urlSecrets(text).map((value) => ({ input, value })),
  },
  unusedInputs: ['version', 'settle-time', 'probe', 'probe-timeout', 'log-lines', 'log-dir'],
  cannotStop: 'a build that was imported cannot be taken back',
  apiToken: {
    what: 'the API key of a ROCKIT Edge machine account',
    noun: 'API key',
    clean: (text) => text.trim(),
  },
  // Every customer has an instance.
  apiUrl: { missing: 'name your ROCKIT Edge, such as https://edge.example.com' },
  defaultTimeoutMs: ROCKIT_EDGE_TIMEOUT_MS,
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
    return new RockitEdge(publish, context)
  },
  async reopen(saved, context) {
    const { RockitEdge } = await import('./rockit-edge.ts')
    return new RockitEdge({ ...readSaved(saved), ...FOR_CLEAN_UP }, context)
  },
}

/** What a publish reads and cleaning up does not. */
const FOR_CLEAN_UP = {
  source: { kind: 'path', path: '' },
  waitUntil: 'deployed',
  wait: 'none',
} as const

function readSaved({ apiUrl, token, own }: SavedAccess): RockitEdgeAccess {
  const { organization, username, application } = own
  if (!organization || !username || !application) {
    throw new Error('the saved state does not name the account')
  }
  return { apiUrl, token, organization, username, application }
}
