import type { SshSettings } from '../../settings/tunnel.ts'
import { type Transport, TunnelFailure } from '../transport.ts'

export function sshTransport(_settings: SshSettings): Transport {
  return async () => {
    throw new TunnelFailure('unavailable', 'not there yet')
  }
}
