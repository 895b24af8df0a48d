import { appendFileSync } from 'node:fs'
import { issueCommand } from '@actions/core/lib/command.js'
import { issueFileCommand, prepareKeyValueMessage } from '@actions/core/lib/file-command.js'
import { ActionError, fullDiskAdvice } from '../base/errors.ts'

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
  // Elsewhere nobody swallows commands: a mask would print the secret that it hides.
  const isRunner = environment.GITHUB_ACTIONS === 'true'
  const write = (text: string) => void process.stdout.write(text)
  const toFile = (file: 'OUTPUT' | 'STATE', command: string) => (name: string, value: string) => {
    if (environment[`GITHUB_${file}`]) writeFileCommand(file, name, value)
    else if (isRunner) issueCommand(command, { name }, value)
    else if (file === 'OUTPUT' && value !== '') write(`${name}=${value}\n`)
  }
  return {
    write,
    command: isRunner ? issueCommand : (...command) => write(plainCommand(...command)),
    setOutput: toFile('OUTPUT', 'set-output'),
    saveState: toFile('STATE', 'save-state'),
    appendSummary: async (markdown) => {
      // Written once at the end; `fs/promises` would cost 3 ms at every start.
      const file = environment.GITHUB_STEP_SUMMARY
      if (file) appendFileSync(file, markdown)
    },
  }
}

/** What a workflow command says, where no runner reads it. */
function plainCommand(name: string, { title }: Record<string, string>, message: string): string {
  if (name === 'group') return `${message}\n`
  if (name !== 'error' && name !== 'warning' && name !== 'notice') return ''
  return `${name}: ${title === undefined ? '' : `${title}: `}${message}\n`
}

/** @throws ActionError when the runner's file cannot be written, as when the disk is full */
function writeFileCommand(file: 'OUTPUT' | 'STATE', name: string, value: string): void {
  try {
    issueFileCommand(file, prepareKeyValueMessage(name, value))
  } catch (thrown) {
    const { code, message } = thrown as NodeJS.ErrnoException
    throw new ActionError({
      kind: 'unusable-runner',
      what: `The runner's file GITHUB_${file} cannot be written: ${code ?? message}`,
      next:
        fullDiskAdvice(code) ??
        'Check the disk and the permissions of this runner, then run the job again.',
      cause: thrown,
    })
  }
}
