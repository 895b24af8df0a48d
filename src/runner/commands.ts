import { appendFileSync } from 'node:fs'
import { issueCommand } from '@actions/core/lib/command.js'
import { issueFileCommand, prepareKeyValueMessage } from '@actions/core/lib/file-command.js'

/** What a step can tell its runner. */
export interface RunnerCommands {
  /** Writes to the log as it is. */
  write(text: string): void
  /** A workflow command such as `error` or `group`; the toolkit escapes its parts. */
  command(name: string, properties: Record<string, string>, message: string): void
  setOutput(name: string, value: string): void
  /** For the post step of this action, in this job. Survives a kill: it is on disk on return. */
  saveState(name: string, value: string): void
  appendSummary(markdown: string): Promise<void>
}

/**
 * The runner behind this process, by the toolkit's own commands. They are reached one by one because
 * the toolkit's entry loads an HTTP client for OIDC, which costs 60 ms at every start.
 *
 * @param environment names the runner's command files; without them the older log commands serve
 */
export function currentRunner(environment: NodeJS.ProcessEnv): RunnerCommands {
  const toFile = (file: 'OUTPUT' | 'STATE', command: string) => (name: string, value: string) => {
    if (environment[`GITHUB_${file}`]) issueFileCommand(file, prepareKeyValueMessage(name, value))
    else issueCommand(command, { name }, value)
  }
  return {
    write: (text) => void process.stdout.write(text),
    command: issueCommand,
    setOutput: toFile('OUTPUT', 'set-output'),
    saveState: toFile('STATE', 'save-state'),
    appendSummary: async (markdown) => {
      // Written once at the end; `fs/promises` would cost 3 ms at every start.
      const file = environment.GITHUB_STEP_SUMMARY
      if (file) appendFileSync(file, markdown)
    },
  }
}
