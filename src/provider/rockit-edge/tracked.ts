import type { App, Task } from './wire/replies.ts'
import type { News } from './wire/webhook.ts'

/** What there was before our import, so that nothing of it is taken for ours. */
export interface Baseline {
  /** Undefined where the app may not be read. */
  readonly app: App | undefined
  /** Undefined where tasks may not be read. */
  readonly tasks: readonly Task[] | undefined
}

/** All that is known of the one import that this run asked for; it grows with each look. */
export class Tracked {
  readonly baseline: Baseline
  /** Verified news of our app since our import was asked for, oldest first. */
  readonly news: News[] = []
  /** Tasks of our app that did not exist before, as last seen. */
  readonly tasks = new Map<string, Task>()
  /** Tasks that were seen before their end and are listed no more. */
  readonly vanished = new Set<string>()
  /** Names of tasks that were told to be ours. */
  readonly #ownTasks = new Set<string>()
  /** Deploy tasks that were there before our import was over: somebody else's. */
  readonly #earlyDeploys = new Set<string>()
  #build: string | undefined
  /** Since when nothing has been under way, or a deploy has been over, by our clock. */
  readonly sinceMs: { quiet?: number; deployed?: number } = {}
  quietLooks = 0

  constructor(baseline: Baseline) {
    this.baseline = baseline
  }

  /** Undefined until it is known. */
  get build(): string | undefined {
    return this.#build
  }

  /** What the answer to the import, or a look for it, told. */
  told(taskName: string | undefined, buildName: string | undefined): void {
    if (taskName !== undefined) this.#ownTasks.add(taskName)
    this.#build ??= buildName
  }

  /** Takes in a list of our app's tasks. @returns names of those that were open and are missing */
  see(listed: readonly Task[]): string[] {
    const old = new Set(this.baseline.tasks?.map(({ name }) => name))
    const names = new Set(listed.map(({ name }) => name))
    for (const task of listed) if (!old.has(task.name)) this.tasks.set(task.name, task)
    this.#learn()
    this.#tellEarlyDeploys(names)
    return [...this.tasks.values()]
      .filter(({ name, stage }) => !names.has(name) && stage !== 'end' && stage !== 'error')
      .map(({ name }) => name)
      .filter((name) => !this.vanished.has(name))
  }

  /** No deploy of ours is made before our import is over. */
  #tellEarlyDeploys(listed: ReadonlySet<string>): void {
    const imports = this.own().filter(({ type, isUpload }) => isImport(type) || isUpload)
    const isImporting = imports.some(
      ({ name, stage }) => listed.has(name) && (stage === 'submit' || stage === 'begin'),
    )
    const mkrawMs = Math.max(0, ...this.own('mkraw').map(({ createdMs }) => createdMs ?? 0))
    for (const { name, type, createdMs = mkrawMs } of this.tasks.values()) {
      if (type === 'deploy' && (isImporting || createdMs < mkrawMs)) this.#earlyDeploys.add(name)
    }
  }

  hear(news: News): void {
    this.news.push(news)
    this.#learn()
  }

  /** Our build's tasks, of one type or of all. */
  own(type?: string): Task[] {
    return [...this.tasks.values()].filter(
      (task) => (type === undefined || task.type === type) && this.#isOwn(task),
    )
  }

  /** Tasks that tell no build and may be ours: what comes after the import also comes from training. */
  maybeOwn(): Task[] {
    return [...this.tasks.values()].filter(
      ({ name, build, type, isUpload }) =>
        build === undefined && !isImport(type) && !isUpload && !this.#earlyDeploys.has(name),
    )
  }

  ownNews(): News[] {
    return this.news.filter(({ build }) => isSameBuild(build, this.#build))
  }

  #isOwn(task: Task): boolean {
    if (this.#ownTasks.has(task.name)) return true
    if (task.build !== undefined) return isSameBuild(task.build, this.#build)
    // Training never imports, and the app takes one import at a time.
    return isImport(task.type) || task.isUpload
  }

  /**
   * Our build is the one that a task of ours names, or else the first import since. Where tasks do not
   * tell, the first news of an import does, unless it is of a build that was there before.
   */
  #learn(): void {
    if (this.#build !== undefined) return
    const tasks = [...this.tasks.values()].sort(byCreation)
    const told = tasks.find(({ name, build }) => build && this.#ownTasks.has(name))
    const first = tasks.find(({ type, isUpload, build }) => build && (isUpload || isImport(type)))
    this.#build = told?.build ?? first?.build ?? this.#fromNews()
  }

  #fromNews(): string | undefined {
    const { app, tasks = [] } = this.baseline
    const before = app?.currentBuild
    const isNew = (build: string) =>
      !tasks.some((task) => isSameBuild(task.build, build)) &&
      !(before !== undefined && /^\d+$/.test(build) && Number(build) <= before)
    const imports = this.news.filter(({ type, build }) => isImport(type) && build && isNew(build))
    if (imports[0]?.build !== undefined) return imports[0].build
    // All news of the import was lost: only the very next number can be told to be ours.
    const next = this.news.find(
      ({ build }) => build && Number(build) === (before ?? Number.NaN) + 1,
    )
    return next?.build
  }
}

export function isImport(type: string): boolean {
  return type === 'dltar' || type === 'mkraw'
}

/** `7` and `0007` are the same: paths pad the numbers of builds ("Creating Deployments"). */
export function isSameBuild(one: string | undefined, other: string | undefined): boolean {
  if (one === undefined || other === undefined) return false
  if (one === other) return true
  return /^\d+$/.test(one) && /^\d+$/.test(other) && Number(one) === Number(other)
}

function byCreation(a: Task, b: Task): number {
  return (a.createdMs ?? 0) - (b.createdMs ?? 0)
}
