import { expect, test } from 'vitest'
import { type PlayOptions, play } from '../../demo/play.ts'
import type { Scene } from '../../demo/scenes.ts'
import { exitCodeOf, isAsExpected } from '../../demo/table.ts'
import { useFixture } from '../harness/fixture-action.ts'
import { runJob } from '../harness/job.ts'

/** A scene with a small action that sets its outcome and its summary, and ends with the exit code. */
function sceneOf(title: string, outcome: string, exitCode: number): Scene {
  const actionFile = useFixture(
    `put('OUTPUT', 'outcome=${outcome}\\n'); put('STEP_SUMMARY', '### ${title}'); process.exitCode = ${exitCode}`,
  )
  return { title, ends: 'succeeded', run: () => runJob({ actionFile }) }
}

async function playAll(scenes: readonly Scene[], interruption = new AbortController()) {
  const said: string[] = []
  const options: PlayOptions = {
    begin: (title) => said.push(title),
    show: (job) => said.push(`exit code ${job.main.exitCode}`),
    complain: (message) => said.push(message),
    interrupted: interruption.signal,
  }
  return { ...(await play(scenes, options)), said }
}

test('the demo succeeds when every scene ends as it is meant to', async () => {
  const { ends, pages, said } = await playAll([sceneOf('up', 'succeeded', 0)])
  expect(exitCodeOf(ends)).toBe(0)
  expect(said).toEqual(['up', 'exit code 0'])
  expect(pages).toEqual([{ title: 'up', summary: '### up\n' }])
})

test('a scene with another end makes the demo fail, and the next ones are still played', async () => {
  const { ends } = await playAll([sceneOf('down', 'failed', 1), sceneOf('up', 'succeeded', 0)])
  expect(ends.map(isAsExpected)).toEqual([false, true])
  expect(exitCodeOf(ends)).toBe(1)
})

test('a scene that throws makes the demo fail, says why, and the next ones are still played', async () => {
  const broken: Scene = {
    title: 'broken',
    ends: 'succeeded',
    run: () => Promise.reject(new Error('no emulator')),
  }
  const { ends, pages, said } = await playAll([broken, sceneOf('up', 'succeeded', 0)])
  expect(ends.map(isAsExpected)).toEqual([false, true])
  expect(exitCodeOf(ends)).toBe(1)
  expect(said[1]).toContain('This scene could not be played: Error: no emulator')
  expect(pages.map(({ title }) => title)).toEqual(['up'])
})

test('after a Ctrl-C no scene is begun, and those left out make the demo fail', async () => {
  const interruption = new AbortController()
  const first = sceneOf('first', 'succeeded', 0)
  const run = async () => {
    const job = await first.run()
    interruption.abort()
    return job
  }
  const { ends, said } = await playAll(
    [{ ...first, run }, sceneOf('second', 'succeeded', 0)],
    interruption,
  )
  expect(said).toEqual(['first', 'exit code 0'])
  expect(ends.map(isAsExpected)).toEqual([true, false])
  expect(exitCodeOf(ends)).toBe(1)
})
