import type { RunnerCommands } from '../../src/runner/commands.ts'
import type { DeploymentState, RunState } from '../../src/state/state.ts'

interface Command {
  name: string
  properties: Record<string, string>
  message: string
}

/** A runner that writes down what it is told. */
export class RecordingRunner implements RunnerCommands {
  log = ''
  readonly commands: Command[] = []
  readonly outputs = new Map<string, string>()
  readonly states: [name: string, value: string][] = []
  summary = ''

  write(text: string): void {
    this.log += text
  }

  command(name: string, properties: Record<string, string>, message: string): void {
    this.commands.push({ name, properties, message })
  }

  setOutput(name: string, value: string): void {
    this.outputs.set(name, value)
  }

  saveState(name: string, value: string): void {
    this.states.push([name, value])
  }

  async appendSummary(markdown: string): Promise<void> {
    this.summary += markdown
  }

  get lines(): string[] {
    return this.log.split('\n').slice(0, -1)
  }

  /** The messages of the commands of one name. */
  messages(name: string): string[] {
    return this.commands.filter((command) => command.name === name).map(({ message }) => message)
  }
}

export function deploymentReport(more: Partial<DeploymentState> = {}): DeploymentState {
  return {
    target: { name: 'new-york', where: '40.71,-74.01' },
    tag: 'dgs-1',
    id: 'a69f8e3e0555',
    outcome: 'succeeded',
    source: 'poll',
    observation: {
      state: 'succeeded',
      status: 'Status.READY',
      known: true,
      facts: {
        host: 'a69f8e3e0555.pr.edgegap.net',
        ip: '203.0.113.9',
        location: 'New York, United States',
        ports: [
          {
            name: 'gameport',
            internal: 7777,
            external: 31500,
            protocol: 'UDP',
            address: 'a69f8e3e0555.pr.edgegap.net:31500',
          },
        ],
      },
    },
    timeline: [
      { status: 'Status.DEPLOYING', atMs: 120 },
      { status: 'Status.READY', atMs: 4_230 },
    ],
    elapsedMs: 4_230,
    ...more,
  }
}

export function runReport(more: Partial<RunState> = {}): RunState {
  return {
    title: 'Edgegap',
    outcome: 'succeeded',
    application: 'my-game',
    version: 'v1',
    versionAction: 'unmanaged',
    deployments: [deploymentReport()],
    stoppedIds: [],
    tunnel: 'none',
    tunnelError: '',
    hasLeftovers: false,
    ...more,
  }
}
