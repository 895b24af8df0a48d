import type { Plan } from './settings.ts'

/** The first message to the emulator's process. */
export interface Order {
  readonly plan: Plan
  /** For the API. */
  readonly token: string
  readonly controlKey: string
}

/** The second message: the process is noted where the post step finds it, and may live on alone. */
export const LIVE_ON = 'live on'

/** The answer to an order. */
export type Answer =
  | { readonly kind: 'ready'; readonly url: string; readonly controlUrl: string }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string }
