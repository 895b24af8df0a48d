/** A webhook as it came in. Everything in it is hostile. */
export interface Delivery {
  /** Lower-case names. */
  headers: Readonly<Record<string, string>>
  body: Buffer
}

/** What a delivery means, in the provider's judgement. Only the id is ever taken from it. */
export type Notification =
  /** `id` undefined: it may be about any of ours. */
  { kind: 'notification'; id: string | undefined } | { kind: 'ignored'; why: string }
