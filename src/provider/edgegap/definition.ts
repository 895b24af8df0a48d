import { GROUP_DEFAULTS, GROUP_INPUTS, isDeploymentId } from '../../settings/groups.ts'
import type { ProviderDefinition } from '../definition.ts'
import {
  DEFAULT_LOCATION,
  describeEdgegap,
  type EdgegapOwn,
  findUnusedEdgegap,
  readEdgegap,
  readEdgegapNames,
} from './settings.ts'
import { cleanEdgegapToken } from './token.ts'
import { secretValues } from './variables.ts'

/** Deployments on Edgegap's orchestration platform. */
export const edgegap: ProviderDefinition<EdgegapOwn> = {
  name: 'edgegap',
  title: 'Edgegap',
  operations: ['deploy', 'version', 'stop'],
  inputs: {
    locations: ['deploy'],
    env: ['deploy'],
    'secret-env': ['deploy'],
    tags: ['deploy'],
    ...GROUP_INPUTS,
  },
  defaults: { locations: DEFAULT_LOCATION, ...GROUP_DEFAULTS },
  outputs: [],
  secretInputs: { 'secret-env': secretValues },
  unusedInputs: [],
  apiToken: { what: 'an Edgegap API token', noun: 'token', clean: cleanEdgegapToken },
  apiUrl: { default: 'https://api.edgegap.com' },
  defaultTimeoutMs: 600_000,
  readNames: readEdgegapNames,
  read: readEdgegap,
  describe: describeEdgegap,
  findUnused: findUnusedEdgegap,
  savedAccess: () => ({}),
  isId: isDeploymentId,
  async open(settings, context) {
    const { Edgegap } = await import('./edgegap.ts')
    return new Edgegap(settings, context, settings.operation === 'deploy' ? settings : undefined)
  },
  async reopen(saved, context) {
    const { Edgegap } = await import('./edgegap.ts')
    return new Edgegap(saved, context)
  },
}
