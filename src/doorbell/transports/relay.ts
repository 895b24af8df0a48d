import type { RelaySettings } from '../../settings/tunnel.ts'
import { type Transport, TunnelFailure } from '../transport.ts'

export function relayTransport(_settings: RelaySettings): Transport {
  return async () => {
    throw new TunnelFailure('unavailable', 'not there yet')
  }
}
