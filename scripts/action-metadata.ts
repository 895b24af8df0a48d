import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { isMap, parseDocument } from 'yaml'

/** An input or an output, as action.yml declares it. */
export interface Declaration {
  readonly name: string
  readonly description: string
  readonly default: string | undefined
  readonly required: boolean
  /** The title of the group it stands in; see `readActionMetadata`. */
  readonly group: string
}

export interface ActionMetadata {
  readonly description: string
  readonly inputs: readonly Declaration[]
  readonly outputs: readonly Declaration[]
}

export const REPOSITORY = fileURLToPath(new URL('..', import.meta.url))
export const ACTION_FILE = fileURLToPath(new URL('../action.yml', import.meta.url))

export const EMULATOR_ACTION_FILE = fileURLToPath(
  new URL('../emulator/action.yml', import.meta.url),
)

export function readActionFile(file = ACTION_FILE): string {
  return readFileSync(file, 'utf8')
}

/**
 * What action.yml declares, in its order. A comment line `## Title` above an input or output begins
 * a group of that title, which lasts until the next one; without such lines there are no groups.
 */
export function readActionMetadata(text: string): ActionMetadata {
  const document = parseDocument(text)
  return {
    description: String(document.get('description') ?? ''),
    inputs: readDeclarations(document.get('inputs')),
    outputs: readDeclarations(document.get('outputs')),
  }
}

function readDeclarations(node: unknown): Declaration[] {
  if (!isMap(node)) return []
  // The comment above the first key belongs to the map itself.
  let group = readTitle(node.commentBefore) ?? ''
  return node.items.map(({ key, value }) => {
    group = readTitle((key as { commentBefore?: string | null }).commentBefore) ?? group
    const get = (name: string) => (isMap(value) ? value.get(name) : undefined)
    const fallback = get('default')
    return {
      name: String(key),
      description: String(get('description') ?? '').trim(),
      default: fallback === undefined ? undefined : String(fallback),
      required: get('required') === true,
      group,
    }
  })
}

function readTitle(comment: string | null | undefined): string | undefined {
  return /^# (.+)$/m.exec(comment ?? '')?.[1]
}
