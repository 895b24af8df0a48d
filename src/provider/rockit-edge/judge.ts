import type { Observation } from '../provider.ts'
import { explainFailure } from './explain.ts'
import { type Findings, factsOf } from './findings.ts'
import { buildChangedOf, changedByApp, dxfNameOf } from './told.ts'
import { isImport, type Tracked } from './tracked.ts'
import { type Failure, mergeFailures } from './wire/failure.ts'
import type { Stage } from './wire/names.ts'
import type { App, Task } from './wire/replies.ts'

/** What one look brought; undefined where it may not be read, or could not be this time. */
export interface Look {
  readonly app: App | undefined
  readonly tasks: readonly Task[] | undefined
  readonly nowMs: number
}

export interface Aim {
  readonly app: string
  readonly waitUntil: 'imported' | 'deployed'
  /** Of the import request, for a failure that tells only what came. */
  readonly expectedBytes: number | undefined
}

/** An app that is still busy when our deploy is over may be at a second deploy of ours. */
const BUSY_GRACE_MS = 60_000
/**
 * After so long without anything under way the state of the app speaks for itself. Between two tasks
 * there may be nothing to see for a while, and what is not certain is not a success.
 */
export const QUIET_MS = 180_000
/** Looks in a row at which nothing is under way, where tasks do not tell whose they are. */
const QUIET_LOOKS = 2

interface Standing {
  stage: Stage | undefined
  failure: Failure
  /** The task that failed, where one is known. */
  taskName: string | undefined
}

/**
 * Judges by our build alone. What is listed decides; verified news counts for what is not listed, or
 * may not be read. An unlisted task never counts as a success by itself.
 */
export function judge(tracked: Tracked, look: Look, aim: Aim): Observation {
  const mkraw = standingOf(tracked, look, (task) => task.type === 'mkraw', 'mkraw')
  const standings = {
    upload: standingOf(tracked, look, (task) => task.isUpload),
    dltar: standingOf(tracked, look, (task) => task.type === 'dltar', 'dltar'),
    mkraw,
    other: standingOf(tracked, look, (task) => isBetween(task)),
    deploy: deployStanding(tracked, look, mkraw),
  }
  const latest = latestOf(tracked, standings)
  const findings: Findings = {
    build: tracked.build,
    buildChanged: buildChangedOf(tracked),
    dxfName: dxfNameOf(tracked, look),
    failure: {},
  }
  const failed = Object.entries(standings).find(([, { stage }]) => isBad(stage))
  if (failed) {
    const [type, { failure, taskName, stage }] = failed
    const told = explainFailure(type, failure, { ...aim, taskName, isExpired: stage === 'expired' })
    const facts = factsOf({ ...findings, failure })
    return { state: 'failed', status: latest.status, known: true, facts, ...told }
  }
  const success = successOf(tracked, look, aim, standings, findings)
  if (success) {
    const buildChanged =
      success.buildChanged ?? findings.buildChanged ?? changedByApp(tracked, look)
    const facts = factsOf({ ...findings, buildChanged })
    const reason = success.reason ?? (buildChanged === false ? UNCHANGED : undefined)
    return {
      state: 'succeeded',
      status: latest.status,
      known: true,
      facts,
      ...(reason && { reason }),
    }
  }
  const next = look.app?.error && 'The app is in an error state; look at its failed tasks.'
  return {
    state: 'pending',
    status: latest.status,
    known: latest.known,
    facts: factsOf(findings),
    ...(next && { next }),
  }
}

const UNCHANGED = 'the build equals the current one, so nothing changed'

function successOf(
  tracked: Tracked,
  look: Look,
  { waitUntil }: Aim,
  { mkraw, deploy }: Record<'mkraw' | 'deploy', Standing>,
  { buildChanged }: Findings,
): { reason?: string; buildChanged?: boolean } | undefined {
  const isImported = mkraw.stage === 'end' || deploy.stage !== undefined
  if (waitUntil === 'imported') return isImported ? {} : undefined
  if (deploy.stage === 'end') {
    return isBusyStill(tracked, look) || isDoubtful(tracked, look) ? undefined : {}
  }
  if (deploy.stage !== undefined) return undefined
  const isUnderWay = tracked
    .own()
    .some(({ name, stage }) => !isOver(stage) && !tracked.vanished.has(name))
  if (buildChanged === false && isImported && !isUnderWay) return {}
  return quietSuccess(tracked, look, mkraw.stage === 'end', isUnderWay)
}

function isBusyStill({ sinceMs }: Tracked, { app, nowMs }: Look): boolean {
  sinceMs.deployed ??= nowMs
  return app?.isBusy === true && nowMs - sinceMs.deployed < BUSY_GRACE_MS
}

/** Its deploy ended by no longer being listed, which an app in an error state does not bear out. */
function isDoubtful(tracked: Tracked, { app }: Look): boolean {
  return (
    app?.error !== undefined && tracked.own('deploy').some(({ name }) => tracked.vanished.has(name))
  )
}

/**
 * Where finished tasks are listed no more, or a build that changed nothing ends without a deploy, only
 * the app is left to tell: it must have been at rest for long.
 */
