import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { freePort } from '../emulator/tunnel/loopback-server.ts'
import { runSteps, type WorkflowStep } from './run-steps.ts'
import { startJob } from './workflow.ts'

const ci = readFileSync('.github/workflows/ci.yml', 'utf8')

/** Scripts print what they compared, so a failure shows which value was another one. */
const RED = /^\+.*$/gm

test.each(['runner', 'left-behind'])('the job %s of our CI ends as it should', async (id) => {
  using job = startJob()
  // The one port that it names may be taken on this machine.
  const { jobs } = parse(ci.replaceAll('8765', String(await freePort())))
  const steps: readonly WorkflowStep[] = jobs[id].steps
  const ends = await runSteps(job, steps)
  const last = ends.at(-1)
  expect(last?.outcome, last?.printed?.match(RED)?.at(-1)).toBe('success')
  const posts = await job.end()
  expect(posts.map(({ conclusion }) => conclusion)).toEqual(posts.map(() => 'success'))
  expect(job.processes()).toEqual([])
})
