import { ActionError, toActionError } from '../../base/errors.ts'
import { asSentence } from '../../base/sentence.ts'
import { readRetryAfter } from '../../net/retry-after.ts'
import { type UploadResult, upload } from '../../net/upload.ts'
import { formatBytes, UploadProgress } from '../../net/upload-progress.ts'
import type { Call } from '../call.ts'
import type { ProviderContext } from '../provider.ts'
import type { BuildFiles } from './build-files.ts'

export interface SendScene {
  readonly context: ProviderContext
  readonly files: BuildFiles
  readonly url: URL
  /** What the answer to the import says that the upload must carry; never our own credentials. */
  readonly headers: Readonly<Record<string, string>>
  readonly call: Call
  /** Reads whether the upload has arrived; `unknown` where that cannot be read. */
  readonly check: () => Promise<'stored' | 'open' | 'unknown'>
  /** Called when all but the end of the build was sent, and while nothing of it can have arrived. */
  readonly beforeEnd: () => Promise<void>
}

export type SendResult =
  | { kind: 'stored' }
  /** The URL is not valid (any more): a new import brings a new one. */
  | { kind: 'expired'; error: ActionError }
  | { kind: 'failed'; error: ActionError }
  | { kind: 'cancelled' }

const STALL_MS = 60_000
const PAUSES_MS = [1_000, 2_000, 4_000]
/** A host that has everything and is silent may be at work, or its reply is lost. */
const SILENCE_MS = 10_000
const CHECKS_MS = [0, 1_000, 2_000, 4_000]

/**
 * Sends the build to its temporary URL. A PUT is repeated while it is certain that nothing was stored;
 * what was stored starts the pipeline by itself, and storing it again would start nothing.
 *
 * Not by `retry`: what a PUT without a good reply came to is read from the tasks and may be a success,
 * and every end of it, a cancel too, is a result for the caller and not an error.
 *
 * Throws nothing that `check` does not throw.
 */
export async function sendBuild(scene: SendScene): Promise<SendResult> {
  const { context, files, url } = scene
  const size = formatBytes(files.sizeBytes)
  context.log(`Uploading ${files.summary}, ${size} as a tar, to ${url.host}.`)
  let wasWhole = false
  for (let attempt = 0; ; attempt++) {
    const progress = new UploadProgress(files.sizeBytes, context.log, () => context.clock.nowMs())
    const put = await putOnce(scene, progress, wasWhole ? async () => {} : scene.beforeEnd)
    if (put !== 'stored' && scene.call.signal.aborted) return { kind: 'cancelled' }
    wasWhole ||= isWhole(put, scene)
    const result = await evaluatePut(put, scene, wasWhole)
    if (result.kind === 'stored') progress.done()
    if (result.kind !== 'again') return result
    const pauseMs = PAUSES_MS[attempt]
    if (pauseMs === undefined) return { kind: 'failed', error: result.error }
    context.log(`${asSentence(result.error.message)} Uploading it again.`)
    // After a cancel the next PUT does not begin.
    await context.clock.sleep(result.error.retryAfterMs ?? pauseMs, scene.call.signal)
  }
}

/** One PUT; while it waits for a reply to a whole body, tasks may show that it has arrived. */
async function putOnce(
  scene: SendScene,
  progress: UploadProgress,
  beforeEnd: () => Promise<void>,
): Promise<UploadResult | 'stored'> {
  const { context, files, url, headers, call } = scene
  const over = new AbortController()
  const signal = AbortSignal.any([call.signal, over.signal])
  let isStored = false
  const result = await upload({
    environment: context.environment,
    url,
    headers,
    sizeBytes: files.sizeBytes,
    body: heldBack(files, beforeEnd),
    stallMs: STALL_MS,
    signal,
    onProgress: (sentBytes) => {
      progress.sent(sentBytes)
      if (sentBytes === files.sizeBytes) void watch()
    },
  })
  over.abort()
  return isStored ? 'stored' : result

  async function watch(): Promise<void> {
    while (!signal.aborted) {
      await context.clock.sleep(SILENCE_MS, signal)
      if (signal.aborted || (await scene.check()) !== 'stored') continue
      isStored = true
      over.abort()
    }
  }
}

