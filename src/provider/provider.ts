import type { Clock } from '../base/clock.ts'
import type { Delivery, Notification } from '../base/delivery.ts'
import type { ActionError } from '../base/errors.ts'
import type { HttpClient } from '../net/request.ts'
import type { PollSchedule } from '../wait/schedule.ts'
import type { Reading } from '../wait/wait.ts'
import type { Call } from './call.ts'
import type { Groups } from './groups.ts'
import type { Plan, VersionAction } from './plan.ts'
import type { Versions } from './versions.ts'

/** A port of a running server, as a player reaches it. */
export interface Port {
  name: string
  internal: number | undefined
  external: number
  protocol: string
  /** `host:external`. */
  address: string
}

/** What a provider says of a deployment. Every text in it is remote and not to be trusted. */
export interface Facts {
  host?: string
  ip?: string
  /** Where the deployment runs, in the provider's words. */
  location?: string
  /** Where it was asked for and where it runs, such as `new-york → Montreal, 530 km`. */
  placement?: string
  /** How far these two are apart; absent where they are the same, or where it is not known. */
  distanceKm?: number
  ports?: readonly Port[]
  /** The provider ends it after so many minutes. */
  maxMinutes?: number
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
  /** Set once the provider says that it is being stopped, or has ended. */
  end?: 'ending' | 'ended'
}

/** Gets the reading of an id, or its error, while others of the same status check are still read. */
export type Arrived = (id: string, reading: Observation | ActionError) => void

/** One place to deploy to: the provider's own type has more. */
export interface Target {
  /** How the user calls it; unique within a run. */
  name: string
  /** Where it is to run, for the log. */
  where: string
}

/** One create: by its tag what it made is found again. */
export interface Attempt {
  /** Unique; on disk before the create is sent. */
  tag: string
  /** Where the provider is to report, if anywhere. */
  webhook: URL | undefined
}

/** What came of one attempt to create. */
export type CreateResult =
  | { kind: 'created'; id: string }
  /**
   * Refused for good; `id` where a failed deployment exists all the same, `mayExist` where one may
   * exist whose id is not known.
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

/** What a provider answers to a stop. Only `gone` is certain by itself. */
export type StopReply =
  /** It takes the stop; whether it carries it out is for the status to say. */
  | 'accepted'
  /** The provider says that it has ended. */
  | 'gone'
  /**
   * The provider does not know the id: it has ended long ago, or was created a moment ago and is not
   * known everywhere yet, or somebody else answers for the provider.
   */
  | 'unknown'

/** What is known of a deployment beyond its status. */
export interface ServerLog {
  /** Its lines, oldest first; of a very long log the end. */
  lines: readonly string[]
  /** True when the provider had more than what could be read. */
  isCut: boolean
  /** How its process ended, such as `exit code 137, OOM killed, restarted 3 times`. */
  crash?: string
  /** How often its process was started again. */
  restarts?: number
}

export interface Preparation {
  version: string
  /** Missing where it is known only once `Versions.ensure` has done its work. */
  versionAction?: VersionAction
  /**
   * Set where only the webhook can bring the news, because the credentials may not read: without a
   * verified tunnel the run ends with this error before anything is created.
   */
  webhookRequired?: ActionError
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
  /** One warning; it is cleaned there. */
  warn: (text: string) => void
  /** Hides a secret that the provider handed out. */
  hide: (secret: string) => void
  /** A name that nobody else uses, for a tag. */
  newAttemptTag: () => string
}

/** What the core has to know of a provider before it uses it. */
export interface Traits {
  /** False where what was created cannot be taken back. */
  readonly canStop: boolean
  /**
   * How the provider reports: to a URL in the create, to a subscription, or not at all. Where not at
   * all, no tunnel is opened and polling runs at full pace.
   */
  readonly webhook: 'in-create' | 'subscription' | 'none'
  /** How long one create may take, milliseconds; a lost one is looked for as long. */
  readonly createMs: number
}

/** For providers that report by webhook. */
export interface Webhooks {
  /** What a delivery is about. Its body is never believed beyond the id that it names. */
  read(delivery: Delivery): Promise<Notification>
  /** With the trait `subscription`: subscribes for this run. Called once, beside the create. */
  subscribe?(webhook: URL, call: Call): Promise<void>
}

/** A hosting platform. Methods throw `ActionError`; none of them retries what is not safe to repeat. */
export interface Provider<T extends Target = Target> {
  /** For people, such as `Edgegap`. */
  readonly title: string
  readonly traits: Traits
  /** What a success is called where there are no servers, such as `published`. */
  readonly successWord?: string
  /** Where each one is may be known only once `prepare` has ended; how many there are never changes. */
  readonly targets: readonly T[]
  /** Reads what a run would do and checks whether it can be done. Changes nothing. */
  plan(call: Call): Promise<Plan>
  /** Makes ready whatever a deployment needs. */
  prepare(call: Call): Promise<Preparation>
  /** Sends one create with the attempt's tag, and never repeats it. */
  create(target: T, attempt: Attempt, call: Call): Promise<CreateResult>
  /**
   * One status check of each id, in one request where the provider can. Each id has its reading or
   * its error; one that the provider does not know has an error of kind `not-found`. A provider that
   * sends several requests hands out each reading by `arrived` as soon as it is there. Of many ids it
   * may leave out those that a rate limit lets it read only later: they are asked for again at once.
   */
  observe(
    ids: readonly string[],
    call: Call,
    arrived?: Arrived,
  ): Promise<ReadonlyMap<string, Observation | ActionError>>
  /** Id → tag, of all that carries one of these tags and still exists. Safe to repeat. */
  findByTags(tags: readonly string[], call: Call): Promise<ReadonlyMap<string, string>>
  /** Asks to end what an id names. Safe to repeat. */
  stop(id: string, call: Call): Promise<StopReply>
  /** The log of a deployment, where the provider shows any; gone once it is stopped. */
  readLog?(id: string, call: Call): Promise<ServerLog | undefined>
  /** The poll schedule that the provider's rate limits and speed call for. */
  pollSchedule(random: () => number): PollSchedule
  /** Takes back what the run needed only while it ran. Called once, at the end of every run. */
  finish?(call: Call): Promise<void>
  readonly webhooks?: Webhooks
  readonly groups?: Groups
  /** Missing where the settings leave versions alone. */
  readonly versions?: Versions | undefined
}
