import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { REPOSITORY } from '../../scripts/action-metadata.ts'
import { type Snippet, snippetsOf, toSnippet } from '../../scripts/workflow-snippets.ts'

/** A workflow that users copy: a file of examples/, or a block of the README or of docs/. */
export interface Workflow extends Snippet {
  /** `examples/release.yml`, or a page and the heading above the block. */
  readonly title: string
}

/** Not a workflow of GitHub's format; it has a test of its own. */
const OF_OTHER_KIND = ['gitlab-ci.yml']

export function readFile(file: string): string {
  return readFileSync(join(REPOSITORY, file), 'utf8')
}

/** Every page with links and examples, the README first. */
export function pages(): string[] {
  return ['README.md', ...namesIn('docs', '.md').map((name) => `docs/${name}`)]
}

/** The files of a folder and of those in it that end like this. */
export function namesIn(folder: string, extension: string): string[] {
  return readdirSync(join(REPOSITORY, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(extension))
    .sort()
}

/** Every workflow that users copy. */
export function workflows(): Workflow[] {
  const files = namesIn('examples', '.yml')
    .filter((name) => !OF_OTHER_KIND.includes(name))
    .map((name) => `examples/${name}`)
  return [
    ...files.map((file) => ({ ...toSnippet(file, readFile(file)), title: file })),
    ...pages().flatMap(blocksOf),
  ]
}

/** The blocks of a page, each as a whole workflow. */
function blocksOf(page: string): Workflow[] {
  const markdown = readFile(page)
  const lines = markdown.split('\n')
  const seen = new Map<string, number>()
  return snippetsOf(page, markdown).map((snippet) => {
    const headings = lines.slice(0, lastLineOf(snippet)).filter((line) => /^##+ /.test(line))
    const heading = (headings.at(-1) ?? '').replace(/^#+ /, '')
    const count = (seen.get(heading) ?? 0) + 1
    seen.set(heading, count)
    return { ...snippet, title: `${page}: ${heading}${count > 1 ? ` (${count})` : ''}` }
  })
}

/** Bare steps stand in a workflow that begins before the block. */
function lastLineOf({ text, toLine }: Snippet): number {
  return toLine(text.split('\n').length - 1)
}

/** A step that uses this action. */
export interface OwnStep {
  readonly job: string
  readonly id: string | undefined
  readonly name: string
  readonly inputs: Readonly<Record<string, string>>
}

export interface Job {
  readonly name: string
  /** Its outputs, as expressions. */
  readonly outputs: Readonly<Record<string, string>>
  /** Of workflow and job together. */
  readonly env: Readonly<Record<string, string>>
  readonly steps: readonly OwnStep[]
}

export const OWN_USES = /^(?:https:\/\/github\.com\/)?OWNER\/deploy-game-server@v1$/

interface RawStep {
  uses?: string
  id?: string
  name?: string
  with?: Record<string, unknown>
}

interface RawWorkflow {
  env?: Record<string, unknown>
  jobs: Record<
    string,
    { env?: Record<string, unknown>; outputs?: Record<string, unknown>; steps?: RawStep[] }
  >
}

/** The jobs of a workflow, each with those of its steps that use this action. */
export function jobsOf({ text }: Snippet): Job[] {
  const workflow = parse(text) as RawWorkflow
  return Object.entries(workflow.jobs).map(([name, job]) => ({
    name,
    outputs: texts(job.outputs),
    env: { ...texts(workflow.env), ...texts(job.env) },
    steps: (job.steps ?? [])
      .filter(({ uses }) => OWN_USES.test(uses ?? ''))
      .map((step) => ({
        job: name,
        id: step.id,
        name: step.name ?? step.id ?? step.uses ?? '',
        inputs: texts(step.with),
      })),
  }))
}

/** Every `uses:` of a workflow, with the comment behind it. */
export function usesOf({ text }: Snippet): { uses: string; comment: string }[] {
  return [...text.matchAll(/^\s*(?:- )?uses: (\S+)[ \t]*(?:# (.*))?$/gm)].map(
    ([, uses = '', comment = '']) => ({ uses, comment }),
  )
}

function texts(values: Record<string, unknown> | undefined): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values ?? {}).map(([name, value]) => [name, String(value)]),
  )
}
