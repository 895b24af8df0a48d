import type { ActionError } from '../base/errors.ts'
import type { ProbeOutput } from '../probe/explain.ts'
import type { PlanCheck, PlannedChange } from '../provider/plan.ts'
import type { Observation, Target } from '../provider/provider.ts'
import type { MovedVersion } from '../provider/versions.ts'
import type { NewsSource } from '../wait/wait.ts'

/** How a deployment, or the whole run, ended for us. The values of the output `outcome`. */
export type Outcome =
  | 'succeeded'
  | 'failed'
  /** Refused; nothing was created. */
  | 'rejected'
  | 'timed-out'
  | 'cancelled'
  /** Accepted and not waited for. */
  | 'started'
  | 'stopped'
  /** A dry run: nothing was changed. */
  | 'planned'

const GOOD: ReadonlySet<Outcome> = new Set(['succeeded', 'started', 'stopped', 'planned'])

/** It is up, or on its way, and is to stay. Not so while it has no outcome. */
export function isUp(outcome: Outcome | undefined): boolean {
  return outcome === 'succeeded' || outcome === 'started'
}

/** The step is green. */
export function isGood(outcome: Outcome): boolean {
  return GOOD.has(outcome)
}

/** From the least to the most telling: the outcome of several deployments is the last that occurs. */
const BY_WEIGHT: readonly Outcome[] = [
  'stopped',
  'started',
  'succeeded',
  'rejected',
  'timed-out',
  'failed',
  'cancelled',
]

/** The outcome of a run with these deployments; `failed` where there are none. */
export function worstOf(outcomes: readonly Outcome[]): Outcome {
  return BY_WEIGHT.findLast((outcome) => outcomes.includes(outcome)) ?? 'failed'
}

export interface TimelineEntry {
  status: string
  /** From the accepted request. */
  atMs: number
}

/** What is known of one deployment; filled in as the run goes, so that a cut-short run can report too. */
export interface DeploymentState {
  target: Target
  tag?: string
  id?: string
  /** Monotonic moment of acceptance. */
  acceptedAtMs?: number
  /** Monotonic moment at which it was last seen up, where that was after the wait for it. */
  seenUpAtMs?: number
  outcome: Outcome
  observation?: Observation
  timeline: TimelineEntry[]
  elapsedMs: number
  source?: NewsSource
  /** What came of each line of `probe`, in their order. */
  probes?: readonly ProbeOutput[]
  error?: ActionError
  log?: LogState
  /** It has taken the place of older ones, so it stays whatever happens to this run. */
  isInPlace?: true
  /** Moment of acceptance on the wall clock, milliseconds since 1970: tells when its time is up. */
  acceptedWallMs?: number
}

/** The log of a server, as far as it is shown and kept. */
export interface LogState {
  /** Its last lines, oldest first. */
  tail: readonly string[]
  /** True when the log was longer than what is shown. */
  isCut: boolean
  /** How its process ended, such as `exit code 137, restarted 3 times`. */
  crash?: string
  /** How often its process was started again, where that is known. */
  restarts?: number
}

/** How long what came up lives, and who ends it. */
export interface LifetimeState {
  /** The provider stops it after so many minutes; absent where it sets no limit or it is not known. */
  maxMinutes?: number
  /** The post step stops it when the job ends. */
  endsWithJob: boolean
  /** The next deploy of this group replaces it. */
  replacedInGroup?: string
}

/** A stretch of the run beside the states of its deployments, such as `version created`. */
export interface PhaseState {
  name: string
  /** Moments on the monotonic clock, as `acceptedAtMs`. */
  fromMs: number
  untilMs: number
}

/** What a dry run found out. Nothing was changed. */
export interface PlanState {
  /** In the order in which a deploy would do it. */
  changes: readonly PlannedChange[]
  checks: readonly PlanCheck[]
}

/** What `operation: stop` is to stop. */
export interface StopState {
  /** One deployment alone; else everything of an application, or of a group of it. */
  id?: string
  group?: string
  /** Of some stops only the acceptance is known (`wait: none`, or a cancel), and not the end. */
  onlyAccepted: boolean
}

/** What is known of a run; `run/` writes it as it goes, `report/` and `github/` read it. */
export interface RunState {
  /** The provider's. */
  title: string
  outcome: Outcome
  /** What the run is about: the application, or the id where one deployment is stopped by its id. */
  application: string
  version: string
  versionAction: string
  /** A cancel broke off while the version was made or moved: it may be so or not. */
  isVersionUnclear?: true
  deployments: DeploymentState[]
  /** Whole logs that were written, as absolute paths. */
  logFiles?: string[]
  /** Only with `operation: stop`. */
  stop?: StopState
  stoppedIds: string[]
  /** The transport in use, or `none`. */
  tunnel: string
  /** Why there was no tunnel, or why it was not relied on. */
  tunnelError: string
  /** Something is left to stop or to look for, which the post step does. */
  hasLeftovers: boolean
  /** Elsewhere than on a runner: what is left is left for good. */
  hasNoPostStep?: true
  error?: ActionError
  /** What a success is called in a sentence where servers have no address, such as `published`. */
  successWord?: string
  /** The image that the version has. */
  image?: string
  /** The image that a moved version had before. */
  previousImage?: string
  /** Versions that were moved to the deployed image. */
  promoted?: readonly MovedVersion[]
  /**
   * Every deployment is as it should be, and what failed came after it: they stay up as after a
   * success.
   */
  isDeployed?: true
  /** Of `stoppedIds`, the older servers that the new ones replace, once these are up. */
  replacedIds?: readonly string[]
  lifetime?: LifetimeState
  /** Failed ones that are left running (`on-failure: keep`). */
  keptIds?: readonly string[]
  phases?: readonly PhaseState[]
  /** Set by a dry run. */
  plan?: PlanState
}

/** What a run failed by: its own error, or that of the first deployment that has one. */
export function firstError({
  error,
  deployments,
}: Pick<RunState, 'error' | 'deployments'>): ActionError | undefined {
  return error ?? deployments.find((one) => one.error)?.error
}
