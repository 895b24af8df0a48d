import { asObject, numberOf, rawOf, textOf, textsOf } from './json.ts'
import { NAMES } from './names.ts'

/** Why a task failed, as far as it was told; each part may be told in part only. */
export interface Failure {
  readonly download?: {
    readonly url?: string | undefined
    readonly httpStatus?: number | undefined
    readonly exitCode?: number | undefined
    readonly sizeBytes?: number | undefined
    readonly actualBytes?: number | undefined
    readonly expectedBytes?: number | undefined
  }
  readonly file?: {
    readonly filename?: string | undefined
    readonly typeExpected?: string | undefined
    readonly typeDetected?: string | undefined
  }
  readonly deployments?: { readonly failed: string[]; readonly succeeded: string[] }
  readonly message?: string
}

const { failure: F, task: T } = NAMES

/**
 * Reads the failure of a task or of a webhook. Its parts may hang under `exception` and `error` by
 * their own names, directly under these two, or on the task itself.
 */
export function readFailure(from: unknown): Failure {
  const exception = rawOf(from, T.exception)
  const error = rawOf(from, T.error)
  const places = [rawOf(exception, F.download), rawOf(from, F.download), exception, from]
  const filePlaces = [rawOf(exception, F.file), rawOf(from, F.file), exception]
  const deploymentPlaces = [rawOf(error, F.deployment), rawOf(from, F.deployment), error, from]
  const download = readDownload(places)
  const file = readFile(filePlaces)
  const deployments = readDeployments(deploymentPlaces)
  const message = readMessage(from, exception, error)
  return {
    ...(download && { download }),
    ...(file && { file }),
    ...(deployments && { deployments }),
    ...(message !== undefined && { message }),
  }
}

function readDownload(places: readonly unknown[]): Failure['download'] | undefined {
  const number = (name: (typeof F)[keyof typeof F]) =>
    places.map((place) => numberOf(place, name)).find((value) => value !== undefined)
  const download = {
    httpStatus: number(F.httpStatus),
    exitCode: number(F.exitCode),
    actualBytes: number(F.actualBytes),
    expectedBytes: number(F.expectedBytes),
    sizeBytes: number(F.sizeBytes),
  }
  // A URL or a size alone may stand on any task: they tell of no failure.
  const { sizeBytes: _, ...telling } = download
  const [own] = places
  const isTold = Object.values(telling).some(Boolean) || Object.keys(asObject(own)).length > 0
  if (!isTold) return undefined
  const url = places.map((place) => textOf(place, F.url)).find(Boolean)
  const isEmpty = !url && !Object.values(download).some(Boolean)
  return isEmpty ? undefined : { ...download, url }
}

function readFile(places: readonly unknown[]): Failure['file'] | undefined {
  for (const place of places) {
    const filename = textOf(place, F.filename)
    const typeExpected = textOf(place, F.typeExpected)
    const typeDetected = textOf(place, F.typeDetected)
    if (filename ?? typeExpected ?? typeDetected) return { filename, typeExpected, typeDetected }
  }
  return undefined
}

function readDeployments(places: readonly unknown[]): Failure['deployments'] | undefined {
  for (const place of places) {
    const failed = textsOf(place, F.failed)
    const succeeded = textsOf(place, F.succeeded)
    if (failed.length > 0 || succeeded.length > 0) return { failed, succeeded }
  }
  return undefined
}

function readMessage(from: unknown, exception: unknown, error: unknown): string | undefined {
  for (const text of [error, exception]) if (typeof text === 'string') return text
  return textOf(error, T.message) ?? textOf(exception, T.message) ?? textOf(from, T.message)
}

/**
 * Whether a failure speaks for itself, whatever state is told beside it. The vendor's example shows
 * every part in every webhook, so parts that only hold zeros and a good HTTP status say nothing.
 */
export function isTelling({ download, file, deployments }: Failure): boolean {
  const { httpStatus = 0, exitCode = 0, actualBytes, expectedBytes } = download ?? {}
  const isMismatch =
    actualBytes !== undefined && expectedBytes !== undefined && actualBytes !== expectedBytes
  return (
    httpStatus >= 400 ||
    exitCode !== 0 ||
    isMismatch ||
    file?.filename !== undefined ||
    (deployments?.failed.length ?? 0) > 0
  )
}

/** Two tellings of the same failure as one; the first wins where both say something. */
export function mergeFailures(first: Failure, second: Failure): Failure {
  const download = mergeParts(first.download, second.download)
  const file = mergeParts(first.file, second.file)
  const deployments = first.deployments ?? second.deployments
  const message = first.message ?? second.message
  return {
    ...(download && { download }),
    ...(file && { file }),
    ...(deployments && { deployments }),
    ...(message !== undefined && { message }),
  }
}

function mergeParts<T extends object>(first: T | undefined, second: T | undefined): T | undefined {
  if (!first || !second) return first ?? second
  const told = Object.entries(first).filter(([, value]) => value !== undefined)
  return { ...second, ...Object.fromEntries(told) }
}
