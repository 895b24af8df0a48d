import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readActionFile, readActionMetadata } from '../../scripts/action-metadata.ts'
import { checkAction, checkRepository, checkWorkflow } from '../../scripts/check-action.ts'
import { snippetsOf, toSnippet } from '../../scripts/workflow-snippets.ts'
import { REGISTRY } from '../../src/provider/registry.ts'
import { buildOutputs } from '../../src/report/outputs.ts'
import { DEFAULTS } from '../../src/settings/defaults.ts'
import { BadInputs } from '../../src/settings/problems.ts'
import { readSettings } from '../../src/settings/settings.ts'
import { knownInputs } from '../../src/settings/unknown-inputs.ts'
import { runReport } from '../report/fixtures.ts'

const text = readActionFile()
const action = readActionMetadata(text)
const inputNames = action.inputs.map(({ name }) => name)

describe('what GitHub says', () => {
  test('action.yml, the workflows and the examples of the README are in order', async () => {
    expect(await checkRepository()).toEqual([])
  })

  test('a wrong action.yml is found out', async () => {
    const wrong = text.replace('node24', 'node22').replace('purple', 'pink')
    const findings = await checkAction(`${wrong}  extra: true\n`)
    expect(findings.map(({ message }) => message)).toEqual([
      "Unexpected value 'pink'",
      "Unexpected value 'node22'",
      "Unexpected value 'extra'",
    ])
  })

  test('a wrong workflow is found out, whichever way it names this action', async () => {
    const workflow = (uses: string) => `on: push
jobs:
  job:
    runs-on: ubuntu-latest
    if: sometimes()
    steps:
      - uses: ${uses}
        id: server
        with:
          aplication: my-game
      - run: echo "$\{{ steps.server.outputs.adress }}"
      - uses: someone/else@v1
        with:
          anything: goes
`
    const expected = [
      [5, "Unrecognized function: 'sometimes'"],
      [5, expect.stringMatching(/^undefined function "sometimes".*\(actionlint\)$/)],
      [9, 'Missing required input `api-token`'],
      [10, "Invalid action input 'aplication'"],
      [11, "This action has no output 'adress'"],
    ]
    for (const uses of ['./', 'OWNER/deploy-game-server@v1']) {
      const findings = await checkWorkflow(toSnippet('bad.yml', workflow(uses)), text)
      const found = findings.map(({ line, message }) => [line, message])
      expect(found.sort(([a], [b]) => Number(a) - Number(b))).toEqual(expected)
    }
  })

  test('a finding in a README names the line there', async () => {
    const readme =
      '# Title\n\n```yaml\n- uses: ./\n  with:\n    api-token: x\n    nonsense: 1\n```\n'
    const findings = await Promise.all(
      snippetsOf('README.md', readme).map((snippet) => checkWorkflow(snippet, text)),
    )
    expect(findings.flat()).toEqual([
      { file: 'README.md', line: 7, message: "Invalid action input 'nonsense'" },
    ])
    expect(() => snippetsOf('README.md', '```yaml\nkey: value\n```\n')).toThrow('README.md:2')
  })
})

test('Marketplace takes a description of fewer than 125 characters', () => {
  expect(action.description.length).toBeLessThan(125)
})

describe('inputs', () => {
  test('have the same defaults in action.yml and in the source', () => {
    const declared = action.inputs.flatMap((input) =>
      input.default === undefined ? [] : [[input.name, input.default]],
    )
    const own = REGISTRY.map(({ defaults }) => defaults)
    expect(Object.fromEntries(declared)).toEqual(Object.assign({}, DEFAULTS, ...own))
  })

  test('that the source lists are the declared ones', () => {
    expect(knownInputs(REGISTRY).sort()).toEqual([...inputNames].sort())
  })

  test('that the source reads are declared', async () => {
    expect(new Set(inputNames)).toEqual(new Set([...inputNames, ...(await inputsRead())]))
  })

  test('that are declared are read somewhere in the source', () => {
    const source = readSources('src')
    expect(inputNames.filter((name) => !source.includes(`'${name}'`))).toEqual([])
  })

  test('say what they mean, in one sentence or more', () => {
    for (const { name, description } of [...action.inputs, ...action.outputs]) {
      expect(description, name).toMatch(/^\S.*\.$/)
    }
  })
})

test('outputs: the declared ones are set on every path, and no others', () => {
  const outputs = buildOutputs(
    runReport({ title: '', outcome: 'failed', application: '', version: '', deployments: [] }),
    { redact: (value) => value, redactFact: (value) => value },
    REGISTRY.flatMap((definition) => definition.outputs),
  )
  expect(Object.keys(outputs).sort()).toEqual(action.outputs.map(({ name }) => name).sort())
})

/** Every input that is asked for, by the environment variables that are looked at. */
async function inputsRead(): Promise<Set<string>> {
  const read = new Set<string>()
  for (const { name, operations } of REGISTRY) {
    for (const INPUT_OPERATION of operations) {
      const given: NodeJS.ProcessEnv = { INPUT_PROVIDER: name, INPUT_OPERATION }
      const environment = new Proxy(given, {
        get: (target, key) => {
          const variable = String(key)
          if (variable.startsWith('INPUT_')) read.add(variable.slice('INPUT_'.length).toLowerCase())
          return target[variable]
        },
      })
      await expect(readSettings(environment, REGISTRY)).rejects.toThrow(BadInputs)
    }
  }
  return read
}

function readSources(folder: string): string {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  return files
    .filter((name) => name.endsWith('.ts'))
    .map((name) => readFileSync(join(folder, name), 'utf8'))
    .join('\n')
}
