import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import {
  EMULATOR_ACTION_FILE,
  REPOSITORY,
  readActionFile,
  readActionMetadata,
} from '../../scripts/action-metadata.ts'
import { fillTables } from '../../scripts/readme-tables.ts'
import { snippetsOf } from '../../scripts/workflow-snippets.ts'
import { REPOSITORY_ACTION_FILE } from '../harness/action.ts'
import type { StepResult } from '../harness/step-result.ts'
import { startJob } from './workflow.ts'

const readme = readFileSync(join(REPOSITORY, 'emulator/README.md'), 'utf8')

interface WorkflowStep {
  readonly name?: string
  readonly id?: string
  readonly uses?: string
  readonly with?: Readonly<Record<string, unknown>>
}

describe('the README of the emulator', () => {
  test('has the tables of its action.yml (npm run fix writes them)', () => {
    expect(readme).toBe(fillTables(readme, readActionFile(EMULATOR_ACTION_FILE)))
  })

  test('has a complete workflow that ends as it says', async () => {
    using job = startJob()
    const [workflow] = snippetsOf('emulator/README.md', readme)
    const steps: WorkflowStep[] = parse(workflow?.text ?? '').jobs.rehearsal.steps
    const results = new Map<string, StepResult>()
    const fill = (text: unknown) =>
      String(text).replaceAll(
        /\$\{\{ steps\.(\w+)\.outputs\.([\w-]+) \}\}/g,
        (_, id: string, output: string) => results.get(id)?.outputs[output] ?? '',
      )
    for (const { name = '', id, uses, with: given = {} } of steps) {
      if (uses === undefined) continue
      const inputs = Object.entries(given).map(([input, value]) => [input, fill(value)])
      const file = uses.includes('/emulator@') ? EMULATOR_ACTION_FILE : REPOSITORY_ACTION_FILE
      results.set(id ?? name, await job.step(file, Object.fromEntries(inputs)))
    }
    const conclusions = [...results].map(([id, { conclusion }]) => `${id}: ${conclusion}`)
    expect(conclusions).toEqual([
      'edgegap: success',
      'server: success',
      'failing: failure',
      'Stop the server: success',
      'Nothing may be left running: success',
    ])
    expect(results.get('failing')?.outputs.outcome).toBe('failed')
    await job.end()
    expect(job.processes()).toEqual([])
  })

  test('shows faults that can be ordered', async () => {
    using job = startJob()
    const lines = [...readme.matchAll(/^\| `((?:[A-Z]+|\*) \/[^`]+)` \|/gm)].map(([, line]) => line)
    expect(lines.length).toBeGreaterThan(5)
    const { annotations } = await job.emulator({ faults: lines.join('\n') })
    expect(annotations).toEqual([])
  })
})

test('inputs and outputs say what they mean, in one sentence or more', () => {
  const { inputs, outputs } = readActionMetadata(readActionFile(EMULATOR_ACTION_FILE))
  for (const { name, description } of [...inputs, ...outputs]) {
    expect(description, name).toMatch(/^\S.*\.$/)
  }
})
