import { isAbsolute, relative } from 'node:path'
import type { Masks } from './masks.ts'
import type { Annotation, IssueLevel } from './step-result.ts'

/** Longer messages are cut by actions/runner. */
export const MESSAGE_LIMIT_CHARS = 4096

/**
 * Turns an `error`, `warning` or `notice` command into the annotation that actions/runner sends.
 *
 * @param properties lower-case names
 * @param workspace files below it become relative
 */
export function toAnnotation(
  level: IssueLevel,
  message: string,
  properties: Readonly<Record<string, string>>,
  masks: Masks,
  workspace: string,
): Annotation {
  const { title, file } = properties
  return {
    level,
    message: masks.mask(message).slice(0, MESSAGE_LIMIT_CHARS),
    ...(title === undefined ? {} : { title: masks.mask(title) }),
    ...(file === undefined ? {} : { file: masks.mask(withinWorkspace(file, workspace)) }),
    ...toPlace(properties),
  }
}

function withinWorkspace(file: string, workspace: string): string {
  if (!isAbsolute(file)) return file
  const path = relative(workspace, file)
  return path.startsWith('..') ? file : path
}

type Place = Pick<Annotation, 'line' | 'endLine' | 'col' | 'endColumn'>

/** The runner repairs or drops what makes no sense: an end alone becomes a start, and so on. */
function toPlace(properties: Readonly<Record<string, string>>): Place {
  const endLine = toNumber(properties.endline)
  const endColumn = toNumber(properties.endcolumn)
  const line = toNumber(properties.line) ?? endLine
  const col = toNumber(properties.col) ?? endColumn
  const linesFit = line === undefined || endLine === undefined || endLine >= line
  const columnsFit =
    line !== undefined &&
    (endLine === undefined || endLine === line) &&
    (col === undefined || endColumn === undefined || endColumn >= col)
  return {
    ...(linesFit ? defined({ line, endLine }) : {}),
    ...(columnsFit ? defined({ col, endColumn }) : {}),
  }
}

const toNumber = (text: string | undefined): number | undefined =>
  text !== undefined && /^[+-]?\d+$/.test(text.trim()) ? Number(text) : undefined

function defined(place: Record<string, number | undefined>): Place {
  return Object.fromEntries(Object.entries(place).filter(([, value]) => value !== undefined))
}
