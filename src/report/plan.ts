import type { PlanCheck, PlannedChange } from '../provider/plan.ts'
import type { PlanState, RunState } from '../state/state.ts'
import { factTable } from './markdown.ts'
import { isOrAre, type Shown } from './shown.ts'

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
  return report.plan !== undefined || report.outcome === 'planned'
}

/** What a dry run found: what would be done, and what was checked for it. */
export function planParts({ changes, checks }: PlanState, shown: Shown): string[] {
  const steps = changes.slice(0, MOST_ROWS).map(({ kind, what, detail }, index) => {
    const also = detail && ` · ${shown.words(detail)}`
    return `${index + 1}. ${VERBS[kind]} **${shown.words(what)}**${also}`
  })
  const rows = checks.slice(0, MOST_ROWS).map(({ what, result, detail }) => {
    return [shown.words(what), `${RESULTS[result]} ${shown.words(detail)}`.trim()] as const
  })
  return [
    steps.length > 0 ? 'This run would do, in this order:' : 'This run would change nothing.',
    steps.join('\n'),
    ...more(changes.length),
    rows.length > 0 ? `Checked for it:\n\n${factTable(rows)}` : '',
    ...more(checks.length),
  ]
}

function more(count: number): string[] {
  const left = count - MOST_ROWS
  return left > 0 ? [`${left} more ${isOrAre(left)} not listed.`] : []
}
