/** How the five states of a task are written. */
export interface TaskStatusWords {
  readonly submitted: string
  readonly started: string
  readonly ended: string
  readonly failed: string
  readonly expired: string
}

/** Guesses at the words; the vendor's pages name the events but not the states. */
export const taskStatusWords = {
  states: words('submitted', 'started', 'ended', 'failed'),
  events: words('submit', 'begin', 'end', 'error'),
  work: words('queued', 'processing', 'done', 'failed'),
  upper: words('SUBMITTED', 'STARTED', 'ENDED', 'FAILED', 'EXPIRED'),
} as const satisfies Record<string, TaskStatusWords>

function words(
  submitted: string,
  started: string,
  ended: string,
  failed: string,
  expired = 'expired',
): TaskStatusWords {
  return { submitted, started, ended, failed, expired }
}

/**
 * Every name and shape that no stored page of ROCKIT Edge's API documentation gives, so that each
 * is a guess here. A test picks another alternative to see whether the reader copes.
 */
export interface Spelling {
  /** Any of these names the app in a request; the first is used in messages. */
  appFields: readonly string[]
  /** "Import UrlSchema" may have made `url` an object that holds the address. */
  importUrlForm: 'string' | 'object' | 'either'
  importStatus: number
  uploadUrlField: string
  /** A bare string, or an object with `url` and `method`. */
  uploadUrlForm: 'string' | 'object'
  /** What an import's answer has beside the upload URL. */
  importAnswers: readonly ('taskName' | 'buildName')[]
  /** One thing: as it is, beside `status: success`, under its own name, or under `data`. */
  envelope: 'bare' | 'status' | 'named' | 'data'
  /** Several: `[]`, `{tasks: []}`, `{data: []}`, `{items: []}` or `{data: {tasks: []}}`. */
  listEnvelope: 'bare' | 'named' | 'data' | 'items' | 'nested'
  /** How refusals are worded: `{status, error, message}`, `{error}` alone, or plain text. */
  errorForm: 'message' | 'error' | 'text'
  times: 'iso' | 'epoch-ms' | 'epoch-s'
  /** Counts and sizes. */
  numbers: 'number' | 'string'

  taskNameField: string
  taskAppField: string
  taskTypeField: string
  taskStatusField: string
  taskCreatedField: string
  /** Undefined where a task does not name its build. */
  taskBuildField: string | undefined
  taskStatusWords: TaskStatusWords
  /** The task that stands for an open client upload. */
  uploadTaskType: string
  /** The internal step between `mkraw` and `deploy`; undefined where no task shows it. */
  imageTaskType: string | undefined
  /** Whether the list shows the details of tasks as well, or only the task itself does. */
  taskRows: 'full' | 'short'
  /** Whether an ended task says that its build equals the one before. */
  taskHasBuildChanged: boolean
  /** `exception.httpDownloadFailed.…`, `exception.…`, or on the task itself. */
  taskFailureForm: 'nested' | 'container' | 'flat'
  /** Any of these names the task in a PATCH or a trigger. */
  taskRequestFields: readonly string[]
  /** Accepted ways to expire an upload task. */
  expireForms: readonly ('expire' | 'expired' | 'action' | 'status')[]

  appBuildField: string
  /** `processing` and `exporting`. */
  appFlags: 'boolean' | 'number' | 'string'
  /** A text in `error`, an object there, a flag with a `message`, a `status` word, or nothing. */
  appErrorForm: 'text' | 'object' | 'flag' | 'status' | 'none'

  /** Any of these holds the webhook's address, as a text or as an object with `url`. */
  subscriptionUrlFields: readonly string[]
  subscriptionStatus: number
  secretField: string
  /** The label that the Subscribe page's table has lost: how event of a wrong input is called. */
  userFailureEvent: 'error' | 'exception'
  /** What stands in the webhook where a field has nothing to say; the example shows all of them. */
  webhookBlanks: 'absent' | 'null' | 'empty' | 'skeleton'
  /** `buildChanged` in the event before anyone can know it. */
  earlyBuildChanged: 'blank' | 'true' | 'false'
  /** Fields that no webhook carries. */
  webhookOmits: readonly string[]
}

export function defaultSpelling(): Spelling {
  return {
    appFields: ['appName'],
    importUrlForm: 'string',
    importStatus: 200,
    uploadUrlField: 'url',
    uploadUrlForm: 'string',
    importAnswers: ['taskName', 'buildName'],
    envelope: 'bare',
    listEnvelope: 'named',
    errorForm: 'message',
    times: 'iso',
    numbers: 'number',
    taskNameField: 'name',
    taskAppField: 'appName',
    taskTypeField: 'type',
    taskStatusField: 'status',
    taskCreatedField: 'created',
    taskBuildField: 'buildName',
    taskStatusWords: taskStatusWords.states,
    uploadTaskType: 'upload',
    imageTaskType: 'mkdxf',
    taskRows: 'full',
    taskHasBuildChanged: true,
    taskFailureForm: 'nested',
    taskRequestFields: ['taskName', 'name', 'taskId', 'task'],
    expireForms: ['expire', 'expired', 'action', 'status'],
    appBuildField: 'iCurBuild',
    appFlags: 'boolean',
    appErrorForm: 'text',
    subscriptionUrlFields: ['url', 'webhook', 'webhookUrl'],
    subscriptionStatus: 200,
    secretField: 'secret',
    userFailureEvent: 'error',
    webhookBlanks: 'absent',
    earlyBuildChanged: 'blank',
    webhookOmits: [],
  }
}
