import type { ProbeSpec } from '../../settings/probe.ts'
import type { Ask } from '../asking.ts'
import { askA2s } from './a2s.ts'
import { askHttp } from './http.ts'
import { askMinecraft } from './minecraft.ts'
import { askQuake3 } from './quake3.ts'
import { askTcp } from './tcp.ts'
import { askUdp } from './udp.ts'
import { askWebSocket } from './websocket.ts'

/**
 * How a line of `probe` is asked, and over what.
 *
 * Written by hand, since of gamedig 5.3.3 the three protocols that are needed here make a
 * chunk of 673 kB that loads in 64 ms, against 18 kB and 5 ms for all nine; an attempt sends one packet and
 * cannot be ended, and a reply has no bound. The tests hold these files against it and against qstat.
 */
export interface Protocol {
  readonly transport: 'tcp' | 'udp'
  readonly ask: Ask
}

export function protocolOf(spec: ProbeSpec): Protocol {
  switch (spec.protocol) {
    case 'tcp':
      return { transport: 'tcp', ask: askTcp }
    case 'http':
    case 'https':
      return {
        transport: 'tcp',
        ask: askHttp({ secure: spec.protocol === 'https', path: spec.path }),
      }
    case 'ws':
    case 'wss':
      return {
        transport: 'tcp',
        ask: askWebSocket({ secure: spec.protocol === 'wss', path: spec.path }),
      }
    case 'minecraft':
      return { transport: 'tcp', ask: askMinecraft }
    case 'a2s':
      return { transport: 'udp', ask: askA2s }
    case 'quake3':
      return { transport: 'udp', ask: askQuake3 }
    case 'udp':
      return { transport: 'udp', ask: askUdp(spec.payload) }
  }
}
