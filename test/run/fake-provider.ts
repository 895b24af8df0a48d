import { ActionError, type ErrorKind } from '../../src/base/errors.ts'
import type { Call } from '../../src/provider/call.ts'
import type { Plan } from '../../src/provider/plan.ts'
import type {
  Attempt,
  CreateResult,
  Observation,
  Preparation,
  Provider,
  StopReply,
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
  readonly traits = { canStop: true, webhook: 'in-create', createMs: 30_000 } as const
  /** Every call in order, such as `create m1` and `stop a`. */
  readonly calls: string[] = []
  readonly creates: Scripted<CreateResult, [tag: string, call: Call]>[] = []
  readonly finds: Scripted<Map<string, string>, [tags: readonly string[], call: Call]>[] = []
  readonly stops: Scripted<StopReply, [id: string, call: Call]>[] = []
  /** Ids whose stop was taken. */
  protected readonly taken = new Set<string>()
  /** What a status check reads; a server whose stop was taken is seen to end, unless told otherwise. */
  readonly statuses: Scripted<Observation, [id: string, call: Call]>[] = []

  async prepare(_: Call): Promise<Preparation> {
    return { version: 'v1', versionAction: 'unmanaged' }
  }

  async plan(_: Call): Promise<Plan> {
    return {
      ...{ version: 'v1', versionAction: 'unmanaged', checks: [], warnings: [] },
      ...{ preparing: [], deploying: [], finishing: [] },
    }
  }

  async create(_: Target, { tag, webhook }: Attempt, call: Call): Promise<CreateResult> {
    this.calls.push(`create ${tag}${webhook ? ` for ${webhook.href}` : ''}`)
    return await play(this.creates, { kind: 'created', id: 'a' }, [tag, call])
  }

  async findByTags(tags: readonly string[], call: Call) {
    this.calls.push(`find ${tags.join()}`)
    return await play(this.finds, new Map(), [tags, call])
  }

  async observe(ids: readonly string[], call: Call) {
    const read = new Map<string, Observation | ActionError>()
    for (const id of ids) {
      try {
        read.set(id, await play(this.statuses, this.taken.has(id) ? ENDING : READY, [id, call]))
      } catch (thrown) {
        read.set(id, thrown as ActionError)
      }
    }
    return read
  }

  async stop(id: string, call: Call) {
    this.calls.push(`stop ${id}`)
    const reply = await play(this.stops, 'accepted', [id, call])
    this.taken.add(id)
    return reply
  }

  pollSchedule() {
    return fixedSchedule(1_000)
  }
}

export const READY: Observation = { state: 'succeeded', status: 'READY', known: true, facts: {} }
export const PENDING: Observation = {
  ...{ state: 'pending', status: 'DEPLOYING', known: true, facts: {} },
}
export const FAILED: Observation = { state: 'failed', status: 'ERROR', known: true, facts: {} }
export const ENDING: Observation = {
  state: 'failed',
  status: 'TERMINATING',
  known: true,
  facts: {},
  end: 'ending',
}
