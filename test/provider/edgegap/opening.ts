import { edgegap as definition } from '../../../src/provider/edgegap/definition.ts'
import { Edgegap } from '../../../src/provider/edgegap/edgegap.ts'
import type { EdgegapDeploySettings } from '../../../src/provider/edgegap/settings.ts'
import type { ProviderContext } from '../../../src/provider/provider.ts'
import { readSettings } from '../../../src/settings/settings.ts'
import type { EdgegapEmulator } from '../../emulator/edgegap/emulator.ts'
import { inputEnvironment } from '../../harness/action.ts'
import { contextOf } from '../context.ts'

/** A deploy of `my-game`, version `v1` where no image is given, with further inputs. */
export async function openEdgegap(
  { url, settings: { token } }: Pick<EdgegapEmulator, 'url' | 'settings'>,
  inputs: Record<string, string> = {},
  own?: Partial<ProviderContext>,
): Promise<Edgegap> {
  const given = {
    'api-token': token,
    'api-url': url,
    application: 'my-game',
    ...(inputs.image === undefined && { version: 'v1' }),
    ...inputs,
  }
  const environment = inputEnvironment(given)
  const { settings } = await readSettings(environment, [definition])
  return new Edgegap(
    settings as EdgegapDeploySettings,
    contextOf(own),
    settings as EdgegapDeploySettings,
  )
}
