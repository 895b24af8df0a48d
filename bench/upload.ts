/**
 * How much memory does the upload of a large build take, and how fast is it?
 *
 * The bundle runs as a step against an emulator in another process, with a build of one file that has
 * only holes. Usage: node bench/upload.ts [gibibytes] [most MiB]
 */
import { fork } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startRockitEdgeEmulator } from '../test/emulator/rockit-edge/emulator.ts'
import { startStep } from '../test/harness/step.ts'

const gibibytes = Number(process.argv[2] ?? 4)
const mostMiB = Number(process.argv[3] ?? 150)

interface Told {
  url: string
  apiKey: string
}

if (process.send) await serve()
else process.exitCode = (await measure()) ? 0 : 1

async function serve(): Promise<void> {
  // Counting alone, so that the emulator is not what is measured.
  const edge = await startRockitEdgeEmulator({ hashUploads: false, keepUploadBytes: 0 })
  process.send?.({ url: edge.url, apiKey: edge.settings.apiKey } satisfies Told)
  process.on('disconnect', () => process.exit())
}

async function measure(): Promise<boolean> {
  const emulator = fork(fileURLToPath(import.meta.url))
  const folder = mkdtempSync(join(tmpdir(), 'build-'))
  try {
    const told = await new Promise<Told>((resolve) => emulator.once('message', resolve as never))
    mkdirSync(join(folder, 'data'))
    const file = join(folder, 'data/game.pak')
    writeFileSync(file, '')
    truncateSync(file, gibibytes * 1024 ** 3)
    return await publish(told, folder)
  } finally {
    emulator.disconnect()
    rmSync(folder, { recursive: true })
  }
}

async function publish({ url, apiKey }: Told, build: string): Promise<boolean> {
  const startedAt = performance.now()
  const step = startStep({
    entry: 'main',
    inputs: {
      provider: 'rockit-edge',
      'api-token': apiKey,
      'api-url': url,
      organization: 'acme',
      username: 'ci_publisher',
      application: 'my_game',
      wait: 'poll',
      'poll-interval': '1s',
      build,
    },
    onLine: (line) => {
      if (line.startsWith('Upload')) console.log(line)
    },
  })
  let peakMiB = 0
  const sampling = setInterval(() => {
    peakMiB = Math.max(peakMiB, highestMiB(step.pid))
  }, 100)
  const { exitCode, rawStdout } = await step.done
  clearInterval(sampling)
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
  console.log(`${gibibytes} GiB in ${seconds} s; highest resident size ${peakMiB.toFixed(0)} MiB`)
  if (exitCode !== 0) console.error(rawStdout)
  return exitCode === 0 && peakMiB <= mostMiB
}

/** The kernel's own high-water mark, so that no peak between two samples is missed. */
function highestMiB(pid: number): number {
  try {
    const [, kibibytes] = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
    return Number(kibibytes ?? 0) / 1024
  } catch {
    return 0
  }
}
