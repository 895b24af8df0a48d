/**
 * Finds tests that need an idle machine: runs every test several times while another process keeps
 * one core busy, and lists what failed, and how often. Fails when anything did.
 *
 * Usage: npm run test:busy [-- runs, default 3]
 */
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

interface TestFile {
  readonly name: string
  readonly status: string
  readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[]
}

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const VITEST = join(ROOT, 'node_modules/vitest/vitest.mjs')
const given = process.argv[2] ?? '3'
const runs = Number(given)
if (!Number.isInteger(runs) || runs < 1) throw new Error(`${given} is not a number of runs`)

/** @returns the names of the tests that failed, with their files */
function runOnce(folder: string): readonly string[] {
  const report = join(folder, 'report.json')
  rmSync(report, { force: true })
  spawnSync(process.execPath, [VITEST, 'run'], {
    cwd: ROOT,
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, TEST_REPORT: report },
  })
  const { testResults }: { testResults: readonly TestFile[] } = JSON.parse(
    readFileSync(report, 'utf8'),
  )
  return testResults.flatMap(({ name, status, assertionResults }) => {
    const failed = assertionResults.filter((one) => one.status === 'failed')
    // A file that cannot be loaded has no test that fails.
    if (failed.length === 0 && status === 'failed') return [name]
    return failed.map(({ fullName }) => `${name}: ${fullName}`)
  })
}

const failures = new Map<string, number>()
const folder = mkdtempSync(join(tmpdir(), 'busy-'))
const busy = spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' })
try {
  for (let run = 1; run <= runs; run++) {
    const failed = runOnce(folder)
    console.log(`Run ${run} of ${runs}: ${failed.length} failed`)
    for (const name of failed) failures.set(name, (failures.get(name) ?? 0) + 1)
  }
} finally {
  busy.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
}
for (const [name, times] of failures) console.log(`${times} of ${runs}: ${name}`)
process.exitCode = failures.size > 0 ? 1 : 0
