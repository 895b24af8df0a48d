import { withoutQuery } from './facts.ts'
import { type Failure, isWrongSize } from './wire/failure.ts'
import type { Task } from './wire/task.ts'

const NO_REASON = 'ROCKIT Edge gives no reason'

/** What was to be published. */
export interface FailureScene {
  readonly app: string
  /** `build-size`, for a failure that says only what came. */
  readonly expectedBytes: number | undefined
}

type Explanation = { reason: string; next: string }

/** Why a task failed and what to do about it, in words. */
export function explainFailure(task: Task, scene: FailureScene): Explanation {
  const { kind, stage, name, failure } = task
  if (kind === 'deploy') return explainDeploy(task, scene)
  if (kind === 'dltar') return explainDownload(failure, scene)
  const { filename, typeExpected, typeDetected, message } = failure
  if (filename ?? typeExpected ?? typeDetected) {
    const expected = typeExpected && `expected ${typeExpected}`
    const types = [expected, typeDetected && `found ${typeDetected}`].filter(Boolean).join(', ')
    return {
      reason: `the file ${filename ?? '(not named)'} could not be read${types ? `: ${types}` : ''}`,
      next: 'Fix this file of the build and publish again.',
    }
  }
  if (stage === 'expired') {
    return { reason: 'its upload task expired before the build was there', next: 'Publish again.' }
  }
  return {
    reason: message ?? NO_REASON,
    next: `Check the details${name && ` of the task ${name}`} in ROCKIT Edge, then publish again.`,
  }
}

function explainDownload(failure: Failure, scene: FailureScene): Explanation {
  const { url, httpStatus, exitCode, sizeBytes, message } = failure
  const { actualBytes = sizeBytes, expectedBytes = scene.expectedBytes } = failure
  const what = url ? `the download of ${withoutQuery(url)}` : 'the download'
  const isGood = (httpStatus === undefined || httpStatus < 400) && !exitCode
  if (isGood && isWrongSize({ actualBytes, expectedBytes })) {
    return {
      reason: `${what} is ${actualBytes} bytes long, not ${expectedBytes} as build-size says`,
      next: 'Correct build-size, or upload the file again, and publish again.',
    }
  }
  const parts = [
    httpStatus === undefined ? '' : `HTTP ${httpStatus}`,
    exitCode === undefined ? '' : `exit code ${exitCode}`,
    actualBytes === undefined ? '' : `${actualBytes} bytes`,
    expectedBytes === undefined ? '' : `${expectedBytes} expected`,
    message ?? '',
  ].filter(Boolean)
  return {
    reason: `${what} failed: ${parts.join(', ') || NO_REASON}`,
    next: 'Check that ROCKIT Edge reaches build-url and that it has not expired, and publish again.',
  }
}

function explainDeploy({ name, failure }: Task, { app }: FailureScene): Explanation {
  const { failed = [], succeeded = [], message } = failure
  const where = failed.length > 0 ? `on ${failed.join(', ')}` : 'on at least one deployment'
  const good = succeeded.length > 0 ? `, succeeded on ${succeeded.join(', ')}` : ''
  const why = message ? ` (${message})` : ''
  return {
    reason: `publishing failed ${where}${good}${why}; the app ${app} is locked until this is resolved`,
    next: `Fix ${failed.join(', ') || 'the deployment'} (credentials, reachability of the origin) by PATCH /be/v1/deployments and retry the task${name && ` ${name}`} by POST /be/v1/trigger, or take the deployment off the app by PATCH /be/v1/apps. Either unlocks the app.`,
  }
}
