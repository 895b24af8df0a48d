import type { Clock } from '../base/clock.ts'
import type { Delivery, Notification } from '../base/delivery.ts'
import type { ActionError } from '../base/errors.ts'
import type { HttpClient } from '../net/request.ts'
import type { PollSchedule } from '../wait/schedule.ts'
import type { Reading } from '../wait/wait.ts'

/** A port of a running server, as a player reaches it. */
export interface Port {
  name: string
  internal: number | undefined
  external: number
  protocol: string
  /** `host:external`. */
  address: string
}

/** What a provider told of a deployment. Every text in it is remote and not to be trusted. */
export interface Facts {
  host?: string
  ip?: string
  /** Where the deployment runs, in the provider's words. */
  location?: string
  ports?: readonly Port[]
  /** Outputs that only this provider has, by their names in action.yml. */
  outputs?: Readonly<Record<string, string>>
  /** What else a person wants to see in the summary, as label and value. */
  details?: readonly (readonly [label: string, value: string])[]
}

/** One authoritative reading of a deployment. */
export interface Observation extends Reading {
  facts: Facts
  /** Why it failed, or what else a person should know of how it went. */
  reason?: string
  /** What the user can do about a failure, where the provider's code knows better than general advice. */
  next?: string
  /** False when the status is not one we know: it is waited on, and warned of once. */
  known: boolean
}

/** What is to be created: one per location. */
export interface Target {
  /** How the user calls it; unique within a run. */
  name: string
  /** Where it is to run, for the log. */
  where: string
}

/** Something that this run created. */
export interface Deployment {
  id: string
  target: Target
  /** Monotonic moment of acceptance. */
  acceptedAtMs: number
}

/** What came of one attempt to create. */
export type CreateResult =
  | { kind: 'created'; id: string }
  /**
   * Refused for good; `id` where a failed deployment exists all the same, `mayExist` where one may exist
   * whose id is not known.
   */
  | { kind: 'refused'; error: ActionError; id?: string; mayExist?: true }
  /** It was accepted and then failed to come about; a further attempt would not succeed. */
  | { kind: 'broken-off'; error: ActionError }
  /** Nothing exists and a further attempt may succeed. */
  | { kind: 'try-again'; error: ActionError }
  /**
   * It may exist or not: to be looked up by its tag before anything else is created. With
   * `isAccepted` it does exist, so nothing else may be created even if it is not found.
   */
  | { kind: 'unknown'; error: ActionError; isAccepted?: true }

/** What is known of a failed deployment beyond its status. */
export interface Diagnosis {
  /** Tail of its log, oldest line first. */
  logLines: readonly string[]
  /** True when the log was longer than what is shown. */
  truncated: boolean
  /** How its process ended, such as `exit code 137, OOM killed, restarted 3 times`. */
  crash?: string
}

export interface Preparation {
  version: string
  versionAction: 'created' | 'updated' | 'reused' | 'unmanaged'
  /**
   * Set where only the webhook can bring the news, because the credentials may not read: without a
   * verified tunnel the run ends with this error before anything is created.
   */
  webhookRequired?: ActionError
}

/** Bounds of one call: how long it may take, and what ends it early. */
export interface Call {
  deadlineMs: number
  signal: AbortSignal
}

/**
 * Where a provider notes what has to be ended even if this process is killed: `opened` before a thing
 * is created under a tag, `created` when its id is known, `closed` when its end is certain.
 */
export interface CleanUpNotes {
  opened(tag: string): void
  created(tag: string, id: string): void
  closed(tag: string): void
}

/** What a provider is opened with. */
export interface ProviderContext {
  http: HttpClient
  environment: NodeJS.ProcessEnv
  clock: Clock
  cleanUpNotes: CleanUpNotes
  /** One line for the log; it is cleaned there. */
  log: (line: string) => void
  /** Hides a secret that the provider handed out. */
  hide: (secret: string) => void
  /** A name that nobody else uses, for a tag. */
  newAttemptTag: () => string
}

/** A hosting platform. Methods throw `ActionError`; none of them retries what is not safe to repeat. */
export interface Provider<T extends Target = Target> {
  /** For people, such as `Edgegap`. */
  readonly title: string
  readonly targets: readonly T[]
  /** False where what was created cannot be taken back. */
  readonly canStop: boolean
  /** How long one `create` may take. */
  readonly createMs: number
  /** Makes ready whatever a deployment needs. */
  prepare(call: Call): Promise<Preparation>
  /**
   * Sends one create, marked with `tag`, and never repeats it.
   *
   * @param webhook where the provider is to report, if anywhere
   */
  create(target: T, tag: string, call: Call, webhook: URL | undefined): Promise<CreateResult>
  /**
   * For providers that report to subscriptions and not to a URL in the create: subscribes for this
   * run. Called once, beside the deployment.
   */
  subscribe?(webhook: URL, call: Call): Promise<void>
  /** Takes back what the run needed only while it ran. Called once, at the end of every run. */
  finish?(call: Call): Promise<void>
  /** What a webhook is about. Its body is never believed beyond the id that it names. */
  readNotification(delivery: Delivery): Promise<Notification>
  /** Id → tag, of all that carries one of these tags and still exists. Safe to repeat. */
  findByTags(tags: readonly string[], call: Call): Promise<ReadonlyMap<string, string>>
  observe(id: string, call: Call): Promise<Observation>
  /** Logs and crash data of a deployment, where the provider shows any; gone once it is stopped. */
  diagnose?(id: string, lines: number, call: Call): Promise<Diagnosis | undefined>
  /** Ends what an id names; `gone` when there is nothing left to end. Safe to repeat. */
  stop(id: string, call: Call): Promise<'accepted' | 'gone'>
  /** The pollSchedule that the provider's rate limits and speed call for. */
  pollSchedule(random: () => number): PollSchedule
}
