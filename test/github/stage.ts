import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../../src/base/clock.ts'
import { writeMarker } from '../../src/github/comment-body.ts'
import { GitHubReporter, type ReporterOptions } from '../../src/github/reporter.ts'
import type { PostEnd, RunView } from '../../src/github/run-view.ts'
import { createHttpClient } from '../../src/net/request.ts'
import type { GitHubSettings } from '../../src/settings/github.ts'
import { type Account, jobAccount } from '../emulator/github/account.ts'
import {
  type GitHubEmulator,
  type GitHubOptions,
  startGitHub,
} from '../emulator/github/emulator.ts'

export const SHA = 'c'.repeat(40)
export const MERGE_SHA = 'd'.repeat(40)

/** With an open pull request, which the runs of `environmentOf` are for. */
export async function startWithPull(options: GitHubOptions = {}): Promise<GitHubEmulator> {
  const github = await startGitHub(options)
  github.state.pulls.push({ number: 12, state: 'open', branch: 'feature', sha: SHA })
  return github
}

/** A comment on that pull request as a run of this action leaves it. */
export function addComment(
  github: GitHubEmulator,
  run: number,
  options: { group?: string; by?: Account; isOver?: boolean } = {},
) {
  const { group = '', by = jobAccount(), isOver = true } = options
  const key = { id: 9_000 + run, number: run, attempt: 1 }
  return github.addComment(by, 12, `${writeMarker({ group, run: key, isOver })}\n\nrun ${run}`)
}

const folders: string[] = []

/** Writes an event file, as the runner does. */
export function eventFile(event: unknown): string {
  const folder = mkdtempSync(join(tmpdir(), 'event-'))
  folders.push(folder)
  const file = join(folder, 'event.json')
  writeFileSync(file, typeof event === 'string' ? event : JSON.stringify(event))
  return file
}

export function removeEventFiles(): void {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
}

export interface RunOf {
  event?: string
  payload?: unknown
  run?: number
  attempt?: number
  environment?: NodeJS.ProcessEnv
}

/** What the runner tells a step; a run for pull request 12 unless told. */
export function environmentOf(github: GitHubEmulator, of: RunOf = {}): NodeJS.ProcessEnv {
  const { event = 'pull_request', run = 7, attempt = 1 } = of
  const payload = of.payload ?? { pull_request: { number: 12, head: { sha: SHA } } }
  return {
    GITHUB_API_URL: github.apiUrl,
    GITHUB_SERVER_URL: 'https://github.com',
    GITHUB_REPOSITORY: github.state.repository,
    GITHUB_EVENT_NAME: event,
    GITHUB_EVENT_PATH: eventFile(payload),
    GITHUB_SHA: event === 'pull_request' ? MERGE_SHA : SHA,
    GITHUB_REF: event === 'pull_request' ? 'refs/pull/12/merge' : 'refs/heads/feature',
    GITHUB_RUN_ID: String(9_000 + run),
    GITHUB_RUN_NUMBER: String(run),
    GITHUB_RUN_ATTEMPT: String(attempt),
    ...of.environment,
  }
}

export interface Stage {
  reporter: GitHubReporter
  lines: string[]
  warnings: string[]
  /** All that was saved for the post step, oldest first. */
  saved: string[]
}

let lastKey = 0

/** A reporter as the run opens it, with what it says written down. */
export function openReporter(
  github: GitHubEmulator,
  settings: Partial<GitHubSettings>,
  of: RunOf & Partial<Pick<ReporterOptions, 'group' | 'saved' | 'clean' | 'clock'>> = {},
): Stage {
  const stage = { lines: [] as string[], warnings: [] as string[], saved: [] as string[] }
  const environment = environmentOf(github, of)
  const reporter = GitHubReporter.open({
    settings: {
      token: github.token,
      environment: '',
      environmentUrl: undefined,
      comment: false,
      ...settings,
    },
    group: of.group ?? '',
    environment,
    http: createHttpClient(environment),
    clock: of.clock ?? systemClock,
    wallMs: () => Date.now(),
    newKey: () => {
      lastKey += 1
      return `key-${lastKey}`
    },
    clean: of.clean ?? ((text) => text),
    log: (line) => stage.lines.push(line),
    warn: (message) => stage.warnings.push(message),
    save: (json) => stage.saved.push(json),
    saved: of.saved,
  })
  if (!reporter) throw new Error(`no reporter: ${[...stage.lines, ...stage.warnings].join(' ')}`)
  return { reporter, ...stage }
}

/** A run that is up in Montreal, unless told. */
export function viewOf(change: Partial<RunView> = {}): RunView {
  return {
    outcome: 'succeeded',
    provider: 'Edgegap',
    application: 'my-game',
    version: '1.4.2',
    image: 'registry.example.com/my-game:1.4.2',
    deployments: [
      {
        id: 'a1b2c3',
        outcome: 'outcome' in change ? change.outcome : 'succeeded',
        location: 'Montreal',
        address: 'a1b2c3.pr.example.com:31504',
        ports: [
          { name: 'game', protocol: 'UDP', address: 'a1b2c3.pr.example.com:31504' },
          { name: 'web', protocol: 'HTTPS', address: 'a1b2c3.pr.example.com:31505' },
        ],
      },
    ],
    seconds: 12.34,
    error: '',
    ...change,
  }
}

/** A post step that stopped the server of `viewOf`. */
export const ENDED: PostEnd = { endedIds: ['a1b2c3'], leftIds: [] }
/** A post step that had nothing to stop. */
export const NOTHING_ENDED: PostEnd = { endedIds: [], leftIds: [] }

export const deploying = () => viewOf({ outcome: undefined, seconds: undefined })
