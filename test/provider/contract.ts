import { afterEach, beforeEach, describe } from 'vitest'
import type { Provider } from '../../src/provider/provider.ts'
import type { EmulatorServer } from '../emulator/server.ts'
import { describeCalls } from './contract/calls.ts'
import { describeCreate } from './contract/create.ts'
import { describeObserve } from './contract/observe.ts'
import { describeOpening } from './contract/opening.ts'
import type { Abilities } from './contract/steps.ts'
import { describeStop } from './contract/stop.ts'
import { describeWebhooks } from './contract/webhooks.ts'

/** All that the contract needs to know of a provider. With this any provider can be held against it. */
export interface ProviderUnderTest {
  readonly name: string
  /** Tests of what it cannot do are left out. Held against its traits. */
  readonly can: Abilities
  /** Starts the provider's emulator: a new one for each test. */
  start(): Promise<Scene>
}

/** A provider's emulator, and what only it can do. */
export interface Scene {
  /** Where all requests of the provider go, over real HTTP. Faults are ordered there. */
  readonly emulator: Pick<EmulatorServer, 'requests' | 'requestsTo' | 'whenRequested' | 'faults'>
  /** The application that `open` deploys. */
  readonly application: string
  /** The one request that creates something. */
  readonly createRequest: { readonly method: string; readonly path: RegExp }
  /**
   * Opens the provider as a new run does; with two targets or more, where it takes several. What it
   * creates succeeds after a moment.
   */
  open(): Provider
  /** How many things the creates have made, whatever became of them. */
  created(): number
  /** Whether it runs, whatever the provider says. Not asked where nothing can be stopped. */
  isRunning(id: string): boolean
  /** What is created next is accepted, and fails after a moment. */
  failNext(): void
  /** The next create is refused, and something exists all the same. Left out where this cannot happen. */
  refuseNext?(): void
  /** Somebody else makes such a thing in the same account, in another application. Gives its id. */
  addForeign(): string
  close(): Promise<void>
}

/**
 * What `src/provider/provider.ts` means, as tests that every provider has to pass. What a provider's
 * traits rule out is left out.
 */
export function describeContract({ name, can, start }: ProviderUnderTest): void {
  describe(name, () => {
    let scene: Scene
    beforeEach(async () => {
      scene = await start()
    })
    afterEach(() => scene.close())
    const now = () => scene
    describeOpening(now, can)
    describeCreate(now, can)
    describeObserve(now, can)
    describeStop(now, can)
    describeCalls(now)
    describeWebhooks(now, can)
  })
}
