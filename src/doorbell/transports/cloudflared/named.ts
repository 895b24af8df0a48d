import type { NamedTunnelSettings } from '../../../settings/tunnel.ts'
import { type Transport, TunnelFailure } from '../../transport.ts'

export function namedTransport(_settings: NamedTunnelSettings): Transport {
  return async () => {
    throw new TunnelFailure('unavailable', 'not there yet')
  }
}
