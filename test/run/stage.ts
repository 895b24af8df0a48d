import { EventEmitter } from 'node:events'
import type { CreatingRun } from '../../src/run/create.ts'
import { Ledger, type LedgerEntry } from '../../src/run/ledger.ts'
import { listenForCancel } from '../../src/runner/cancellation.ts'
import { Printer } from '../../src/runner/printer.ts'
import { Redactor } from '../../src/runner/redactor.ts'
import type { Access } from '../../src/settings/access.ts'
import { RecordingRunner } from '../report/fixtures.ts'
import { VirtualClock } from '../wait/virtual-clock.ts'
import { FakeProvider } from './fake-provider.ts'

const ACCESS: Access = { provider: 'fake', apiUrl: 'https://a.test/', own: {}, seal: 'x.y' }

/** Everything that a run works with, on a virtual clock, and the signals of a runner. */
export function setStage(entries: readonly LedgerEntry[] = []) {
  const clock = new VirtualClock()
  const signals = new EventEmitter()
  const runner = new RecordingRunner()
  const provider = new FakeProvider()
  // What is saved is one history with the calls: their order is what matters.
  runner.saveState = (_, value) => {
    provider.calls.push(`save ${value === '' ? 'nothing' : shorten(value)}`)
  }
  let tags = 0
  const context: CreatingRun = {
    clock,
    provider,
    cancellation: listenForCancel(signals, clock),
    ledger: new Ledger(runner, ACCESS, entries),
    printer: new Printer(runner, new Redactor(), clock),
    random: () => 0,
    newAttemptTag: () => `m${++tags}`,
  }
  return {
    clock,
    runner,
    provider,
    context,
    cancel: (name = 'SIGINT') => signals.emit(name, name),
    run: <T>(work: Promise<T>) => clock.run(work),
  }
}

/** `m1` for a tag, `m1=a` for a tag whose id is known. */
function shorten(saved: string): string {
  const { entries } = JSON.parse(saved) as { entries: LedgerEntry[] }
  return entries.map(({ tag, id }) => (id === undefined ? tag : `${tag}=${id}`)).join()
}
