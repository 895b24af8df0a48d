import type { PlanCheck, PlannedChange, PlanState, RunState } from '../state/state.ts'
import { table } from './markdown.ts'
import type { Shown } from './shown.ts'

const VERBS: Readonly<Record<PlannedChange['kind'], string>> = {
  create: '➕ create',
  update: '✏️ update',
  stop: '🛑 stop',
  delete: '🗑️ delete',
}
const RESULTS: Readonly<Record<PlanCheck['result'], string>> = {
  good: '✅',
  bad: '❌',
  unknown: '❔',
}
/** A list longer than this is no plan that anybody reads. */
const MOST_ROWS = 100

/** Whether a report is that of a dry run. */
export function isPlanned(report: RunState): boolean {
  return report.plan !== undefined || (report.outcome as string) === 'planned'
}

/** What a dry run found: what would be done, and what was checked for it. */
export function planParts({ changes, checks }: PlanState, shown: Shown): string[] {
  const parts: string[] = []
  if (changes.length > 0) {
    const rows = changes
      .slice(0, MOST_ROWS)
      .map(({ kind, what, detail }) => [VERBS[kind], withDetail(what, detail, shown)])
    parts.push('A deploy would do this, in this order:', table(['Step', 'What'], rows))
    parts.push(...more(changes.length))
  } else parts.push('A deploy would change nothing.')
  if (checks.length > 0) {
    const rows = checks
      .slice(0, MOST_ROWS)
      .map(({ what, result, detail }) => [RESULTS[result], withDetail(what, detail, shown)])
    parts.push(table(['Result', 'Checked'], rows), ...more(checks.length))
  }
  return parts
}

function withDetail(what: string, detail: string, shown: Shown): string {
  return [shown.words(what), shown.words(detail)].filter(Boolean).join(' · ')
}

function more(count: number): string[] {
  return count > MOST_ROWS ? [`${count - MOST_ROWS} more are not listed.`] : []
}
