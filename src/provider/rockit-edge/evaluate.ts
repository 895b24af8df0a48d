import type { Observation } from '../provider.ts'
import { explainFailure, type FailureScene } from './explain.ts'
import { type Findings, factsOf } from './facts.ts'
import type { ImportRecord, Reading } from './import-record.ts'
import { isSameBuild } from './same-build.ts'
import { isFailed, type Stage, type Task, type TaskKind } from './wire/task.ts'

export interface Goal extends FailureScene {
  readonly waitUntil: 'imported' | 'deployed'
}

/** An app that is still busy when our deploy is over may be at a second deploy of ours. */
const BUSY_GRACE_MS = 60_000
/** If no deploy task is seen: how long nothing may be under way before it is over. It is so between two tasks too. */
export const REST_MS = 180_000
/** If tasks do not name their build: status checks in a row at which nothing is under way. */
const REST_READINGS = 2

/** Where all tasks of one kind stand together, by the one that decides. */
interface Step {
  readonly task: Task
  /** `lost`: last read before its end, and then neither listed nor known by name. */
  readonly stage: Stage | 'lost' | undefined
}

const KINDS: readonly TaskKind[] = ['upload', 'dltar', 'mkraw', 'other', 'deploy']

/**
 * Where our build stands. Tasks decide, and webhooks only where tasks may not be read. A success needs
 * evidence: seeing no failure is none.
 */
export function evaluate(record: ImportRecord, reading: Reading, goal: Goal): Observation {
  const steps = reading.tasks ? stepsOfTasks(record) : stepsOf(record, record.ownNotices())
  const findings = findingsOf(record, reading, steps)
  const base = statusOf(steps.at(-1))
  const failed = steps.find(({ task }) => isFailed(task))?.task
  if (failed) {
    const facts = factsOf(findings, failed.failure)
    return { ...base, state: 'failed', facts, ...explainFailure(failed, goal) }
  }
  if (!isProven(record, reading, goal, steps, findings.buildChanged)) {
    return { ...base, state: 'pending', facts: factsOf(findings), next: adviceFor(record, reading) }
  }
  const changes = changesOf(record, reading)
  const { buildChanged = changes.length > 0 ? changes.includes('new') : undefined } = findings
  const facts = factsOf({
    ...findings,
    buildChanged,
    dxfName: findings.dxfName ?? reading.app?.dxfName,
  })
  const reason = reading.app?.error
    ? `the app is in an error state (${reading.app.error}): check its failed tasks in ROCKIT Edge`
    : buildChanged === false && 'the build equals the current one, so nothing changed'
  return { ...base, state: 'succeeded', facts, ...(reason && { reason }) }
}

/** Whether something shows that it went well. */
function isProven(
  record: ImportRecord,
  reading: Reading,
  { waitUntil }: Goal,
  steps: readonly Step[],
  buildChanged: boolean | undefined,
): boolean {
  if (!record.contenders.every((build) => isThrough(record, build, waitUntil))) return false
  const [mkraw, deploy] = [stepOf(steps, 'mkraw'), stepOf(steps, 'deploy')]
  const { nowMs } = reading
  const changes = changesOf(record, reading)
  const isNew = changes.includes('new') && isHealthy(reading)
  if (waitUntil === 'imported') {
    return mkraw?.stage === 'end' || deploy !== undefined || (mkraw?.stage === 'lost' && isNew)
  }
  if (deploy?.stage === 'end') {
    return (
      reading.app?.isBusy !== true || nowMs - (record.rest.restedFromMs ?? nowMs) >= BUSY_GRACE_MS
    )
  }
  if (deploy) return deploy.stage === 'lost' && isNew
  if (record.own().some((task) => record.isOpen(task))) return false
  if (buildChanged === false && isOver(mkraw)) return isHealthy(reading)
  // Where finished tasks are not listed, the deploy may have come and gone between two checks.
  const isListed = record.own().some((own) => reading.tasks?.some(({ name }) => name === own.name))
  const isWholly = isNew && !changes.includes('same') && reading.app?.isBusy === false
  return isWholly && !isListed && nowMs - (record.rest.idleFromMs ?? nowMs) >= REST_MS
}

/** Whether tasks show that one of several builds, each of which may be ours, is where ours is to be. */
function isThrough(record: ImportRecord, build: string, waitUntil: Goal['waitUntil']): boolean {
  const tasks = record.own().filter((task) => isSameBuild(task.build, build))
  if (tasks.some(({ kind, stage }) => kind === 'deploy' && stage === 'end')) return true
  return (
    waitUntil === 'imported' && tasks.some(({ kind, stage }) => kind === 'mkraw' && stage === 'end')
  )
}

