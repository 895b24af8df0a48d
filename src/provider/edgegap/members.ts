import type { Clock } from '../../base/clock.ts'
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
 * @throws ActionError where one of the requests failed
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
  const isMany = listed.size > STATUS_AT_ONCE
  await inTurn([...listed], STATUS_AT_ONCE, async ([id, listedTags]) => {
    if (isMany) await deployments.turn(call.signal)
    const member = await deployments.membership(id, rest())
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
  return { members, unclear }
}