/** A build bit by bit, the last of which waits. */
async function* heldBack(
  { sizeBytes, open }: BuildFiles,
  beforeEnd: () => Promise<void>,
): AsyncGenerator<Uint8Array> {
  let givenBytes = 0
  for await (const chunk of open()) {
    givenBytes += chunk.length
    if (givenBytes === sizeBytes) await beforeEnd()
    yield chunk
  }
}

type PutResult = Exclude<SendResult, { kind: 'cancelled' }> | { kind: 'again'; error: ActionError }

function isWhole(put: UploadResult | 'stored', { files }: SendScene): boolean {
  if (put === 'stored') return true
  return put.kind !== 'unreadable' && put.sentBytes === files.sizeBytes
}

/**
 * What a PUT without a good reply stored may be seen from the tasks; so may an earlier one's.
 *
 * @param wasWhole whether this one or an earlier one sent all; if not, what tasks show is somebody else's
 */
async function evaluatePut(
  result: UploadResult | 'stored',
  scene: SendScene,
  wasWhole: boolean,
): Promise<PutResult> {
  if (result === 'stored') return { kind: 'stored' }
  if (result.kind === 'unreadable') return { kind: 'failed', error: toActionError(result.error) }
  const isAllSent = isWhole(result, scene)
  const status = result.kind === 'answered' ? result.reply.status : 0
  if (status >= 200 && status < 300 && isAllSent) return { kind: 'stored' }
  const error = uploadError(result)
  if (status > 0 && status < 500 && ![408, 425, 429].includes(status)) {
    if (wasWhole && (await scene.check()) === 'stored') return { kind: 'stored' }
    return { kind: [401, 403, 404, 410].includes(status) ? 'expired' : 'failed', error }
  }
  const found = isAllSent ? await checkRepeatedly(scene) : 'open'
  if (found === 'open') return { kind: 'again', error }
  if (found === 'unknown') {
    scene.context.log(`${asSentence(error.message)} All of it was sent, so it counts as arrived.`)
  }
  return { kind: 'stored' }
}

/** The list may lag behind the storage. */
async function checkRepeatedly({ check, context, call }: SendScene) {
  let found: 'stored' | 'open' | 'unknown' = 'unknown'
  for (const pauseMs of CHECKS_MS) {
    await context.clock.sleep(pauseMs, call.signal)
    found = await check()
    if (found === 'stored') return found
  }
  return found
}

function uploadError(result: Exclude<UploadResult, { kind: 'unreadable' }>): ActionError {
  if (result.kind === 'answered') {
    const { status, headers } = result.reply
    const retryAfterMs = readRetryAfter(headers['retry-after'], Date.now())
    return new ActionError({
      kind: status >= 500 ? 'server-fault' : 'refused',
      what: `The storage host answered the upload with HTTP ${status}${status < 300 ? ' before it had all of it' : ''}.`,
      next:
        status === 413
          ? 'The build is too large for one upload: have ROCKIT Edge download it, by build-url.'
          : 'Run the job again; if it stays so, hand this to the administrator of your ROCKIT Edge.',
      ...(retryAfterMs !== undefined && { retryAfterMs }),
    })
  }
  return new ActionError({
    kind: result.failure.reason === 'unreachable' ? 'unreachable' : 'connection-lost',
    what: result.isStalled
      ? `The upload made no progress for ${STALL_MS / 1000} s, after ${formatBytes(result.sentBytes)}.`
      : `The upload broke off after ${formatBytes(result.sentBytes)}: ${result.failure.message}.`,
    next: 'Check the connection of this runner to the storage host.',
  })
}
