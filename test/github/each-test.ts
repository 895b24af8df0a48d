import { afterEach, beforeEach } from 'vitest'
import type { GitHubEmulator } from '../emulator/github/emulator.ts'
import { removeEventFiles, startWithPull } from './stage.ts'

/** Of the test that runs, in a file that calls `eachTestHasGitHub`. */
export let github: GitHubEmulator

/** Starts an emulator before each test of the file, with pull request 12 unless told, and closes it after. */
export function eachTestHasGitHub(start: () => Promise<GitHubEmulator> = startWithPull): void {
  beforeEach(async () => {
    github = await start()
  })
  afterEach(async () => {
    removeEventFiles()
    await github.close()
  })
}

/** For a test that needs another one than its file. */
export async function replaceGitHub(start: () => Promise<GitHubEmulator>): Promise<void> {
  await github.close()
  github = await start()
}
