import type { Settings } from '../settings/settings.ts'
import type { Provider, ProviderContext } from './provider.ts'

/** The provider that the settings name; only its own code is loaded. */
export async function openProvider(
  settings: Settings,
  context: ProviderContext,
): Promise<Provider> {
  if (settings.provider === 'rockit-edge') {
    const { RockitEdge } = await import('./rockit-edge/rockit-edge.ts')
    return new RockitEdge(settings, context)
  }
  const { Edgegap } = await import('./edgegap/edgegap.ts')
  return new Edgegap(settings, context)
}
