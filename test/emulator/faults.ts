/** Whether the provider's own code has run, so its side effects exist, when the fault strikes. */
export type When = 'before' | 'after'

/**
 * What goes wrong. Where a fault sends a body of its own, `when: 'after'` lets the handler run
 * first: the side effect has happened and only the news of it is lost.
 */
export type Effect =
  /** Waits, then handles normally. */
  | { readonly kind: 'delay'; readonly delayMs: number }
  /** Waits until this has happened, then handles normally: an order of events that no load changes. */
  | { readonly kind: 'hold'; readonly until: Promise<unknown> }
  /** Handles at once, replies late. */
  | { readonly kind: 'delay-reply'; readonly delayMs: number }
  /** Never answers; the connection stays open. `before` unless told. */
  | { readonly kind: 'hang'; readonly when?: When }
  /** Ends the connection with a TCP reset. `before` unless told. */
  | { readonly kind: 'reset'; readonly when?: When }
  /** The real reply's headers, half its body, then the connection closes. */
  | { readonly kind: 'truncate' }
  /** The real reply's headers, half its body, then silence. */
  | { readonly kind: 'stall-body' }
  /** The real reply, a few bytes at a time. */
  | { readonly kind: 'slow-drip'; readonly intervalMs: number; readonly chunkBytes?: number }
  /** Another reply than the real one. `before` unless told. */
  | {
      readonly kind: 'status'
      readonly status: number
      readonly body?: unknown
      readonly headers?: Readonly<Record<string, string>>
      readonly when?: When
    }
  /** 200 with a body that is not JSON. `after` unless told. */
  | { readonly kind: 'malformed'; readonly body?: string; readonly when?: When }
  /**
   * 200 with a huge JSON body, chunked, or with its length declared. `after` unless told.
   * 64 MiB unless told.
   */
  | {
      readonly kind: 'oversize'
      readonly bytes?: number
      readonly declareLength?: boolean
      readonly when?: When
    }

export type FaultKind = Effect['kind']

/** The part of a request that a fault can be matched by. */
export interface FaultTarget {
  readonly method: string
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  readonly body: unknown
}

export interface FaultMatch {
  /** Any method unless told. */
  readonly method?: string
  /** Tested against the path without its query; any path unless told. */
  readonly path?: RegExp
  /** A further condition, for what method and path cannot say. */
  readonly matches?: (request: FaultTarget) => boolean
  /** How many requests it spoils; for ever unless told. */
  readonly times?: number
  /** How many matching requests pass untouched first. */
  readonly afterRequests?: number
}

export type Fault = Effect & FaultMatch

export interface FaultOrder {
  /** Requests that matched, spoiled or not. */
  readonly matched: number
  /** Requests that this order has spoiled. */
  readonly used: number
  cancel(): void
}

export interface FaultBook {
  /** Orders a fault. Orders are served first come, first served, one per request. */
  order(fault: Fault): FaultOrder
  /** Cancels every order. */
  clear(): void
  /** The effect for this request, which then counts as used. */
  take(request: FaultTarget): Effect | undefined
}

interface OpenOrder {
  readonly fault: Fault
  readonly path: RegExp | undefined
  matched: number
  used: number
}

export function createFaultBook(): FaultBook {
  const orders = new Set<OpenOrder>()
  return {
    order(fault) {
      const order: OpenOrder = { fault, path: stateless(fault.path), matched: 0, used: 0 }
      orders.add(order)
      return {
        get matched() {
          return order.matched
        },
        get used() {
          return order.used
        },
        cancel: () => {
          orders.delete(order)
        },
      }
    },
    clear: () => orders.clear(),
    take(request) {
      // Every matching order counts the request, so that "after N" means N requests of the client,
      // whatever other orders did to them.
      const matching = [...orders].filter((order) => isFor(order, request))
      for (const order of matching) order.matched += 1
      const due = matching.find(isDue)
      if (due === undefined) return undefined
      due.used += 1
      return due.fault
    },
  }
}

function isFor({ fault, path }: OpenOrder, request: FaultTarget): boolean {
  if (fault.method !== undefined && fault.method !== request.method) return false
  if (path !== undefined && !path.test(request.path)) return false
  return fault.matches?.(request) ?? true
}

function isDue({ fault, matched, used }: OpenOrder): boolean {
  const { afterRequests = 0, times = Number.POSITIVE_INFINITY } = fault
  return matched > afterRequests && used < times
}

/** A global or sticky expression remembers where it stopped and would miss every other request. */
function stateless(path: RegExp | undefined): RegExp | undefined {
  return path && new RegExp(path.source, path.flags.replace(/[gy]/g, ''))
}
