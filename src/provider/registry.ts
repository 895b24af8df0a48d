import type { HttpClient } from '../net/request.ts'
import type { Settings } from '../settings/settings.ts'
import type { Provider } from './provider.ts'

/** The provider that the settings name; only its own code is loaded. */
export async function openProvider(settings: Settings, http: HttpClient): Promise<Provider> {
  const { Edgegap } = await import('./edgegap/edgegap.ts')
  return new Edgegap(settings, http)
}
