import { randomUUID } from 'node:crypto'
import type { Clock } from '../base/clock.ts'
import { describe } from '../base/errors.ts'
import type { GitHubReporter, ReporterOptions } from '../github/reporter.ts'
import type { PostEnd, RunView } from '../github/run-view.ts'
import { createHttpClient } from '../net/request.ts'
import type { ActionProcess } from '../runner/process.ts'
import { GITHUB_STATE } from '../runner/saved-states.ts'
import { type GitHubSettings, wantsGitHub } from '../settings/github.ts'
import type { Settings } from '../settings/settings.ts'
import { type DeploymentState, firstError, type RunState } from '../state/state.ts'

/** All of GitHub together holds up the end of a step by this at most. */
const CLOSE_MS = 5_000
/** A cancelled run has less time; what is missing then is left to the post step. */
const CLOSE_AFTER_CANCEL_MS = 1_500

/**
 * Shows the run on GitHub beside the deploy: nothing here is awaited before `close`, and GitHub's code
 * is loaded only after the provider has accepted a create. Nothing throws.
 */
export class ShowOnGitHub {
  readonly #options: ReporterOptions
  readonly #operation: 'deploy' | 'stop'
  readonly #isCancelled: () => boolean
  readonly #warn: (text: string) => void
  #opened: Promise<GitHubReporter | undefined> | undefined
  #closed: GitHubReporter | undefined

  /** @returns undefined where the inputs ask for nothing on GitHub */
  static for(
    settings: Settings,
    action: ActionProcess,
    tools: { clock: Clock },
  ): ShowOnGitHub | undefined {
    if (!wantsGitHub(settings.github) || settings.dryRun) return undefined
    if (settings.operation === 'version') return undefined
    return new ShowOnGitHub(
      optionsFor(settings.github, action, tools, groupOf(settings)),
      settings.operation,
      () => action.cancellation.signal.aborted,
    )
  }

  private constructor(
    options: ReporterOptions,
    operation: 'deploy' | 'stop',
    isCancelled: () => boolean,
  ) {
    this.#options = options
    this.#operation = operation
    this.#isCancelled = isCancelled
    this.#warn = options.warn
  }

  /** A create was accepted; again for each further one. */
  started(state: RunState): void {
    const deployments = state.deployments.map(toOpenView)
    // How long it takes is not known yet.
    const view: RunView = { ...viewOf(state), deployments, seconds: undefined }
    this.#with((reporter) => reporter.started(view))
  }

  /** The servers stay, even if the run is killed from now on. */
  tookPlace(state: RunState): void {
    const view: RunView = { ...viewOf(state), outcome: 'succeeded' }
    this.#with((reporter) => reporter.tookPlace(view))
  }

  /** The run has ended, in whatever way. */
  finished(state: RunState): void {
    const view = viewOf(state)
    if (this.#operation === 'deploy') this.#with((reporter) => reporter.finished(view))
    // After a stop that failed, what GitHub shows is still so.
    else if (state.outcome === 'stopped') this.#with((reporter) => reporter.stopped(view))
  }

  /** Waits until GitHub is up to date, for a limited time. */
  async close(): Promise<void> {
    const limitMs = this.#isCancelled() ? CLOSE_AFTER_CANCEL_MS : CLOSE_MS
    this.#closed = await this.#opened
    await this.#closed?.close(limitMs)
  }

  /** After `close`: the post step has nothing to stop, and so nothing to show. Throws nothing. */
  forget(): void {
    try {
      this.#closed?.forget()
    } catch {
      // The post step then shows once more what is shown already.
    }
  }

  #with(use: (reporter: GitHubReporter) => void): void {
    this.#opened ??= openReporter(this.#options)
    this.#opened = this.#opened
      .then((reporter) => {
        if (reporter) use(reporter)
        return reporter
      })
      .catch((thrown: unknown) => {
        this.#warn(`GitHub could not be kept up to date: ${describe(thrown)}`)
        return undefined
      })
  }
}

/** The post step's part: what the main step could not show, and what became of what it deployed. */
export async function finishOnGitHub(
  settings: GitHubSettings,
  action: ActionProcess,
  tools: { clock: Clock },
  { saved, ...end }: PostEnd & { saved: string },
): Promise<void> {
  if (!wantsGitHub(settings)) {
    // The main step had something to show. Within another action, GitHub's runner gives no inputs here.
    action.printer.warning(
      'This post step was given no inputs, so the environment and the comment on GitHub may be out of date.',
    )
    return
  }
  const group = (action.environment.INPUT_GROUP ?? '').trim()
  const options = optionsFor(settings, action, tools, group)
  const reporter = await openReporter({ ...options, saved })
  reporter?.finishedInPost(end)
  await reporter?.close(CLOSE_MS)
}

async function openReporter(options: ReporterOptions): Promise<GitHubReporter | undefined> {
  const { GitHubReporter } = await import('../github/reporter.ts')
  return GitHubReporter.open(options)
}

function optionsFor(
  settings: GitHubSettings,
  { environment, printer, runner }: ActionProcess,
  { clock }: { clock: Clock },
  group: string,
): ReporterOptions {
  return {
    settings,
    group,
    environment,
    clock,
    http: createHttpClient(environment),
    wallMs: () => Date.now(),
    newKey: randomUUID,
    clean: (text) => printer.clean(text),
    log: (line) => printer.line(line),
    warn: (text) => printer.warning(text),
    save: (json) => runner.saveState(GITHUB_STATE, json),
  }
}

function groupOf(settings: Settings): string {
  if (settings.operation === 'deploy') return settings.group ?? ''
  if (settings.operation === 'version') return ''
  return settings.reach.kind === 'group' ? settings.reach.group : ''
}

function viewOf(state: RunState): RunView {
  const { deployments } = state
  const [first] = deployments
  // A run that is cancelled after its servers took the place of older ones leaves them up.
  const isInPlace = state.outcome === 'cancelled' && deployments.some((one) => one.isInPlace)
  return {
    outcome: isInPlace ? 'succeeded' : state.outcome,
    ...(state.stop?.onlyAccepted && { isBeingStopped: true }),
    provider: state.title,
    application: state.application,
    version: state.version,
    image: state.image ?? '',
    deployments: deployments.map(toView),
    seconds: first?.id === undefined ? undefined : first.elapsedMs / 1000,
    error: firstError(state)?.message ?? '',
  }
}

/** Each counts as failed until it is known how it ended. */
function toOpenView(deployment: DeploymentState) {
  const view = toView(deployment)
  const isOpen = view.outcome === 'failed' && deployment.error === undefined
  return isOpen ? { ...view, outcome: undefined } : view
}

function toView({ id = '', outcome, observation, target }: DeploymentState) {
  const { location = '', ports = [] } = observation?.facts ?? {}
  return {
    id,
    outcome,
    location: location || target.name,
    address: ports[0]?.address ?? '',
    ports: ports.map(({ name, protocol, address }) => ({ name, protocol, address })),
  }
}
