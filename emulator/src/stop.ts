import { ActionError } from '../../src/base/errors.ts'
import type { Printer } from '../../src/runner/printer.ts'
import type { ActionProcess } from '../../src/runner/process.ts'
import { type Ending, endEmulator } from './control.ts'
import { type RunningEmulator, readRecord, removeRecord } from './record.ts'
import { count, printReport, type Report, showDeployment, TITLE } from './report.ts'
import type { LeftRunning, Settings } from './settings.ts'
import { buildSummary } from './summary.ts'

const SHOWN_SERVERS = 10

/**
 * Ends the emulator of this job, gives what was asked of it as outputs, and judges it.
 *
 * @returns whether nothing speaks against a green step
 * @throws ActionError when no emulator was started in this job
 */
export async function stop(
  { leftRunning }: Pick<Settings, 'leftRunning'>,
  action: ActionProcess,
): Promise<boolean> {
  const { runner, environment } = action
  const running = readRecord(environment)
  if (running === undefined) {
    throw new ActionError({
      kind: 'unusable-input',
      what: 'No emulator runs in this job',
      next: 'Start one in an earlier step of the same job. Another job cannot reach it.',
    })
  }
  const ending = await endEmulator(running)
  removeRecord(environment)
  const report = reportOf(ending)
  const ids = report?.deployments.filter((one) => one.running).map(({ id }) => id)
  runner.setOutput('requests', JSON.stringify(report?.requests ?? []))
  runner.setOutput('deployments', JSON.stringify(report?.deployments ?? []))
  runner.setOutput('running', JSON.stringify(ids ?? []))
  return await judge(ending, running, leftRunning, action)
}

/**
 * Shows how an emulator ended, what was asked of it, and which servers it left.
 *
 * @returns whether nothing speaks against a green step
 */
export async function judge(
  ending: Ending,
  { pid, url }: RunningEmulator,
  leftRunning: LeftRunning,
  { printer, runner }: Pick<ActionProcess, 'printer' | 'runner'>,
): Promise<boolean> {
  const report = reportOf(ending)
  if (report) {
    printReport(report, printer)
    await runner.appendSummary(buildSummary(report, (text) => printer.clean(text)))
  }
  if (ending.kind === 'gone') {
    printer.error(
      `The emulator at ${url} (process ${pid}) is gone: it crashed, or something killed it. What it was asked is not known.`,
      TITLE,
    )
    return false
  }
  if (ending.kind === 'killed') {
    printer.warning(`The emulator (process ${pid}) was killed: ${ending.why}.`, TITLE)
  } else printer.line(`The emulator (process ${pid}) has ended.`)
  // Without a report nobody knows whether a server was left.
  return report !== undefined && judgeServers(report, leftRunning, printer)
}

function judgeServers({ deployments }: Report, leftRunning: LeftRunning, printer: Printer) {
  const left = deployments.filter(({ running }) => running)
  if (left.length === 0) return true
  const shown = left.slice(0, SHOWN_SERVERS).map(showDeployment).join('; ')
  const more = left.length > SHOWN_SERVERS ? `; and ${left.length - SHOWN_SERVERS} more` : ''
  const still = left.length === 1 ? 'was still running' : 'were still running'
  const message = `${count(left.length, 'server')} ${still} at the end: ${shown}${more}. On Edgegap somebody would pay for it until it is stopped.`
  if (leftRunning === 'fail') printer.error(message, TITLE)
  else printer.warning(message, TITLE)
  return leftRunning === 'warn'
}

function reportOf(ending: Ending): Report | undefined {
  return ending.kind === 'gone' ? undefined : ending.report
}
