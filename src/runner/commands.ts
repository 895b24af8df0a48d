import { appendFileSync, existsSync } from 'node:fs'
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
 * Runners of GitHub, Gitea and Forgejo and act all set `GITHUB_ACTIONS`, and take commands out of the
 * log. Elsewhere a command would only be printed, and `::add-mask::` with the secret in clear, so
 * there everything is a plain line and a mask is nothing.
 *
 * @param environment names the runner's command files; without them the older log commands serve
 */
export function currentRunner(environment: NodeJS.ProcessEnv): RunnerCommands {
  const write = (text: string) => void process.stdout.write(text)
  const isRunner = environment.GITHUB_ACTIONS === 'true'
  const command = isRunner ? issueCommand : plainCommand(write)
  const toFile = (file: 'OUTPUT' | 'STATE', name: string) => (key: string, value: string) => {
    if (existsSync(environment[`GITHUB_${file}`] ?? '')) {
      issueFileCommand(file, prepareKeyValueMessage(key, value))
    } else command(name, { name: key }, value)
  }
  return {
    write,
    command,
    setOutput: toFile('OUTPUT', 'set-output'),
    saveState: toFile('STATE', 'save-state'),
    appendSummary: async (markdown) => {
      // Written once at the end; `fs/promises` would cost 3 ms at every start.
      const file = environment.GITHUB_STEP_SUMMARY
      if (file) appendFileSync(file, markdown)
    },
  }
}

/** Commands as lines for people. State is for a post step, which does not exist there. */
function plainCommand(write: (text: string) => void): RunnerCommands['command'] {
  return (name, { title, name: key }, message) => {
    switch (name) {
      case 'add-mask':
      case 'save-state':
      case 'endgroup':
        return
      case 'group':
        write(`${message}\n`)
        return
      case 'set-output':
        if (message !== '') write(`${key}=${message}\n`)
        return
      default:
        write(`${name}: ${title ? `${title}: ` : ''}${message}\n`)
    }
  }
}
