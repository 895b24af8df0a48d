/** What goes wrong with a PUT to the storage host. */
export type UploadEffect =
  /** Answered so, once that many bytes have come (0 by default); nothing is stored. */
  | {
      readonly kind: 'status'
      readonly status: number
      readonly body?: unknown
      readonly headers?: Readonly<Record<string, string>>
      readonly atBytes?: number
    }
  /** A TCP reset once that many bytes have come; nothing is stored. */
  | { readonly kind: 'reset'; readonly atBytes?: number }
  /** Reads no further than that and never answers. */
  | { readonly kind: 'stall'; readonly atBytes?: number }
  /** Reads slowly, then all is well. */
  | { readonly kind: 'slow'; readonly bytesPerSecond: number }
  /** Stores all of it, which starts the pipeline, but never answers. */
  | { readonly kind: 'hang' }
  /** Stores all of it, then resets the connection instead of answering. */
  | { readonly kind: 'lost-answer' }

export type UploadFault = UploadEffect & {
  /** How many uploads it spoils; for ever by default. */
  readonly times?: number
  /** How many uploads pass untouched first. */
  readonly afterUploads?: number
}

export interface UploadFaultBook {
  /** Orders a fault; first come, first served, one per upload. Gives a way to call it off. */
  order(fault: UploadFault): () => void
  take(): UploadEffect | undefined
}

export function createUploadFaultBook(): UploadFaultBook {
  const orders = new Set<{ readonly fault: UploadFault; seen: number; used: number }>()
  return {
    order(fault) {
      const order = { fault, seen: 0, used: 0 }
      orders.add(order)
      return () => {
        orders.delete(order)
      }
    },
    take() {
      for (const order of orders) order.seen += 1
      const due = [...orders].find(({ fault, seen, used }) => {
        const { afterUploads = 0, times = Number.POSITIVE_INFINITY } = fault
        return seen > afterUploads && used < times
      })
      if (due === undefined) return undefined
      due.used += 1
      return due.fault
    },
  }
}

/** After how many bytes the fault strikes; undefined for one that lets all of them in. */
export function strikesAtBytes(effect: UploadEffect | undefined): number | undefined {
  if (effect === undefined) return undefined
  return effect.kind === 'status' || effect.kind === 'reset' || effect.kind === 'stall'
    ? (effect.atBytes ?? 0)
    : undefined
}
