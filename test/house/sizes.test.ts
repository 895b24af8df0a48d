import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { describe, expect, test } from 'vitest'
import { REPOSITORY } from '../../scripts/action-metadata.ts'

/** What a reader can hold in the head at once. */
const MOST_LINES_IN_FILE = 250
const MOST_LINES_IN_FUNCTION = 60
const MOST_PARAMETERS = 5

const files = readdirSync(join(REPOSITORY, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'))
  .map((name) => `src/${name}`)
  .sort()

interface Sized {
  readonly name: string
  readonly lines: number
  readonly parameters: number
}

/** Every function with a body, as `file:line name`. */
function functionsOf(file: string): Sized[] {
  const source = ts.createSourceFile(file, textOf(file), ts.ScriptTarget.Latest, true)
  const found: Sized[] = []
  const lineOf = (position: number) => source.getLineAndCharacterOfPosition(position).line
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node) && 'body' in node && node.body) {
      const line = lineOf(node.getStart(source))
      found.push({
        name: `${file}:${line + 1} ${node.name?.getText(source) ?? ''}`.trim(),
        lines: lineOf(node.getEnd()) - line + 1,
        parameters: node.parameters.length,
      })
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  return found
}

function textOf(file: string): string {
  return readFileSync(join(REPOSITORY, file), 'utf8')
}

describe('the source', () => {
  const functions = files.flatMap(functionsOf)

  test(`has no file over ${MOST_LINES_IN_FILE} lines`, () => {
    const long = files
      .map((file) => [file, textOf(file).split('\n').length - 1] as const)
      .filter(([, lines]) => lines > MOST_LINES_IN_FILE)
    expect(long).toEqual([])
  })

  test(`has no function over ${MOST_LINES_IN_FUNCTION} lines`, () => {
    expect(functions.length).toBeGreaterThan(1_000)
    expect(functions.filter(({ lines }) => lines > MOST_LINES_IN_FUNCTION)).toEqual([])
  })

  test(`has no function with more than ${MOST_PARAMETERS} parameters`, () => {
    expect(functions.filter(({ parameters }) => parameters > MOST_PARAMETERS)).toEqual([])
  })
})
