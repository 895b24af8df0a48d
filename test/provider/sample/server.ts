import { type EmulatorServer, startServer } from '../../emulator/server.ts'

/** A server of games, as the sample provider's API shows it. */
export interface SampleRow {
  id: string
  tag: string
  state: 'starting' | 'up' | 'broken' | 'ended'
  port: number
  slot: string
}

export interface SampleServer extends EmulatorServer {
  /** What runs. */
  readonly rows: readonly SampleRow[]
  /** How many were made. */
  created(): number
  /** The next one breaks instead of coming up. */
  failNext(): void
  /** Somebody else's; gives its id. */
  add(tag: string): string
}

/** The whole API of the sample provider. What is created is up after `readyAfterMs`. */
export async function startSampleServer(readyAfterMs = 0): Promise<SampleServer> {
  const server = await startServer()
  const all: SampleRow[] = []
  let count = 0
  let endState: SampleRow['state'] = 'up'
  const add = (tag: string, becomes: SampleRow['state']): SampleRow => {
    count += 1
    const row: SampleRow = { id: `s${count}`, tag, state: 'starting', port: 7777, slot: 'A' }
    if (readyAfterMs === 0) row.state = becomes
    else {
      setTimeout(() => {
        if (row.state === 'starting') row.state = becomes
      }, readyAfterMs).unref()
    }
    all.push(row)
    return row
  }
  server.route('POST', '/servers', ({ body }) => {
    const row = add((body as SampleRow).tag, endState)
    endState = 'up'
    return { status: 200, body: row }
  })
  server.route('GET', '/servers', () => ({ status: 200, body: all }))
  server.route('GET', '/servers/:id', ({ params }) => {
    const row = all.find(({ id }) => id === params.id)
    return row ? { status: 200, body: row } : { status: 404, body: {} }
  })
  server.route('DELETE', '/servers/:id', ({ params }) => {
    const row = all.find(({ id }) => id === params.id)
    if (!row) return { status: 404, body: {} }
    if (row.state === 'ended') return { status: 410, body: {} }
    row.state = 'ended'
    return { status: 200, body: {} }
  })
  return Object.defineProperties(
    Object.assign(server, {
      created: () => count,
      failNext: () => {
        endState = 'broken'
      },
      add: (tag: string) => add(tag, 'up').id,
    }) as SampleServer,
    { rows: { get: () => all.filter(({ state }) => state !== 'ended') } },
  )
}
