import type { Reporter, TestModule } from 'vitest/node'

/** What stands in the title of a test whose real part is missing: `(skipped: no sshd (how to get it))`. */
const REASON = /\(skipped: ((?:[^()]|\([^()]*\))*)\)/

/** Says in the end, in one place, what was skipped on this machine and how to get it. */
export default class SkippedReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const text = describeSkipped(
      modules.flatMap((module) =>
        [...module.children.allTests('skipped')].map(({ fullName }) => fullName),
      ),
    )
    if (text !== '') console.log(`\n${text}`)
  }
}

/**
 * @param names full names of tests that were skipped; those that a filter left out have no reason in them
 * @returns nothing where no real part is missing
 */
export function describeSkipped(names: readonly string[]): string {
  const reasons = names.flatMap((name) => REASON.exec(name)?.[1] ?? [])
  if (reasons.length === 0) return ''
  const counts = new Map<string, number>()
  for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1)
  const lines = [...counts].map(([reason, count]) => `  ${count} × ${reason}`)
  const all = reasons.length === 1 ? '1 test was' : `${reasons.length} tests were`
  return [`${all} skipped on this machine:`, ...lines].join('\n')
}
