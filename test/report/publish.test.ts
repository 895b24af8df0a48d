import { expect, test } from 'vitest'
import { publish } from '../../src/report/publish.ts'
import { Printer } from '../../src/runner/printer.ts'
import { Redactor } from '../../src/runner/redactor.ts'
import { VirtualClock } from '../wait/virtual-clock.ts'
import { RecordingRunner, runReport } from './fixtures.ts'
import { crashedServer } from './sample-servers.ts'

const PLACE = { name: 'montreal', where: '45.50,-73.57', location: 'Montreal, Canada' }

async function publishFailure(redactor: Redactor, withSummary = true): Promise<RecordingRunner> {
  const runner = new RecordingRunner()
  const printer = new Printer(runner, redactor, new VirtualClock())
  const deployments = [crashedServer(PLACE, 'c690e9c0c310')]
  const report = runReport({ outcome: 'failed', deployments })
  await publish(report, { printer, runner, providerOutputs: [], withSummary })
  return runner
}

test('the errors of a server’s log stand in the log of the step outside of its fold', async () => {
  const { lines } = await publishFailure(new Redactor())
  const at = lines.indexOf('Of its lines these look like errors:')
  expect(lines.slice(at + 1)).toEqual([
    '| ERROR: HTTP 401 from master: token expired',
    '| SCRIPT ERROR: Assertion failed: no session',
    '| handle_crash: Program crashed with signal 11',
  ])
  expect(lines[0]).toBe('Process of c690e9c0c310: exit code 139, SIGSEGV, restarted 3 times')
})

test('the summary shows no secret', async () => {
  const redactor = new Redactor()
  redactor.add('token expired')
  const { summary, log } = await publishFailure(redactor)
  expect(summary).toContain('ERROR: HTTP 401 from master: ***')
  expect(summary + log).not.toContain('token expired')
})

test('without a summary, none is pointed to', async () => {
  const { commands } = await publishFailure(new Redactor(), false)
  const errors = commands.flatMap(({ name, message }) => (name === 'error' ? message : []))
  expect(errors).toEqual([expect.stringMatching(/Its log is in this step\.$/)])
})
