import { basename } from 'node:path'
import { GITHUB_STATE, LEDGER_STATE, LEFTOVERS_STATE, MAIN_STATE } from './runner/saved-states.ts'

// Fails closed: whatever happens from here on, also a promise that never settles, the step is red
// until an outcome was confirmed.
process.exitCode = 1

// One bundle serves both entries of action.yml, which keeps their shared code once in dist/. The file
// name decides, not the saved state: a killed main step must never make the post step deploy.
if (basename(process.argv[1] ?? '') !== 'post.js') void runMain()
else if ([LEDGER_STATE, LEFTOVERS_STATE, GITHUB_STATE, MAIN_STATE].some(hasState)) void runPost()
else process.exitCode = 0

function hasState(state: string): boolean {
  return Boolean(process.env[`STATE_${state}`])
}

async function runMain(): Promise<void> {
  const { main } = await import('./main.ts')
  await main()
}

async function runPost(): Promise<void> {
  const { post } = await import('./post.ts')
  await post()
}
