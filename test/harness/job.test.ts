import { describe, expect, test } from 'vitest'
import { useFixture } from './fixture-action.ts'
import { runJob } from './job.ts'
import { type StepOptions, startStep } from './step.ts'

const start = (main: string, options: Partial<StepOptions> = {}) =>
  startStep({ entry: 'main', actionFile: useFixture(main), ...options })

describe('cancelling', () => {
  const timing = { sigintGraceMs: 200, sigtermGraceMs: 100 }

  test('a step that ends on SIGINT gets no more, and is cancelled even with exit code 0', async () => {
    const step = start(`process.on('SIGINT', () => process.exit(0)); stay(); say('ready')`)
    await step.waitForLine(/ready/)
    await step.cancel()
    expect(await step.done).toMatchObject({
      conclusion: 'cancelled',
      exitCode: 0,
      signalsSent: [{ signal: 'SIGINT' }],
    })
  })

  test('a step that ignores everything gets SIGINT, SIGTERM, SIGKILL in their time', async () => {
    const main = `for (const s of ['SIGINT', 'SIGTERM']) process.on(s, () => say(s)); stay(); say('ready')`
    const step = start(main, { timing })
    await step.waitForLine(/ready/)
    await step.cancel('step-timeout')
    const result = await step.done
    expect(result).toMatchObject({ conclusion: 'failure', exitCode: null, signal: 'SIGKILL' })
    const [int = 0, term = 0, kill = 0] = result.signalsSent.map(({ atMs }) => atMs)
    expect(result.signalsSent.map(({ signal }) => signal)).toEqual(['SIGINT', 'SIGTERM', 'SIGKILL'])
    expect(term - int).toBeGreaterThanOrEqual(195)
    expect(kill - term).toBeGreaterThanOrEqual(95)
    expect(result.rawStdout).toBe('ready\nSIGINT\nSIGTERM\n')
  })

  test('waiting for a line that never comes tells what came', async () => {
    await expect(start(`say('only this')`).waitForLine(/never/)).rejects.toThrow('only this')
  })
})

describe('a job', () => {
  const post = `say('post of ' + process.env.STATE_id + ' ' + process.env.LATER + ' ' + process.env.PATH.split(':')[0])`

  test('post gets state, env, path and masks of main', async () => {
    const main = `say('::add-mask::s3cret'); put('STATE', 'id<<E\\n7\\nE\\n'); put('ENV', 'LATER=s3cret\\n'); put('PATH', '/first\\n')`
    const job = await runJob({ actionFile: useFixture({ main, post }) })
    expect(job.post?.log).toEqual([{ kind: 'text', text: 'post of 7 *** /first' }])
    expect(job).toMatchObject({ conclusion: 'success', orphans: [] })
  })

  test('what main wrote before it was killed counts, and post runs', async () => {
    const main = `put('STATE', 'id=7\\n'); put('OUTPUT', 'url=u\\n'); stay(); say('ready')`
    const job = await runJob({
      actionFile: useFixture({ main, post }),
      mainControl: async (step) => {
        await step.waitForLine(/ready/)
        step.kill()
      },
    })
    expect(job.main).toMatchObject({
      conclusion: 'failure',
      signal: 'SIGKILL',
      outputs: { url: 'u' },
      state: { id: '7' },
    })
    expect(job.post?.rawStdout).toContain('post of 7')
  })

  test('there is no post when the runner is lost', async () => {
    const job = await runJob({ actionFile: useFixture({ main: '', post }), runnerLost: true })
    expect(job.post).toBeUndefined()
  })

  test('a child that holds stdout makes the runner wait and give up; at the end it is found', async () => {
    const main = `
      import { spawn } from 'node:child_process'
      spawn('sleep', ['30'], { stdio: ['ignore', 'inherit', 'ignore'], detached: true }).unref(); say('bye')`
    const timing = { heldStreamsLimitMs: 300 }
    const job = await runJob({ actionFile: useFixture(main), timing })
    expect(job.main.stdoutHeldMs).toBeGreaterThanOrEqual(295)
    expect(job.main).toMatchObject({ conclusion: 'success', problems: [{ kind: 'streams-held' }] })
    expect(job.orphans.map(({ command }) => command)).toEqual(['sleep 30'])
  })
})
