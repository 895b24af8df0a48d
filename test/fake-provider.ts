import { ActionError, type ErrorKind } from '../src/errors.ts'
import type {
  Call,
  CreateResult,
  LaunchPlan,
  Observation,
  Preparation,
  Provider,
} from '../src/provider/provider.ts'
import { fixedCadence } from '../src/wait/cadence.ts'

export function errorOf(kind: ErrorKind, retryAfterMs?: number): ActionError {
  return new ActionError({ kind, what: kind, ...(retryAfterMs !== undefined && { retryAfterMs }) })
}

/** What a scripted call does: gives a value, throws it if it is an error, or computes it. */
type Scripted<T, A extends unknown[]> =
  | T
  | ActionError
  | ((...args: A) => T | ActionError | Promise<T | ActionError>)

async function play<T, A extends unknown[]>(
  script: Scripted<T, A>[],
  fallback: T,
  args: A,
): Promise<T> {
  const next = script.length > 1 ? script.shift() : script[0]
  const value =
    typeof next === 'function'
      ? await (next as (...args: A) => T | ActionError | Promise<T | ActionError>)(...args)
      : next
  if (value instanceof ActionError) throw value
  return value ?? fallback
}

/** A hosting platform by script: the last entry of each script is repeated. */
export class FakeProvider implements Provider {
  readonly title = 'Fake'
  readonly plan: LaunchPlan = { name: 'here', where: 'nowhere' }
  readonly plans = [this.plan]
  readonly canStop = true
  readonly createMs = 30_000
  /** Every call in order, such as `create m1` and `stop a`. */
  readonly calls: string[] = []
  readonly creates: Scripted<CreateResult, [mark: string, call: Call]>[] = []
  readonly finds: Scripted<Map<string, string>, [marks: readonly string[], call: Call]>[] = []
  readonly stops: Scripted<'accepted' | 'gone', [id: string, call: Call]>[] = []

  async prepare(): Promise<Preparation> {
    return { version: 'v1', versionAction: 'unmanaged' }
  }

  async create(_: LaunchPlan, mark: string, call: Call, webhook?: URL): Promise<CreateResult> {
    this.calls.push(`create ${mark}${webhook ? ` for ${webhook.href}` : ''}`)
    return await play(this.creates, { kind: 'created', id: 'a' }, [mark, call])
  }

  async findByMarks(marks: readonly string[], call: Call) {
    this.calls.push(`find ${marks.join()}`)
    return await play(this.finds, new Map(), [marks, call])
  }

  async observe(): Promise<Observation> {
    return { state: 'succeeded', status: 'READY', known: true, facts: {} }
  }

  async diagnose() {
    return undefined
  }

  async stop(id: string, call: Call) {
    this.calls.push(`stop ${id}`)
    return await play(this.stops, 'accepted', [id, call])
  }

  async readRing() {
    return { kind: 'ignored', why: 'a fake has no webhooks' } as const
  }

  cadence() {
    return fixedCadence(1_000)
  }
}
