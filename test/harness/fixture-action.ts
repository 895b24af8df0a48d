import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

export interface FixtureCode {
  readonly main: string
  readonly post?: string
  /** Lines below `inputs:`, indented by the caller. */
  readonly inputs?: string
}

/** What every fixture may use: `say` a line, `put` text into a command file, `stay` alive. */
const PRELUDE = `
import { appendFileSync } from 'node:fs'
const say = (line) => process.stdout.write(line + '\\n')
const put = (name, text) => appendFileSync(process.env['GITHUB_' + name], text)
const stay = () => setInterval(() => {}, 1000)
`

/**
 * Writes a small action to a temporary folder, for the length of the running test, and gives its
 * action.yml. Its only declared output is `url`.
 */
export function useFixture(given: FixtureCode | string): string {
  const code: FixtureCode = typeof given === 'string' ? { main: given } : given
  const folder = mkdtempSync(join(tmpdir(), 'fixture-action-'))
  mkdirSync(join(folder, 'dist'))
  writeFileSync(join(folder, 'dist', 'main.mjs'), PRELUDE + code.main)
  if (code.post !== undefined) writeFileSync(join(folder, 'dist', 'post.mjs'), PRELUDE + code.post)
  const actionFile = join(folder, 'action.yml')
  writeFileSync(
    actionFile,
    [
      'name: Fixture',
      'description: For the tests of the runner harness',
      ...(code.inputs === undefined ? [] : ['inputs:', code.inputs]),
      'outputs:',
      '  url: { description: An address }',
      'runs:',
      '  using: node24',
      '  main: dist/main.mjs',
      ...(code.post === undefined ? [] : ['  post: dist/post.mjs']),
    ].join('\n'),
  )
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return actionFile
}
