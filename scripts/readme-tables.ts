/**
 * Writes the tables of inputs and outputs into the README of each action, from its action.yml.
 *
 * Usage: node scripts/readme-tables.ts [--check]
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import {
  ACTION_FILE,
  type Declaration,
  EMULATOR_ACTION_FILE,
  REPOSITORY,
  readActionFile,
  readActionMetadata,
} from './action-metadata.ts'

export const README_FILE = join(REPOSITORY, 'README.md')
/** Each README with tables, and the action.yml that they come from. */
export const READMES: readonly (readonly [readme: string, action: string])[] = [
  [README_FILE, ACTION_FILE],
  [join(REPOSITORY, 'emulator/README.md'), EMULATOR_ACTION_FILE],
]

/** @returns the README with its tables replaced @throws Error when a marker is missing */
export function fillTables(readme: string, action: string): string {
  const { inputs, outputs } = readActionMetadata(action)
  const withInputs = replaceBetween(readme, 'inputs', inTables(inputs, inputTable))
  return replaceBetween(withInputs, 'outputs', inTables(outputs, outputTable))
}

function inTables(
  declarations: readonly Declaration[],
  table: (rows: readonly Declaration[]) => string,
): string {
  const groups = Map.groupBy(declarations, ({ group }) => group)
  return [...groups]
    .map(([title, rows]) => (title === '' ? table(rows) : `#### ${title}\n\n${table(rows)}`))
    .join('\n\n')
}

function inputTable(inputs: readonly Declaration[]): string {
  const rows = inputs.map((input) => {
    const fallback = input.required ? '**required**' : code(input.default ?? '')
    return `| ${code(input.name)} | ${fallback} | ${cell(input.description)} |`
  })
  return ['| Input | Default | Meaning |', '| --- | --- | --- |', ...rows].join('\n')
}

function outputTable(outputs: readonly Declaration[]): string {
  const rows = outputs.map(({ name, description }) => `| ${code(name)} | ${cell(description)} |`)
  return ['| Output | Meaning |', '| --- | --- |', ...rows].join('\n')
}

const code = (text: string) => (text === '' ? '' : `\`${text}\``)
const cell = (text: string) => text.replaceAll('|', '\\|').replaceAll(/\s*\n\s*/g, ' ')

function replaceBetween(readme: string, name: string, content: string): string {
  const [begin, end] = [`<!-- ${name}: begin -->`, `<!-- ${name}: end -->`]
  const from = readme.indexOf(begin)
  const to = readme.indexOf(end)
  if (from < 0 || to < from) throw new Error(`README.md lacks ${begin} … ${end}`)
  return `${readme.slice(0, from + begin.length)}\n\n${content}\n\n${readme.slice(to)}`
}

if (import.meta.main) {
  for (const [file, action] of READMES) {
    const readme = readFileSync(file, 'utf8')
    const filled = fillTables(readme, readActionFile(action))
    if (process.argv[2] !== '--check') writeFileSync(file, filled)
    else if (filled !== readme) {
      const name = relative(REPOSITORY, file)
      console.error(`The tables of ${name} are not those of its action.yml: run npm run fix`)
      process.exitCode = 1
    }
  }
}
