import { withoutQuery } from './findings.ts'
import type { Failure } from './wire/failure.ts'

export interface FailureScene {
  readonly app: string
  readonly taskName: string | undefined
  /** What `build-size` said. */
  readonly expectedBytes: number | undefined
  readonly isExpired: boolean
}

/** Why a task failed and what to do about it, in words. @param type the type of the failed task */
export function explainFailure(
  type: string,
  failure: Failure,
  scene: FailureScene,
): { reason: string; next: string } {
  if (type === 'deploy') return explainDeploy(failure, scene)
  const { file, download, message } = failure
  if (file) {
    const found = file.typeDetected && `found ${file.typeDetected}`
    const expected = file.typeExpected && `expected ${file.typeExpected}`
    const types = [expected, found].filter(Boolean).join(', ')
    return {
      reason: `the file ${file.filename ?? '(not named)'} could not be read${types ? `: ${types}` : ''}`,
      next: 'Mend this file of the build and publish again.',
    }
  }
  if (download || type === 'dltar') return explainDownload(download ?? {}, message, scene)
  if (scene.isExpired) {
    return {
      reason: 'its upload expired',
      next: 'Somebody or something expired it: publish again.',
    }
  }
  const task = scene.taskName ? ` of the task ${scene.taskName}` : ''
  return {
    reason: message ?? 'no reason is told',
    next: `Look at the details${task} in ROCKIT Edge, and publish again.`,
  }
}

function explainDownload(
  download: NonNullable<Failure['download']>,
  message: string | undefined,
  scene: FailureScene,
): { reason: string; next: string } {
  const { httpStatus, exitCode, sizeBytes, actualBytes = sizeBytes } = download
  const expectedBytes = download.expectedBytes ?? scene.expectedBytes
  const what = download.url ? `the download of ${withoutQuery(download.url)}` : 'the download'
  const isGood = (httpStatus === undefined || httpStatus < 400) && !exitCode
  if (isGood && actualBytes !== undefined && expectedBytes !== undefined) {
    if (actualBytes !== expectedBytes) {
      return {
        reason: `${what} is ${actualBytes} bytes long, not ${expectedBytes} as build-size says`,
        next: 'Correct build-size, or upload the file anew, and publish again.',
      }
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
    reason: `${what} failed: ${parts.length > 0 ? parts.join(', ') : 'no reason is told'}`,
    next: 'Check that ROCKIT Edge reaches build-url and that it has not expired, and publish again.',
  }
}

function explainDeploy(
  { deployments, message }: Failure,
  { app, taskName }: FailureScene,
): { reason: string; next: string } {
  const { failed = [], succeeded = [] } = deployments ?? {}
  const where = failed.length > 0 ? `on ${failed.join(', ')}` : 'on at least one deployment'
  const good = succeeded.length > 0 ? `, succeeded on ${succeeded.join(', ')}` : ''
  const why = message ? ` (${message})` : ''
  return {
    reason: `publishing failed ${where}${good}${why}; the app ${app} is locked until this is resolved`,
    next: `Mend ${failed.join(', ') || 'the deployment'} (credentials, reachability of the origin) by PATCH /be/v1/deployments and retry the task${taskName ? ` ${taskName}` : ''} by POST /be/v1/trigger, or take the deployment off the app by PATCH /be/v1/apps. Either unlocks the app.`,
  }
}
