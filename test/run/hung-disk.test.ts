import { expect, it } from 'vitest'
import { OneByOne } from '../../src/base/one-by-one.ts'
import { setWholeRun } from './whole-run.ts'

it('a log that the file system does not take in time holds up no stop, and is named', async () => {
  const run = setWholeRun()
  run.provider.logs.set('a', ['a line'])
  // The one before it never ends.
  void run.logWrites.add(() => new Promise(() => {}))
  const { outcome, stoppedIds, logFiles } = await run.stop({ logDir: '/nowhere' })
  expect([outcome, stoppedIds, logFiles]).toEqual(['stopped', ['a'], undefined])
  expect(run.runner.messages('warning')).toEqual([
    'The log of a is not in log-dir: the file system took too long to write it.',
  ])
  const stoppedAt = run.provider.calls.indexOf('stop a')
  expect(stoppedAt).toBeGreaterThan(run.provider.calls.indexOf('log a'))
  expect(run.clock.elapsedMs).toBeLessThan(30_000)
})

it('what is done one by one keeps its order, and a failure holds up nothing', async () => {
  const oneByOne = new OneByOne()
  const done: string[] = []
  const first = oneByOne.add(async () => {
    await Promise.resolve()
    done.push('first')
    throw new Error('no')
  })
  const second = oneByOne.add(async () => done.push('second'))
  await expect(first).rejects.toThrow('no')
  await second
  expect(done).toEqual(['first', 'second'])
})
