import type { QuickTunnelSettings } from '../../../settings/tunnel.ts'
import { type Transport, TunnelFailure } from '../../transport.ts'

export function quickTransport(_settings: QuickTunnelSettings): Transport {
  return async () => {
    throw new TunnelFailure('unavailable', 'not there yet')
  }
}
