/** Bounds of one call: how long it may take, and what ends it early. */
export interface Call {
  deadlineMs: number
  signal: AbortSignal
}
