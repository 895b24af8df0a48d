import { fields, integer, isRecord, type Json } from '../../json.ts'
import { documented, guessed, label, labels } from './readers.ts'

/** Why a task failed, as far as ROCKIT Edge says; each part may be missing. */
export type Failure = Partial<ReturnType<typeof details.parse>>

const details = fields({
  /** Of a download. */
  url: documented(label, 'url'),
  httpStatus: documented(integer, 'httpStatus'),
  exitCode: documented(integer, 'exitCode'),
  sizeBytes: documented(integer, 'sizeBytes'),
  actualBytes: documented(integer, 'sizeBytesActual'),
  expectedBytes: documented(integer, 'sizeBytesExpected'),
  /** Of a file that could not be read. */
  filename: documented(label, 'filename'),
  typeExpected: documented(label, 'typeExpected'),
  typeDetected: documented(label, 'typeDetected'),
  /** Of a publish, by names of deployments. */
  failed: documented(labels, 'failedDeployments'),
  succeeded: documented(labels, 'succeededDeployments'),
  message: guessed(label, 'message', 'errorMessage', 'reason'),
})

/** Names of the objects that hold details. How they are nested on a task is not documented. */
const CONTAINERS = ['exception', 'error', 'httpDownloadFailed', 'fileReadFailed', 'deployment']

/** Reads the failure of a task or of a webhook, wherever its details are; the innermost win. */
export function readFailure(from: unknown): Failure {
  return places(from, 2).reduce<Failure>((failure, place) => {
    return mergeFailures(details.parse(place), failure)
  }, {})
}

/** An object and those within it, outermost first. A text in place of an object is a message. */
function places(from: unknown, depth: number): Json[] {
  if (typeof from === 'string') return [{ message: from }]
  if (!isRecord(from)) return []
  const inner = depth === 0 ? [] : CONTAINERS.flatMap((name) => places(from[name], depth - 1))
  return [from, ...inner]
}

/** Two readings of the same failure as one; the first wins where both say something. */
export function mergeFailures(first: Failure, second: Failure): Failure {
  const said = Object.entries(first).filter(([, value]) => value !== undefined)
  return { ...second, ...Object.fromEntries(said) }
}

/**
 * Whether this alone shows a failure, whatever state stands beside it. The vendor's example has every
 * part in every webhook, so parts that only hold zeros and a good HTTP status say nothing.
 */
export function isFailure(failure: Failure): boolean {
  const { httpStatus = 0, exitCode = 0, filename, failed } = failure
  const isBadDownload = httpStatus >= 400 || exitCode !== 0 || isWrongSize(failure)
  return isBadDownload || filename !== undefined || failed !== undefined
}

export function isWrongSize({ actualBytes, expectedBytes }: Failure): boolean {
  return actualBytes !== undefined && expectedBytes !== undefined && actualBytes !== expectedBytes
}
