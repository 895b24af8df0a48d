import type { Clock } from '../../base/clock.ts'
import { ActionError, type ErrorKind, toActionError } from '../../base/errors.ts'
import { inTurn } from '../../base/in-turn.ts'
import type { Call } from '../call.ts'
import type { Member, Members } from '../groups.ts'
import { budget } from './budget.ts'
import { type Deployments, type Filter, STATUS_AT_ONCE } from './deployments.ts'
import { unnamedRow } from './tag-errors.ts'

/** One request of several that find out whose deployments are. */
const MEMBER_CALL_MS = 6_000

/**
 * What runs of an application, or of one group of it; each one is checked by its own status.
 *
 * @throws ActionError where the list could not be read, or no status at all
 */
export async function readMembers(
  deployments: Deployments,
  clock: Clock,
  { application, group }: { application: string; group: string | undefined },
  call: Call,
): Promise<Members> {
  const rest = budget(clock, call, MEMBER_CALL_MS)
  const filters: Filter[] = [{ field: 'application', operator: 'eq', value: application }]
  if (group !== undefined) filters.push({ field: 'tags', operator: 'eq', value: group })
  const rows = await deployments.list(filters, rest())
  const listed = new Map(
    rows.flatMap(({ id, tags }) => {
      const mayBelong = group === undefined || tags === undefined || tags.includes(group)
      if (!mayBelong) return []
      // It cannot be stopped, and must not be taken for nothing.
      if (id === undefined) throw unnamedRow(group ?? application)
      return [[id, tags] as const]
    }),
  )
  const members: Member[] = []
  const unclear: string[] = []
  const ask = new Asking(deployments)
  const isMany = listed.size > STATUS_AT_ONCE
  await inTurn([...listed], STATUS_AT_ONCE, async ([id, listedTags]) => {
    if (isMany) await deployments.turn(call.signal)
    const member = await ask.of(id, rest())
    if (member instanceof ActionError) return void unclear.push(id)
    if (member?.end === 'ended') return
    // A status need not show tags, and nothing that is not shown may be taken for "not in the group".
    const shown = member?.tags ?? listedTags
    const isUnknown = member?.application === undefined || (group !== undefined && !shown)
    if (isUnknown) return void unclear.push(id)
    const tags = shown ?? []
    if (member.application !== application) return
    if (group !== undefined && !tags.includes(group)) return
    members.push({ id, tags, ...(member.end === 'ending' && { isEnding: true }) })
  })
  ask.expectAnswers()
  return { members, unclear }
}

/** So many failures and no answer: it is the API that fails, and not one of its deployments. */
const MAX_FAILURES = 3
/** Of one request they say nothing about its deployment. */
const OF_ALL: ReadonlySet<ErrorKind> = new Set(['rate-limited', 'unauthorized', 'unreachable'])

/**
 * Asks whose deployments are. One whose status cannot be read must not keep the others from being
 * known; where no status can be read, nothing is known.
 */
class Asking {
  readonly #deployments: Deployments
  #answers = 0
  readonly #failures: ActionError[] = []

  constructor(deployments: Deployments) {
    this.#deployments = deployments
  }

  /** @throws ActionError where the failure is not of this one alone */
  async of(id: string, call: Call) {
    try {
      const member = await this.#deployments.membership(id, call)
      this.#answers += 1
      return member
    } catch (thrown) {
      const error = toActionError(thrown)
      this.#failures.push(error)
      const isOut = this.#answers === 0 && this.#failures.length >= MAX_FAILURES
      if (isOut || OF_ALL.has(error.kind) || call.signal.aborted) throw error
      return error
    }
  }

  /** @throws ActionError where each one failed */
  expectAnswers(): void {
    const [first] = this.#failures
    if (first && this.#answers === 0) throw first
  }
}
