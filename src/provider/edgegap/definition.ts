import { GROUP_DEFAULTS, GROUP_INPUTS, isDeploymentId } from '../../settings/groups.ts'
import { wholeInput } from '../../settings/provider-inputs.ts'
import type { ProviderDefinition } from '../definition.ts'
import {
  DEFAULT_LOCATION,
  describeEdgegap,
  type EdgegapOwn,
  findUnusedEdgegap,
  readEdgegap,
} from './settings.ts'
import { cleanEdgegapToken } from './token.ts'
import { secretVariables } from './variables.ts'
import { VERSION_INPUTS } from './version-inputs.ts'

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
    ...VERSION_INPUTS,
    ...GROUP_INPUTS,
  },
  defaults: { locations: DEFAULT_LOCATION, 'version-policy': 'create', ...GROUP_DEFAULTS },
  outputs: [],
  secretInputs: {
    'secret-env': secretVariables,
    'version-secret-env': secretVariables,
    'registry-password': wholeInput,
  },
  unusedInputs: [],
  apiToken: { what: 'an Edgegap API token', noun: 'token', clean: cleanEdgegapToken },
  apiUrl: { default: 'https://api.edgegap.com' },
  defaultTimeoutMs: 600_000,
  read: readEdgegap,
  describe: describeEdgegap,
  findUnused: findUnusedEdgegap,
  savedAccess: () => ({}),
  isId: isDeploymentId,
  async open(settings, context) {
    const { Edgegap } = await import('./edgegap.ts')
    return new Edgegap(settings, context, settings.operation === 'stop' ? undefined : settings)
  },
  async reopen(saved, context) {
    const { Edgegap } = await import('./edgegap.ts')
    return new Edgegap(saved, context)
  },
}
