import { whenAborted } from '../../base/clock.ts'
import type { TunnelSettings } from '../../settings/tunnel.ts'
import { verify, webhookUrl } from '../verify.ts'
import type { Transport } from './tunnel.ts'

/** The user's own ingress: nothing is opened, the URL leads here already. */
export function publicTransport(
  settings: Extract<TunnelSettings, { transport: 'public' }>,
): Transport {
  return async (context) => {
    const url = webhookUrl(settings.publicUrl, context.path)
    context.onUrl(url)
    try {
      await verify(context, url)
      context.onVerified()
    } catch (thrown) {
      if (context.signal.aborted) return
      // An ingress that does not lead back from inside (NAT without hairpin) cannot be pinged from
      // here and may still work, so the URL stays handed over.
      const why = (thrown as Error).message
      context.onLost(`${why}; this network may not reach its own public address`)
    }
    await whenAborted(context.signal)
  }
}
