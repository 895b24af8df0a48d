import { isMap, isSeq, parseDocument } from 'yaml'

/** A piece of YAML as a whole workflow, and where its lines come from. */
export interface Snippet {
  readonly file: string
  readonly text: string
  /** Line of `file` for a line of `text`, both counted from 1. */
  readonly toLine: (line: number) => number
}

/** What a snippet of bare steps is put into, to be checked like any workflow. */
const AROUND_STEPS = `on: push
jobs:
  job:
    runs-on: ubuntu-latest
    steps:
`
const INDENT = ' '.repeat(6)

export function toSnippet(file: string, text: string): Snippet {
  return { file, text, toLine: (line) => line }
}

/**
 * The \`\`\`yaml blocks of a Markdown file, each as a workflow: a block with \`jobs\` is one, and a
 * list of steps becomes one.
 *
 * @throws Error for a block that is neither: in a README every example must be checkable
 */
export function snippetsOf(file: string, markdown: string): Snippet[] {
  const snippets: Snippet[] = []
  for (const match of markdown.matchAll(/^```yaml\n(.*?)^```$/gms)) {
    const block = match[1] ?? ''
    const firstLine = markdown.slice(0, match.index).split('\n').length + 1
    const { contents } = parseDocument(block)
    if (isMap(contents) && contents.has('jobs')) {
      snippets.push({ file, text: block, toLine: (line) => firstLine + line - 1 })
    } else if (isSeq(contents)) {
      const text = AROUND_STEPS + block.replace(/^(?=.)/gm, INDENT)
      const added = AROUND_STEPS.split('\n').length - 1
      snippets.push({ file, text, toLine: (line) => firstLine + line - 1 - added })
    } else {
      throw new Error(
        `${file}:${firstLine}: a yaml block is neither a workflow nor a list of steps`,
      )
    }
  }
  return snippets
}
