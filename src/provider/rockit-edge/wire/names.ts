/**
 * Every name of ROCKIT Edge's API that this action reads or writes, with how sure it is.
 *
 * `documented` names stand on a page of the vendor's API documentation ("Webhook Request Body",
 * "List Apps", "Import native builds", "Listing Tasks", "Subscribe"). `inferred` ones do not: no
 * response of a live instance has been seen. The first name is the best guess, and the others are
 * read as well. Where a live instance turns out to say it otherwise, this is the place to add it.
 */
export interface Name {
  readonly grade: 'documented' | 'inferred'
  readonly names: readonly string[]
}

const documented = (...names: string[]): Name => ({ grade: 'documented', names })
const inferred = (...names: string[]): Name => ({ grade: 'inferred', names })

export const NAMES = {
  app: {
    name: documented('name'),
    currentBuild: documented('iCurBuild', 'currentBuild', 'curBuild'),
    dxfName: documented('dxfName'),
    processing: documented('processing'),
    exporting: documented('exporting'),
    error: inferred('error', 'errorMessage'),
    message: inferred('message', 'errorMessage', 'description'),
    status: inferred('status', 'state'),
    locked: inferred('locked', 'isLocked'),
  },
  task: {
    name: inferred('taskName', 'name', 'taskId', 'id'),
    app: inferred('appName', 'app', 'application', 'applicationName'),
    type: inferred('type', 'taskType', 'kind'),
    status: inferred('status', 'state', 'taskStatus'),
    created: inferred('created', 'createdAt', 'creationDate', 'timeCreated', 'submitted'),
    build: inferred('buildName', 'build', 'buildId', 'buildNumber'),
    exception: inferred('exception'),
    error: inferred('error'),
    message: inferred('message', 'errorMessage'),
    buildChanged: inferred('buildChanged'),
    dxfName: inferred('dxfName'),
  },
  /** Details of failures. They are documented as fields; where they hang on a task is not. */
  failure: {
    download: documented('httpDownloadFailed'),
    url: documented('url'),
    httpStatus: documented('httpStatus'),
    exitCode: documented('exitCode'),
    sizeBytes: documented('sizeBytes'),
    actualBytes: documented('sizeBytesActual'),
    expectedBytes: documented('sizeBytesExpected'),
    file: documented('fileReadFailed'),
    filename: documented('filename'),
    typeExpected: documented('typeExpected'),
    typeDetected: documented('typeDetected'),
    deployment: documented('deployment'),
    failed: documented('failedDeployments'),
    succeeded: documented('succeededDeployments'),
  },
  import: {
    uploadUrl: inferred(
      'uploadUrl',
      'url',
      'putUrl',
      'uploadURL',
      'upload_url',
      'signedUrl',
      'presignedUrl',
      'href',
    ),
    uploadHeaders: inferred('headers'),
    taskName: inferred('taskName', 'task', 'taskId'),
    buildName: inferred('buildName', 'build', 'buildId'),
  },
  subscription: {
    name: documented('name'),
    secret: inferred(
      'secret',
      'webhookSecret',
      'jwtSecret',
      'subscriptionSecret',
      'signingSecret',
      'key',
      'token',
    ),
  },
  /** The body of a webhook is documented whole. */
  webhook: {
    type: documented('type'),
    event: documented('event'),
    organization: documented('orgName'),
    app: documented('appName'),
    build: documented('buildName'),
    dxfName: documented('dxfName'),
    buildChanged: documented('buildChanged'),
    exception: documented('exception'),
    error: documented('error'),
  },
  /** Around what is asked for. */
  envelope: {
    /** Beside the name of the thing itself, such as `task`. */
    one: inferred('data', 'result'),
    rows: inferred('data', 'items', 'results', 'rows', 'list'),
    total: inferred('total', 'totalCount', 'count'),
    message: inferred('message', 'error', 'detail', 'description'),
    retryAfter: documented('retryAfter'),
  },
} as const satisfies Record<string, Record<string, Name>>

/** The types of tasks that are documented, in the order in which a build goes through them. */
export const TASK_TYPES = ['dltar', 'mkraw', 'deploy'] as const
export type TaskType = (typeof TASK_TYPES)[number]

/** The events, of which the last is a guess at a label that the page "Subscribe" has lost. */
export const EVENTS = ['submit', 'begin', 'end', 'error', 'exception'] as const
export type TaskEvent = (typeof EVENTS)[number]

/** Where a task is, in the words of the events; `expired` is said of uploads only. */
export type Stage = 'submit' | 'begin' | 'end' | 'error' | 'expired'

/** How the states of a task may be written; none is documented. Compared without case and tags. */
export const STAGE_WORDS: Readonly<Record<Stage, readonly string[]>> = {
  submit: ['submit', 'submitted', 'queued', 'pending', 'waiting', 'created', 'new', 'scheduled'],
  begin: ['begin', 'began', 'started', 'running', 'processing', 'inprogress', 'active', 'ongoing'],
  end: ['end', 'ended', 'done', 'finished', 'completed', 'complete', 'success', 'succeeded', 'ok'],
  error: ['error', 'failed', 'failure', 'exception', 'faulty'],
  expired: ['expired', 'expire', 'cancelled', 'canceled', 'aborted'],
}

/** Words for an app that is in trouble, and for one that may not be changed. */
export const APP_ERROR_WORDS: readonly string[] = ['error', 'failed', 'failure', 'exception']
export const APP_LOCKED_WORDS: readonly string[] = ['locked']

/** How the task of an open client upload may be called; it is known to exist ("Task Details"). */
export const UPLOAD_TYPE = /upload|^(?:ul|put)tar$/i