function quietSuccess(
  tracked: Tracked,
  { app, tasks, nowMs }: Look,
  isImported: boolean,
  isUnderWay: boolean,
) {
  const { sinceMs, baseline } = tracked
  const isQuiet = app?.isBusy === false && !app.error && !app.isLocked && tasks && !isUnderWay
  if (!isQuiet) delete sinceMs.quiet
  else sinceMs.quiet ??= nowMs
  if (!isQuiet || nowMs - (sinceMs.quiet ?? nowMs) < QUIET_MS || !baseline.app) return undefined
  const isNew =
    app.dxfName !== baseline.app.dxfName && app.currentBuild !== baseline.app.currentBuild
  const isSame =
    app.dxfName === baseline.app.dxfName && app.currentBuild === baseline.app.currentBuild
  if (isSame && isImported) {
    const reason = 'nothing followed its import and the app is as before, so nothing changed'
    return { reason, buildChanged: false }
  }
  const isListed = tracked.own().some(({ name }) => tasks.some((task) => task.name === name))
  if (isNew && !isListed) {
    return { reason: 'the app has the new build and is at rest; its deploy task was never listed' }
  }
  return undefined
}

/** Where the tasks that fit stand together: an open one holds all up, a failed one decides. */
function standingOf(
  tracked: Tracked,
  look: Look,
  fits: (task: Task) => boolean,
  newsType?: string,
): Standing {
  const tasks = tracked.own().filter(fits)
  const told = newsStanding(tracked, newsType)
  if (tasks.length === 0 || look.tasks === undefined) return told
  return together(tracked, tasks, told)
}

function together(tracked: Tracked, tasks: readonly Task[], told: Standing): Standing {
  const failed = tasks.find(({ stage }) => isBad(stage))
  if (failed) {
    const failure = mergeFailures(failed.failure, told.failure)
    return { stage: failed.stage, failure, taskName: failed.name }
  }
  // What was open, is listed no more and has not failed (failed ones stay listed) has ended.
  const open = tasks.filter(({ name, stage }) => stage !== 'end' && !tracked.vanished.has(name))
  if (open.length === 0) return { stage: 'end', failure: {}, taskName: undefined }
  const [first] = open
  return { stage: first?.stage ?? 'begin', failure: {}, taskName: first?.name }
}

function newsStanding(tracked: Tracked, type: string | undefined): Standing {
  const news = tracked.ownNews().filter((one) => one.type === type)
  const failed = news.findLast(({ event }) => event === 'error')
  const events = news.map(({ event }) => event)
  const stage = (['error', 'end', 'begin', 'submit'] as const).find((one) => events.includes(one))
  return { stage, failure: failed?.failure ?? {}, taskName: undefined }
}

/**
 * Deploys also come from training. Where tasks tell their build this is no matter. Where they do not,
 * ours is the last one made, judged when nothing at all is under way any more.
 */
function deployStanding(tracked: Tracked, look: Look, mkraw: Standing): Standing {
  const own = standingOf(tracked, look, ({ type }) => type === 'deploy', 'deploy')
  const maybe = tracked.maybeOwn()
  const deploys = maybe.filter(({ type }) => type === 'deploy')
  const isMine = deploys.length > 0 && mkraw.stage === 'end'
  if (!isMine || look.tasks === undefined) return own
  const isOpen = ({ name, stage }: Task) => !isOver(stage) && !tracked.vanished.has(name)
  const isAtRest = !maybe.some(isOpen) && look.app?.isBusy !== true
  tracked.quietLooks = isAtRest ? tracked.quietLooks + 1 : 0
  const newest = Math.max(...deploys.map(({ createdMs }) => createdMs ?? 0))
  const last = deploys.filter(({ createdMs }) => (createdMs ?? 0) === newest)
  const standing = together(tracked, last, own)
  const isTold = own.stage === 'end' || own.stage === 'error'
  if (!isAtRest || (!isTold && tracked.quietLooks < QUIET_LOOKS)) {
    return { stage: 'begin', failure: {}, taskName: undefined }
  }
  return standing
}

function isBetween({ type, isUpload }: Task): boolean {
  return type !== 'deploy' && !isImport(type) && !isUpload
}

function isOver(stage: Stage | undefined): boolean {
  return stage === 'end' || isBad(stage)
}

function isBad(stage: Stage | undefined): boolean {
  return stage === 'error' || stage === 'expired'
}

/** The status as the log shows it: the furthest task and where it stands. */
function latestOf(
  tracked: Tracked,
  standings: Record<string, Standing>,
): { status: string; known: boolean } {
  const furthest = Object.entries(standings).findLast(([, { stage }]) => stage !== undefined)
  if (!furthest) {
    const odd = tracked.own().find(({ stage }) => stage === undefined)
    return odd
      ? { status: `${odd.type} ${odd.status}`, known: false }
      : { status: 'accepted', known: true }
  }
  const [type, { stage, taskName }] = furthest
  const task = taskName === undefined ? undefined : tracked.tasks.get(taskName)
  if (task && task.stage === undefined)
    return { status: `${task.type} ${task.status}`, known: false }
  const named = tracked.own().findLast(isBetween)
  return { status: `${type === 'other' ? (named?.type ?? type) : type} ${stage}`, known: true }
}