/** Not at work and without an error, as far as the app may be read. */
function isHealthy({ app }: Reading): boolean {
  return app?.isBusy !== true && app?.error === undefined && app?.isLocked !== true
}

/** How build and image of the app compare with those before; nothing for what is not known. */
function changesOf({ baseline }: ImportRecord, { app }: Reading): ('new' | 'same')[] {
  if (!baseline.app || !app) return []
  const { currentBuild, dxfName } = baseline.app
  const compare = <T>(old: T, now: T): 'new' | 'same' | [] =>
    now === undefined ? [] : old === now ? 'same' : 'new'
  return [compare(currentBuild, app.currentBuild), compare(dxfName, app.dxfName)].flat()
}

/** What holds however it ends: nothing of the build before counts as ours. */
function findingsOf(
  record: ImportRecord,
  { app, tasks }: Reading,
  steps: readonly Step[],
): Findings {
  const sources = tasks ? record.own() : record.ownNotices()
  const said = sources.map(({ buildChanged }) => buildChanged)
  const oldName = record.baseline.app?.dxfName
  const isImported = isOver(stepOf(steps, 'mkraw')) || stepOf(steps, 'deploy') !== undefined
  const names = [...sources, ...(isImported && app ? [app] : [])].map(({ dxfName }) => dxfName)
  return {
    build: record.build,
    buildChanged: said.includes(true) || (said.includes(false) ? false : undefined),
    dxfName: names.find((name) => name !== undefined && name !== oldName),
  }
}

function adviceFor(record: ImportRecord, { app }: Reading): string {
  const upload = record.own('upload').find((task) => record.isOpen(task))
  // Another may be held up by it, and nobody else would name it.
  if (upload) {
    return `The upload task ${upload.name} is still open, though the storage host has taken the build: expire it by PATCH /be/v1/tasks before you publish again, for it may lock the app.`
  }
  return app?.error
    ? `The app is in an error state (${app.error}): check its failed tasks in ROCKIT Edge.`
    : 'Raise timeout when it only needs longer: a large build takes its time to be imported and published. Otherwise check the tasks of the app in ROCKIT Edge.'
}

function stepOf(steps: readonly Step[], kind: TaskKind): Step | undefined {
  return steps.find(({ task }) => task.kind === kind)
}

function isOver(step: Step | undefined): boolean {
  return step?.stage === 'end' || step?.stage === 'lost'
}

function stepsOf(record: ImportRecord, tasks: readonly Task[]): Step[] {
  const kinds = KINDS.map((kind) => tasks.filter((task) => task.kind === kind))
  return kinds.flatMap((ofKind) => together(record, ofKind) ?? [])
}

function stepsOfTasks(record: ImportRecord): Step[] {
  const steps = stepsOf(
    record,
    record.own().filter(({ kind }) => kind !== 'deploy'),
  )
  const deploy = deployStep(record, isOver(stepOf(steps, 'mkraw')))
  return deploy ? [...steps, deploy] : steps
}

/** Tasks of one kind: a failed one decides, then an open one, then one whose end nobody saw. */
function together(record: ImportRecord, tasks: readonly Task[]): Step | undefined {
  const task =
    tasks.find(isFailed) ??
    tasks.find((one) => record.isOpen(one)) ??
    tasks.find((one) => record.isLost(one)) ??
    tasks[0]
  return task && { task, stage: record.isLost(task) ? 'lost' : task.stage }
}

/**
 * Training makes deploys as well. Where tasks name their build this does not matter. Where they do
 * not, ours is the last one, and counts when nothing at all is under way any more.
 */
function deployStep(record: ImportRecord, isImportOver: boolean): Step | undefined {
  const own = record.own('deploy')
  const unnamed = record.unnamed().filter(({ kind }) => kind === 'deploy')
  if (unnamed.length === 0 || !isImportOver) return together(record, own)
  const newestMs = Math.max(...unnamed.map(({ createdMs = 0 }) => createdMs))
  const last = unnamed.filter(({ createdMs = 0 }) => createdMs === newestMs)
  const step = together(record, [...own, ...last])
  if (!step || record.rest.idleReadings >= REST_READINGS) return step
  return { task: { ...step.task, stage: 'begin' }, stage: 'begin' }
}

/** The status as the log shows it: the furthest step and where it stands. */
function statusOf(step: Step | undefined): { status: string; known: boolean } {
  if (!step) return { status: 'accepted', known: true }
  const { kind, type, stage, status } = step.task
  if (!stage) return { status: `${type} ${status}`, known: false }
  return { status: `${kind === 'other' ? type : kind} ${stage}`, known: true }
}
