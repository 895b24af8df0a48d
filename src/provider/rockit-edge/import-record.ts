import { isSameBuild } from './same-build.ts'
import type { App } from './wire/app.ts'
import { mergeFailures } from './wire/failure.ts'
import { isAsFar, isFailed, isImport, isOpen, type Task, type TaskKind } from './wire/task.ts'

/** What can be read; undefined where that is not allowed, or did not work this time. */
export interface Baseline {
  readonly app: App | undefined
  readonly tasks: readonly Task[] | undefined
}

/** What one status check read. */
export interface Reading extends Baseline {
  readonly nowMs: number
}

type Moment = number | undefined

/** So many notices are kept: replayed ones must not fill the memory. */
const MAX_NOTICES = 100

/** All that is known of the one import that this run asked for; it grows with each status check. */
export class ImportRecord {
  /** What there was before our import, so that nothing of it is taken for ours. */
  readonly baseline: Baseline
  /** Tasks of our app that did not exist before, as last read. */
  readonly tasks = new Map<string, Task>()
  readonly #details = new Map<string, Task>()
  /** Tasks that were read before their end, and that are neither listed any more nor readable by name. */
  readonly #lost = new Set<string>()
  /** Tasks that are ours by the reply to the import. */
  readonly #ownTasks = new Set<string>()
  /** Tasks from before our import, which are somebody else's, and builds of such imports. */
  readonly #foreignTasks: Set<string>
  readonly #foreignBuilds: string[] = []
  readonly #isUpload: boolean
  /** Deploy tasks from before our import was over: somebody else's. */
  readonly #earlyDeploys = new Set<string>()
  /** What signed webhooks say, by type and build: the furthest event of each. */
  readonly notices = new Map<string, Task>()
  /** Undefined until it is known. */
  #build: string | undefined
  /** Whether the reply, or a task that it names, says which build is ours. */
  #isBuildNamed = false
  #contenders: readonly string[] = []
  /** Since when no task has been open, and since when and for how many readings the app is idle too. */
  rest: { restedFromMs?: Moment; idleFromMs?: Moment; idleReadings: number } = { idleReadings: 0 }

  /** @param isUpload whether the build is sent by us; a download by ROCKIT Edge has no upload task */
  constructor(baseline: Baseline, isUpload = true) {
    this.baseline = baseline
    this.#isUpload = isUpload
    this.#foreignTasks = new Set(baseline.tasks?.map(({ name }) => name))
  }

  get build(): string | undefined {
    return this.#build
  }

  /** Whether no guess is needed to know which build is ours. */
  get isBuildNamed(): boolean {
    return this.#isBuildNamed
  }

  /**
   * Builds of several imports that were listed together at first, where nothing says which is ours: each
   * of them has to end well. Empty where there is only one.
   */
  get contenders(): readonly string[] {
    return this.#contenders
  }

  /** Takes in what the reply to the import, or a search for it, says. */
  identify(taskName: string | undefined, buildName: string | undefined): void {
    if (taskName !== undefined) this.#ownTasks.add(taskName)
    this.#build ??= buildName
    this.#isBuildNamed = this.#build !== undefined
  }

