import type { ProviderDefinition } from '../../../src/provider/definition.ts'
import { wholeInput } from '../../../src/settings/provider-inputs.ts'

export interface SampleOwn {
  readonly region: string
  readonly password: string
}

/** A provider that exists only to show what one needs: this file, `sample.ts`, and a line in a registry. */
export const sample: ProviderDefinition<SampleOwn> = {
  name: 'sample',
  title: 'Sample',
  operations: ['deploy'],
  inputs: { region: ['deploy'], 'server-password': ['deploy'] },
  defaults: { region: 'north' },
  outputs: ['slot'],
  secretInputs: { 'server-password': wholeInput },
  unusedInputs: ['log-lines', 'log-dir'],
  apiToken: { what: 'a Sample key', noun: 'key', clean: (text) => text.trim() },
  apiUrl: { missing: 'name your Sample server' },
  defaultTimeoutMs: 60_000,
  read: async ({ inputs }) => ({
    application: inputs.required('application', 'name the game'),
    version: inputs.required('version', 'name the version'),
    own: {
      region: inputs.oneOf('region', ['north', 'south'], 'north'),
      password: inputs.text('server-password'),
    },
  }),
  describe: ({ own }) => ({ title: 'Deploying on Sample', lines: [`region: ${own.region}`] }),
  savedAccess: ({ own }) => ({ region: own.region }),
  isId: (id) => /^s\d+$/.test(id),
  async open(settings, context) {
    if (settings.operation !== 'deploy') throw new Error('Sample can only deploy')
    const { Sample } = await import('./sample.ts')
    return new Sample(settings, settings.own.region, context, settings)
  },
  async reopen(saved, context) {
    const { Sample } = await import('./sample.ts')
    return new Sample(saved, saved.own.region ?? '', context)
  },
}
