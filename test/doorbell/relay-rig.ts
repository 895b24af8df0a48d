import { onTestFinished } from 'vitest'
import { type RelayTimes, relayTransport } from '../../src/doorbell/transports/relay.ts'
import { type Relay, type RelayOptions, startRelay } from '../emulator/tunnel/relay.ts'
import { openDoorbell } from './open.ts'

const BRISK: RelayTimes = {
  answerMs: 1_000,
  greetingMs: 300,
  pingMs: 600,
  silenceMs: 500,
  pausesMs: [50, 100, 200],
  goodAfterMs: 1_000,
}
const PINGS_MS = 100

export const openRelay = (
  relayUrl: string,
  options: Parameters<typeof openDoorbell>[1] = {},
  times: Partial<RelayTimes> = {},
) => {
  const settings = { transport: 'relay', relayUrl: new URL(relayUrl) } as const
  return openDoorbell(settings, {
    ...options,
    load: async () => ({
      needsReceiver: false,
      listenPort: 0,
      run: relayTransport(settings, { ...BRISK, ...times }),
    }),
  })
}
export const start = async (options: RelayOptions): Promise<Relay> => {
  const relay = await startRelay({ pingIntervalMs: PINGS_MS, ...options })
  onTestFinished(() => relay.close())
  return relay
}
