import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { never } from '../emulator/edgegap/script.ts'
import { inputEnvironment } from '../harness/action.ts'
import { expectNothingLeft, startEdgegap } from './deploy.ts'

const MAIN = fileURLToPath(new URL('../../dist/index.js', import.meta.url))
/** Loaded before the bundle: a warning of Node's own, again and again, goes to stderr. */
const WARNS = `setInterval(() => process.emitWarning(String(Math.random())), 50).unref()`

test.each([
  ['', undefined],
  [
    ', also where Node warns of something',
    `--import "data:text/javascript,${encodeURIComponent(WARNS)}"`,
  ],
])('a step whose runner is gone stops what it created%s', async (_, options) => {
  await using edgegap = await startEdgegap({ script: never() })
  const folder = mkdtempSync(join(tmpdir(), 'lost-runner-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const files = ['GITHUB_OUTPUT', 'GITHUB_STATE'].map((name) => [name, join(folder, name)] as const)
  for (const [, file] of files) writeFileSync(file, '')
  const inputs = { 'api-token': edgegap.settings.token, 'api-url': edgegap.url }
  const step = spawn(process.execPath, [MAIN], {
    env: {
      ...inputEnvironment({ ...inputs, application: 'my-game', version: 'v1', wait: 'poll' }),
      ...Object.fromEntries(files),
      ...(options !== undefined && { NODE_OPTIONS: options }),
    },
  })
  const ended = once(step, 'exit')
  let log = ''
  step.stdout.on('data', (chunk) => {
    log += chunk
  })
  // From here on the step has nothing to say for a while.
  await expect.poll(() => log).toContain('accepted as')
  step.stdout.destroy()
  step.stderr.destroy()
  expect(await ended).toEqual([1, null])
  expect(edgegap.created).toBe(1)
  expectNothingLeft(edgegap)
})
