import { systemClock } from '../../src/base/clock.ts'
import { createHttpClient } from '../../src/net/request.ts'
import type { ProviderContext } from '../../src/provider/provider.ts'

/** What the core hands to a provider. Tags are `own-1`, `own-2` … */
export function contextOf(own: Partial<ProviderContext> = {}): ProviderContext {
  let tags = 0
  return {
    http: createHttpClient({}),
    environment: {},
    clock: systemClock,
    cleanUpNotes: { opened() {}, created() {}, closed() {} },
    log() {},
    warn() {},
    hide() {},
    newAttemptTag: () => `own-${++tags}`,
    ...own,
  }
}
