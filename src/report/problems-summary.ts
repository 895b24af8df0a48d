import { alertBox, limitBytes } from './markdown.ts'
import { countOf, shownBy } from './shown.ts'

const MAX_BYTES = 256 * 1024
const MOST_PROBLEMS = 100

/**
 * The job summary of a step whose inputs are wrong.
 *
 * @param problems one sentence each, beginning with the input's name
 * @param clean redacts and cleans one line
 */
export function buildProblemsSummary(
  problems: readonly string[],
  clean: (text: string) => string,
): string {
  const shown = shownBy(clean)
  const are = problems.length === 1 ? '1 input is' : `${problems.length} inputs are`
  const items = problems.slice(0, MOST_PROBLEMS).map((problem) => {
    const [, input = '', rest = clean(problem)] =
      /^([a-z][a-z-]*)\b(.*)$/s.exec(clean(problem)) ?? []
    return `- ${input && `**${shown.words(input)}**`}${leadingBlank(rest)}${shown.words(rest)}`
  })
  const left = problems.length - items.length
  if (left > 0) items.push(`- ${countOf(left, 'more problem')} in the log of this step`)
  const parts = [
    `### ❌ ${are} wrong, so nothing was sent`,
    items.join('\n'),
    alertBox('NOTE', ['Correct the <code>with</code> block of this step, then run the job again.']),
  ]
  return limitBytes(`${parts.join('\n\n')}\n`, MAX_BYTES)
}

function leadingBlank(text: string): string {
  return text.startsWith(' ') ? ' ' : ''
}
