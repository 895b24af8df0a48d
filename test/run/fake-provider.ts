import { ActionError, type ErrorKind } from '../../src/base/errors.ts'
import type {
  Call,
  CreateResult,
  Observation,
  Preparation,
  Provider,
  Target,
} from '../../src/provider/provider.ts'
import { fixedSchedule } from '../../src/wait/schedule.ts'

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
  readonly target: Target = { name: 'here', where: 'nowhere' }
  readonly targets = [this.target]
  readonly canStop = true
  readonly createMs = 30_000
  /** Every call in order, such as `create m1` and `stop a`. */
  readonly calls: string[] = []
  readonly creates: Scripted<CreateResult, [tag: string, call: Call]>[] = []
  readonly finds: Scripted<Map<string, string>, [tags: readonly string[], call: Call]>[] = []
  readonly stops: Scripted<'accepted' | 'gone', [id: string, call: Call]>[] = []

  async prepare(): Promise<Preparation> {
    return { version: 'v1', versionAction: 'unmanaged' }
  }

  async create(_: Target, tag: string, call: Call, webhook?: URL): Promise<CreateResult> {
    this.calls.push(`create ${tag}${webhook ? ` for ${webhook.href}` : ''}`)
    return await play(this.creates, { kind: 'created', id: 'a' }, [tag, call])
  }

  async findByTags(tags: readonly string[], call: Call) {
    this.calls.push(`find ${tags.join()}`)
    return await play(this.finds, new Map(), [tags, call])
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

  async readNotification() {
    return { kind: 'ignored', why: 'a fake has no webhooks' } as const
  }

  pollSchedule() {
    return fixedSchedule(1_000)
  }
}
