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
import { runSteps } from './run-steps.ts'
import { startJob } from './workflow.ts'

const readme = readFileSync(join(REPOSITORY, 'emulator/README.md'), 'utf8')

describe('the README of the emulator', () => {
  test('has the tables of its action.yml (npm run fix writes them)', () => {
    expect(readme).toBe(fillTables(readme, readActionFile(EMULATOR_ACTION_FILE)))
  })

  test('has a complete workflow that ends as it says', async () => {
    using job = startJob()
    const [workflow] = snippetsOf('emulator/README.md', readme)
    const ends = await runSteps(job, parse(workflow?.text ?? '').jobs.rehearsal.steps)
    const conclusions = ends.map(({ name, outcome }) => `${name}: ${outcome}`)
    expect(conclusions).toEqual([
      'Start an emulated Edgegap: success',
      'Deploy: success',
      'A second deploy, which fails: failure',
      'It failed as it should: success',
      'Stop the server: success',
      'Nothing may be left running: success',
    ])
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
