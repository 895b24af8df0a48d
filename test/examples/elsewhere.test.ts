import { execFile } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { REPOSITORY } from '../../scripts/action-metadata.ts'
import { type Edgegap, expectNothingLeft, startEdgegap } from '../action/deploy.ts'
import { ready } from '../emulator/edgegap/script.ts'
import { readFile } from './documents.ts'

interface Ending {
  readonly code: number
  readonly output: string
}

let folder: string
let edgegap: Edgegap

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'elsewhere-'))
  edgegap = await startEdgegap({ script: ready(100) })
})

afterEach(async () => {
  rmSync(folder, { recursive: true, force: true })
  await edgegap[Symbol.asyncDispose]()
})

/** Runs a script as a CI without any variable of a GitHub runner would. */
function bash(script: string, env: Readonly<Record<string, string>> = {}): Promise<Ending> {
  const environment = {
    PATH: `${dirname(process.execPath)}:${process.env.PATH}`,
    ACTION: REPOSITORY,
    EDGEGAP_TOKEN: edgegap.settings.token,
    'INPUT_API-URL': edgegap.url,
    ...env,
  }
  return new Promise((resolve) => {
    const options = { cwd: folder, env: environment }
    execFile('bash', ['-c', script], options, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), output: stdout + stderr })
    })
  })
}

/** A test of the user's own, which writes down how it was called. */
function writeTest(exitCode: number): string {
  const file = join(folder, 'ci', 'integration-test')
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, `#!/bin/sh\necho "called with $*"\nexit ${exitCode}\n`)
  chmodSync(file, 0o755)
  return file
}

describe('examples/plain-shell.sh', () => {
  const script = readFile('examples/plain-shell.sh')

  test('deploys, hands the address to the test, and stops the server', async () => {
    writeTest(0)
    const { code, output } = await bash(script)
    expect(output).toMatch(/^called with --connect [\w.]+:\d+$/m)
    expect(output).not.toContain(edgegap.settings.token)
    expect(code).toBe(0)
    expect(edgegap.created).toBe(1)
    expectNothingLeft(edgegap)
  })

  test('stops the server when the test fails, and fails with it', async () => {
    writeTest(3)
    const { code } = await bash(script)
    expect(code).toBe(3)
    expect(edgegap.created).toBe(1)
    expectNothingLeft(edgegap)
  })

  test('runs no test when the deploy fails', async () => {
    writeTest(0)
    edgegap.revokeToken()
    const { code, output } = await bash(script)
    expect(code).not.toBe(0)
    expect(output).not.toContain('called with')
  })
})

describe('examples/gitlab-ci.yml', () => {
  const file = readFile('examples/gitlab-ci.yml')

  test('is a job that takes the bundle from this repository', () => {
    const job = jobOf(file)
    expect(job.image).toBe('node:24')
    expect(job.before_script.join('\n')).toContain('https://github.com/OWNER/deploy-game-server')
  })

  test('deploys, hands the address to the test, and stops the server by its group', async () => {
    writeTest(0)
    const { script, after_script } = jobOf(file)
    const group = { GROUP: 'gitlab-4711' }
    // GitLab ends a job at the first line that fails, and runs the second part all the same.
    const main = await bash(`set -e\n${script.join('\n')}`, group)
    expect(main.output).toMatch(/^called with --connect [\w.]+:\d+$/m)
    expect(main.code).toBe(0)
    expect(edgegap.live()).toHaveLength(1)
    const after = await bash(`set -e\n${after_script.join('\n')}`, group)
    expect(after.code).toBe(0)
    expectNothingLeft(edgegap)
  })
})

interface GitLabJob {
  readonly image: string
  readonly before_script: readonly string[]
  readonly script: readonly string[]
  readonly after_script: readonly string[]
}

function jobOf(file: string): GitLabJob {
  const jobs = parse(file) as Record<string, GitLabJob>
  const job = jobs['integration-test']
  if (job === undefined) throw new Error('examples/gitlab-ci.yml has another job')
  return job
}