  /**
   * Takes in a list from before the end of our upload: the imports in it are somebody else's, for ours
   * begins when all has arrived.
   */
  exclude(listed: readonly Task[]): void {
    for (const { name, build } of listed.filter(isImport)) {
      if (this.#ownTasks.has(name)) continue
      this.#foreignTasks.add(name)
      this.tasks.delete(name)
      if (build !== undefined && !this.#isBuildNamed) this.#foreignBuilds.push(build)
    }
    if (this.#build === undefined || !this.#isForeign(this.#build)) return
    this.#build = undefined
    this.#contenders = []
  }

  /** Takes in a list of our app's tasks. @returns names of those that were open and are missing */
  update(listed: readonly Task[]): string[] {
    const names = new Set(listed.map(({ name }) => name))
    for (const task of listed.filter(({ name }) => !this.#foreignTasks.has(name))) {
      this.#lost.delete(task.name)
      this.#set(task)
    }
    this.#findBuild()
    this.#findEarlyDeploys(names)
    const missing = [...this.tasks.values()].filter((task) => !names.has(task.name) && isOpen(task))
    return missing.map(({ name }) => name).filter((name) => !this.#lost.has(name))
  }

  /** Takes in a task as its details have it; later lists, which may say less, do not hide them. */
  addDetails(task: Task): void {
    this.#details.set(task.name, task)
    this.#set(this.tasks.get(task.name) ?? task)
  }

  #set(row: Task): void {
    const details = this.#details.get(row.name)
    this.tasks.set(row.name, details ? withDetails(row, details) : row)
  }

  lose(taskName: string): void {
    this.#lost.add(taskName)
  }

  isLost({ name }: Task): boolean {
    return this.#lost.has(name)
  }

  /** Whether it may still do something. */
  isOpen(task: Task): boolean {
    return isOpen(task) && !this.isLost(task)
  }

  /** Counts how long nothing has been under way, when a status check is complete. */
  noteRest({ app, tasks, nowMs }: Reading): void {
    const isAtWork = [...this.own(), ...this.unnamed()].some((task) => this.isOpen(task))
    const isAtRest = tasks ? !isAtWork : this.ownNotices('deploy')[0]?.stage === 'end'
    const isIdle = isAtRest && app?.isBusy !== true
    const { restedFromMs = nowMs, idleFromMs = nowMs, idleReadings } = this.rest
    this.rest = {
      restedFromMs: isAtRest ? restedFromMs : undefined,
      idleFromMs: isIdle ? idleFromMs : undefined,
      idleReadings: isIdle ? idleReadings + 1 : 0,
    }
  }

  /** Keeps a notice, for accounts that may not read tasks. */
  addNotice(notice: Task): void {
    const key = `${notice.kind} ${notice.build}`
    const known = this.notices.get(key)
    if (!known && this.notices.size >= MAX_NOTICES) return
    this.notices.set(key, {
      ...(known && !isAsFar(notice, known) ? known : notice),
      buildChanged: notice.buildChanged ?? known?.buildChanged,
      dxfName: notice.dxfName ?? known?.dxfName,
    })
    this.#findBuild()
  }

  ownNotices(kind?: TaskKind): Task[] {
    return [...this.notices.values()].filter(
      (notice) => (kind ?? notice.kind) === notice.kind && isSameBuild(notice.build, this.#build),
    )
  }

  /** Our build's tasks, of one kind or of all. */
  own(kind?: TaskKind): Task[] {
    return [...this.tasks.values()].filter(
      (task) => (kind ?? task.kind) === task.kind && this.#isOwn(task),
    )
  }

  /** Tasks that name no build and may be ours: what follows an import also follows a training. */
  unnamed(): Task[] {
    return [...this.tasks.values()].filter(
      (task) =>
        task.build === undefined &&
        (task.kind === 'deploy' || task.kind === 'other') &&
        !this.#earlyDeploys.has(task.name),
    )
  }

  #isOwn(task: Task): boolean {
    if (this.#ownTasks.has(task.name)) return true
    if (task.build !== undefined) {
      return [this.#build, ...this.#contenders].some((build) => isSameBuild(task.build, build))
    }
    // Training never imports, and the app takes one import at a time.
    return this.#isImporting(task)
  }

  /** Whether a task is one that our import may have. */
  #isImporting(task: Task): boolean {
    return isImport(task) || (task.kind === 'upload' && this.#isUpload)
  }

  #isForeign(build: string): boolean {
    return this.#foreignBuilds.some((foreign) => isSameBuild(foreign, build))
  }

  /** No deploy of ours is made before our import is over. */
  #findEarlyDeploys(listed: ReadonlySet<string>): void {
    const imports = this.own().filter((task) => isImport(task) || task.kind === 'upload')
    const isImporting = imports.some((task) => task.stage && listed.has(task.name) && isOpen(task))
    const mkrawMs = Math.max(0, ...this.own('mkraw').map(({ createdMs }) => createdMs ?? 0))
    for (const { name, kind, createdMs = mkrawMs } of this.tasks.values()) {
      if (kind === 'deploy' && (isImporting || createdMs < mkrawMs)) this.#earlyDeploys.add(name)
    }
  }

  /** Our build is the one that a task of ours names, or else the first import since. */
  #findBuild(): void {
    if (this.#build !== undefined) return
    const tasks = [...this.tasks.values()].sort((a, b) => (a.createdMs ?? 0) - (b.createdMs ?? 0))
    const own = tasks.find(({ name, build }) => build && this.#ownTasks.has(name))
    if (own?.build !== undefined) this.identify(undefined, own.build)
    if (this.#build !== undefined) return
    const builds = tasks
      .filter((task) => this.#isImporting(task))
      .flatMap(({ build }) => (build === undefined || this.#isForeign(build) ? [] : build))
    const [first] = builds
    const isClear = builds.every((build) => isSameBuild(build, first))
    this.#contenders = isClear ? [] : [...new Set(builds)]
    this.#build = first ?? this.#buildOfNotices()
  }

  /** The first import that is announced, unless it is of a build that was there before. */
  #buildOfNotices(): string | undefined {
    const before = this.baseline.app?.currentBuild ?? Number.NaN
    const builds = [...this.notices.values()].filter(({ build }) => build !== undefined)
    const first = builds.find(({ kind, build }) => kind !== 'deploy' && !(Number(build) <= before))
    // If every notice of the import was lost: only the very next number is certainly ours.
    return (first ?? builds.find(({ build }) => Number(build) === before + 1))?.build
  }
}

function withDetails(row: Task, details: Task): Task {
  return {
    ...row,
    stage: isFailed(details) ? details.stage : row.stage,
    build: row.build ?? details.build,
    buildChanged: row.buildChanged ?? details.buildChanged,
    dxfName: row.dxfName ?? details.dxfName,
    failure: mergeFailures(row.failure, details.failure),
  }
}
