import { abortLater } from '../../../base/clock.ts'
import { ActionError } from '../../../base/errors.ts'
import { asSentence } from '../../../base/sentence.ts'
import type { Call } from '../../call.ts'
import { budget } from '../budget.ts'
import { type Image, isSameImage } from '../image.ts'
import type { VersionInputs } from '../version-inputs.ts'
import { canPause, fetchVersion, type VersionApi, versionPath } from './api.ts'
import { type Decision, decideVersion } from './decide.ts'
import { writeRefusal } from './errors.ts'
import type { VersionPlan } from './plan.ts'
import { readBack } from './read-back.ts'
import type { Version } from './version.ts'
import { LINGER_MS, WRITE_PAUSES_MS, write } from './write.ts'

/** What became of the version. */
export interface EnsureResult {
  readonly action: VersionPlan['action']
  readonly version: string
  readonly image: Image | undefined
  readonly previousImage: Image | undefined
}

/**
 * Carries the plan out for the version that is deployed. Names are unique at Edgegap, so a create may
 * be repeated once a read has shown that the version is not there; a change may be repeated anyway.
 *
 * @throws ActionError when the version could not be made or moved; what it is like then is unknown
 *   only if the last reads failed too, which the error says
 */
export async function ensureVersion(
  api: VersionApi,
  settings: VersionInputs,
  plan: VersionPlan,
  call: Call,
): Promise<EnsureResult> {
  const { version, ensure } = plan
  if (ensure === undefined) {
    return { version, action: plan.action, image: plan.image, previousImage: undefined }
  }
  const { image } = ensure
  const decide = (existing: Version | undefined) =>
    decideVersion(settings, image, existing, ensure.template)
  const decision = await carryOut({ api, settings, image, decide }, ensure.decision, call)
  return { version, action: decision.action, image, previousImage: decision.previousImage }
}

interface Task {
  api: VersionApi
  settings: VersionInputs
  image: Image
  decide: (existing: Version | undefined) => Decision
}

async function carryOut(task: Task, planned: Decision, call: Call): Promise<Decision> {
  const { api } = task
  const rest = budget(api.clock, call)
  const signal = abortLater(call.signal, LINGER_MS, api.clock)
  const afterCancel = () => ({ ...rest(), signal })
  let decision = await decideAgain(task, planned, rest())
  let mayBeOurs = false
  for (let attempt = 0; decision.body !== undefined; attempt++) {
    if (call.signal.aborted) throw givenUp(task, decision)
    const result = await send(task, decision, afterCancel())
    if (result.kind === 'done') {
      if (decision.action === 'created') await whenReadable(task, rest())
      else await whenMoved(task, decision, rest())
      return decision
    }
    const isRace = result.kind === 'refused' && isNameTaken(decision, result.reply.status)
    if (result.kind === 'refused' && !isRace) throw refuse(task, decision, result.reply)
    mayBeOurs ||= result.kind === 'unknown'
    const pauseMs = WRITE_PAUSES_MS[attempt]
    const error = result.kind === 'unknown' ? result.error : refuse(task, decision, result.reply)
    const existing = await readAfter(task, decision, error, afterCancel())
    if (mayBeOurs && isDone(task, decision, existing)) return decision
    const next = task.decide(existing)
    // Another job made it first or moved it, with the same image or, where it may be moved, with any.
    decision = next.action === decision.action ? withImageBefore(next, decision) : next
    if (decision.body === undefined) return decision
    if (pauseMs === undefined || !(await canPause(api, error, pauseMs, rest()))) {
      throw mayBeOurs && decision.action === 'created' ? mayExist(task, error) : error
    }
  }
  return decision
}

/**
 * An update replaces all variables, and what the version had before is reported: both are taken from
 * what it is like now, and not from what the plan saw.
 */
async function decideAgain(task: Task, planned: Decision, call: Call): Promise<Decision> {
  const { api, settings, decide } = task
  if (planned.action !== 'updated' || call.signal.aborted) return planned
  try {
    return decide(await fetchVersion(api, settings.version, call))
  } catch (thrown) {
    throw call.signal.aborted ? givenUp(task, planned) : thrown
  }
}

