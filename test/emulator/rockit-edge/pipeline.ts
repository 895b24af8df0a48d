import type { Timers } from '../edgegap/timers.ts'
import { newDxfName } from './app.ts'
import type { Build } from './build.ts'
import type { PipelineEvent } from './pipeline-event.ts'
import { type Script, type Step, type TaskType, taskTypes } from './script.ts'
import type { RockitEdgeSettings } from './settings.ts'
import type { Task, TaskStatus, Tasks } from './task.ts'

export interface Pipeline {
  start(build: Build, script: Script): void
  /** Goes through the script's steps from this task's on once more. */
  retry(task: Task, script: Script): void
}

const statusAfter: Readonly<Record<Step['event'], TaskStatus>> = {
  submit: 'submitted',
  begin: 'started',
  end: 'ended',
  error: 'failed',
}

/** Moves builds through their tasks; `announce` gets each event. */
export function createPipeline(
  settings: RockitEdgeSettings,
  timers: Timers,
  tasks: Tasks,
  announce: (event: PipelineEvent) => void,
): Pipeline {
  function run(build: Build, script: Script, types: readonly TaskType[]): void {
    const steps = script.filter(({ type }) => types.includes(type))
    const first = steps[0]
    if (first === undefined) return
    // What is left out takes no time either.
    const skippedMs = first.afterMs - (script[0]?.afterMs ?? 0)
    const startedAt = performance.now() - skippedMs
    // One after the other: timers that are late together strike in any order.
    const goOn = ([step, ...rest]: readonly Step[]): void => {
      if (step === undefined) return
      const isLast = rest.length === 0 && step.event === 'end'
      timers.after(Math.max(0, startedAt + step.afterMs - performance.now()), () => {
        move(build, step, isLast, types)
        goOn(rest)
      })
    }
    goOn(steps)
  }

  function move(build: Build, step: Step, isLast: boolean, types: readonly TaskType[]): void {
    const task = tasks.of(build, step.type) ?? tasks.create(build, step.type, 'submitted')
    task.status = statusAfter[step.event]
    task.failure = step.event === 'error' ? (step.failure ?? { kind: 'unexplained' }) : undefined
    task.updated = new Date()
    if (step.warning !== undefined) task.warnings = [...task.warnings, step.warning]
    task.wire = { ...task.wire, ...step.wire?.task }
    if (step.buildChanged !== undefined) build.buildChanged = step.buildChanged
    touchApp(build, step, settings)
    // A pipeline ends before `deploy` where there is nothing to publish.
    const hasNothingMore = build.buildChanged === false || !types.includes('deploy')
    if (step.event === 'error') settle(build, 'failed', step.type === 'deploy')
    else if (step.type === 'deploy' && step.event === 'end') settle(build, 'succeeded')
    else if (isLast && hasNothingMore) settle(build, 'succeeded')
    announce({
      at: performance.now(),
      type: step.type,
      event: step.event,
      appName: build.app.name,
      buildName: build.name,
      dxfName: build.dxfName,
      buildChanged: build.buildChanged,
      failure: task.failure,
      taskName: task.name,
      build,
      step,
    })
  }

  return {
    start(build, script) {
      build.startedAt = performance.now()
      run(build, script, typesFor(build, settings))
    },
    retry(task, script) {
      const { build } = task
      build.settledAt = undefined
      build.outcome = undefined
      const from = taskTypes.indexOf(task.type as TaskType)
      run(
        build,
        script,
        typesFor(build, settings).filter((type) => taskTypes.indexOf(type) >= from),
      )
    },
  }
}

function typesFor({ mode, origin, app }: Build, settings: RockitEdgeSettings): TaskType[] {
  const hasDownload = mode === 'url' || settings.dltarAfterUpload
  const hasDeploy = app.deployments.length > 0 || settings.deployWithoutDeployments
  return taskTypes.filter((type) => {
    if (type === 'dltar') return origin === 'import' && hasDownload
    return type !== 'deploy' || hasDeploy
  })
}

/** What the step does to the app; the meaning of the two flags is a guess. */
function touchApp(build: Build, { type, event, wire }: Step, settings: RockitEdgeSettings): void {
  const { app } = build
  app.updated = new Date()
  if (type === 'deploy') app.activities.set(build, 'exporting')
  else if (type !== 'dltar') app.activities.set(build, 'processing')
  if (event === 'end') {
    if (type === 'mkraw') build.importedAt = performance.now()
    // Nothing new is made of a build that equals the current one.
    if (build.buildChanged === false) build.dxfName = app.dxfName
    if (type === 'mkraw' && settings.idleBetweenTasks) app.activities.delete(build)
    if (type === 'image') app.activities.delete(build)
    const isRise = type === settings.buildNumberRisesAt && build.origin === 'import'
    if (isRise && build.buildChanged !== false) app.currentBuild += 1
    if (type === 'image' && build.buildChanged !== false) {
      build.dxfName = newDxfName()
      app.dxfName = build.dxfName
    }
  }
  app.wire = { ...app.wire, ...wire?.app }
}

/** Ends the build. A failed publish leaves the app locked (page "Subscribe"). */
function settle(build: Build, outcome: 'succeeded' | 'failed', isPublishFailure = false): void {
  const { app } = build
  app.activities.delete(build)
  build.outcome = outcome
  build.settledAt = performance.now()
  if (isPublishFailure) {
    app.isLocked = true
    app.error = 'publishing failed on at least one deployment'
  } else if (build.origin === 'import' || (app.error !== undefined && outcome === 'succeeded')) {
    app.isLocked = false
    app.error = undefined
  }
}
