/**
 * Runs the committed bundle as the runner would, against the embedded emulators, and shows what a
 * user would see: log, annotations, outputs and summary. Nothing leaves this machine.
 *
 * Usage: npm run demo [-- --open]
 *   --open  writes the summaries as an HTML page, and opens it where this machine has a desktop
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { JobResult } from '../test/harness/job.ts'
import { render } from '../test/harness/render.ts'
import { type PageEntry, summariesPage } from './page.ts'
import { setStage } from './scenes.ts'
import { isAsExpected, type SceneEnd, sceneTable } from './table.ts'

const colours = process.stdout.isTTY
const opens = process.argv.includes('--open')

const ends: SceneEnd[] = []
const pages: PageEntry[] = []
await using stage = await setStage()
for (const { title, ends: expected, run } of stage.scenes) {
  const startedAtMs = performance.now()
  const job = await run()
  const seconds = (performance.now() - startedAtMs) / 1000
  show(title, job)
  const { outputs, exitCode, summary } = job.main
  ends.push({ title, ends: expected, outcome: outputs.outcome ?? '', exitCode, seconds })
  pages.push({ title, summary })
}
if (opens) open(pages)
console.log(`\n${sceneTable(ends)}`)
if (!ends.every(isAsExpected)) process.exitCode = 1

function show(title: string, job: JobResult): void {
  const line = '═'.repeat(100)
  console.log(`${line}\n ${title}\n${line}\n`)
  console.log(render(job.main, { colours }))
  console.log(`Exit code of the step: ${job.main.exitCode}\n`)
  if (job.post && job.post.log.length > 0) {
    console.log(`Post step:\n${render(job.post, { colours })}\n`)
  }
}

function open(entries: readonly PageEntry[]): void {
  const file = join(mkdtempSync(join(tmpdir(), 'demo-summaries-')), 'summaries.html')
  writeFileSync(file, summariesPage(entries))
  console.log(`The summaries are in ${file}`)
  const opener = { darwin: 'open', win32: 'explorer' }[process.platform as string] ?? 'xdg-open'
  // Without a desktop there is nothing to open it with; the line above says where it is.
  const child = spawn(opener, [file], { stdio: 'ignore', detached: true })
  child.on('error', () => {})
  child.unref()
}
