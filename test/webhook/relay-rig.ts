import { onTestFinished } from 'vitest'
import { type RelayTimes, relayTransport } from '../../src/webhook/tunnels/relay.ts'
import { type Relay, type RelayOptions, startRelay } from '../emulator/tunnel/relay.ts'
import { openChannel } from './open.ts'

const BRISK: RelayTimes = {
  answerMs: 1_000,
  greetingMs: 300,
  pingMs: 5_000,
  silenceMs: 20_000,
  pausesMs: [50, 100, 200],
  goodAfterMs: 1_000,
}
const PINGS_MS = 100

export const openRelay = (
  relayUrl: string,
  options: Parameters<typeof openChannel>[1] = {},
  times: Partial<RelayTimes> = {},
) => {
  const settings = { transport: 'relay', relayUrl: new URL(relayUrl) } as const
  return openChannel(settings, {
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