/**
 * A deployment of a version that is not known everywhere yet would be refused. How long Edgegap takes
 * is not documented; if it takes longer than this, or cannot be read, the deploy says so itself.
 */
async function whenReadable({ api, settings }: Task, call: Call): Promise<void> {
  const rest = budget(api.clock, call)
  for (const pauseMs of WRITE_PAUSES_MS) {
    try {
      if ((await fetchVersion(api, settings.version, rest())) !== undefined) return
    } catch {
      return
    }
    await api.clock.sleep(pauseMs, call.signal)
  }
}

/**
 * An accepted change is read back: a server of a version that shows another image all the same would
 * be reported as one of ours.
 *
 * @throws ActionError when the version still shows another image, or somebody else's
 */
async function whenMoved(task: Task, { previousImage }: Decision, call: Call): Promise<void> {
  const { api, settings, image } = task
  const move = {
    ...{ version: settings.version, from: previousImage, to: image },
    next: 'Look at the version in the dashboard: another job may have moved it in the same moment. If so, run the job again.',
  }
  const read = await readBack(api, move, WRITE_PAUSES_MS, call)
  // A cancel is what the step tells of then.
  if ('error' in read && !call.signal.aborted) throw read.error
}

/** Reads may be behind, so what they do not show may be there all the same. */
function mayExist({ settings }: Task, error: ActionError): ActionError {
  return new ActionError({
    kind: error.kind,
    what: `${asSentence(error.message)} An answer was lost, so the version ${settings.version} may exist all the same`,
    next: 'Run the job again: it goes on from what is there.',
    request: error.request,
    cause: error,
  })
}

function givenUp({ settings }: Task, { action }: Decision): ActionError {
  const { version } = settings
  return new ActionError({
    kind: 'cancelled',
    what: `The run was cancelled before the version ${version} was ${action}`,
  })
}

/** @throws ActionError that tells of the write, and not only of the read that failed after it */
async function readAfter(
  { api, settings }: Task,
  decision: Decision,
  error: ActionError,
  call: Call,
): Promise<Version | undefined> {
  try {
    return await fetchVersion(api, settings.version, call)
  } catch (thrown) {
    throw new ActionError({
      kind: error.kind,
      what: `${describeWrite(settings, decision.action)}, or its answer was lost: ${error.message}`,
      next: 'Run the job again: it goes on from what is there.',
      request: error.request,
      cause: thrown,
    })
  }
}

/** Whether a write whose reply was lost has come about. */
function isDone(
  { image, decide }: Task,
  decision: Decision,
  existing: Version | undefined,
): boolean {
  if (existing === undefined || !isSameImage(existing.image, image)) return false
  if (decision.action === 'created') return true
  // Secret values cannot be seen: a change of one is sent again.
  return decide(existing).changes.length === 0
}

/** What was changed in part shows our image already: then the one before is known from before. */
function withImageBefore(next: Decision, { previousImage }: Decision): Decision {
  return { ...next, previousImage: next.previousImage ?? previousImage }
}

function isNameTaken({ action }: Decision, status: number): boolean {
  return action === 'created' && status === 409
}

function send({ api, settings }: Task, { action, body }: Decision, call: Call) {
  const path = versionPath(api, settings.version)
  const what = describeWrite(settings, action)
  return action === 'created'
    ? write(api, { method: 'POST', path: path.slice(0, path.lastIndexOf('/')), body }, what, call)
    : write(api, { method: 'PATCH', path, body }, what, call)
}

function refuse(
  { api, settings, image }: Task,
  { action, body = {} }: Decision,
  reply: Parameters<typeof writeRefusal>[1],
): ActionError {
  return writeRefusal(api, reply, describeWrite(settings, action), {
    image,
    hasLogin: settings.registryLogin !== undefined,
    hasResources: action === 'updated' && 'req_cpu' in body,
  })
}

function describeWrite({ version }: VersionInputs, action: Decision['action']): string {
  return `Edgegap did not ${action === 'created' ? 'create' : 'update'} the version ${version}`
}
