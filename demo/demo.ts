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
import { play } from './play.ts'
import { setStage } from './scenes.ts'
import { exitCodeOf, sceneTable } from './table.ts'

const colours = process.stdout.isTTY
const opens = process.argv.includes('--open')

const interruption = new AbortController()
// The step that is running gets a Ctrl-C too and ends by itself; its folders are removed after it. A
// second Ctrl-C ends the demo at once.
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => interruption.abort())
}

await using stage = await setStage()
const { ends, pages } = await play(stage.scenes, {
  begin,
  show,
  complain: (message) => console.log(`${message}\n`),
  interrupted: interruption.signal,
})
if (opens) open(pages)
console.log(`\n${sceneTable(ends)}`)
process.exitCode = exitCodeOf(ends)

function begin(title: string): void {
  const line = '═'.repeat(100)
  console.log(`${line}\n ${title}\n${line}\n`)
}

function show(job: JobResult): void {
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
