import type { Build } from './build.ts'
import type { Failure, Step, TaskEvent, TaskType } from './script.ts'
import type { RockitEdgeSettings } from './settings.ts'
import type { Spelling } from './spelling.ts'
import type { Json } from './words.ts'

/** Something that happened to a task, whether or not anyone was notified. */
export interface PipelineEvent {
  /** `performance.now()`. */
  readonly at: number
  readonly type: TaskType
  readonly event: TaskEvent
  readonly appName: string
  readonly buildName: string
  readonly dxfName: string | undefined
  readonly buildChanged: boolean | undefined
  readonly failure: Failure | undefined
  readonly taskName: string
  readonly build: Build
  readonly step: Step
}

/** The webhook body of the schema page "Webhook Request Body". */
export function webhookBody(event: PipelineEvent, settings: RockitEdgeSettings): Json {
  const { spelling } = settings
  const isUserFailure = event.failure !== undefined && isOwnInput(event.failure)
  const body: Json = {
    type: event.type,
    event: isUserFailure ? spelling.userFailureEvent : event.event,
    orgName: settings.organization,
    appName: event.appName,
    buildName: event.buildName,
    dxfName: event.dxfName ?? blank(spelling, ''),
    buildChanged: event.buildChanged ?? earlyBuildChanged(spelling),
    ...failureJson(event.failure, event.build, spelling),
    ...event.step.wire?.webhook,
  }
  const kept = Object.entries(body).filter(([name]) => !spelling.webhookOmits.includes(name))
  return Object.fromEntries(kept)
}

/** The page "Subscribe" separates failures of the user's input from the others. */
function isOwnInput({ kind }: Failure): boolean {
  return kind === 'download' || kind === 'size' || kind === 'file'
}

/** What stands for nothing; undefined leaves the field out. */
function blank<T>({ webhookBlanks }: Spelling, empty: T, skeleton = empty): T | null | undefined {
  if (webhookBlanks === 'absent') return undefined
  if (webhookBlanks === 'null') return null
  return webhookBlanks === 'skeleton' ? skeleton : empty
}

function earlyBuildChanged(spelling: Spelling): boolean | null | undefined {
  if (spelling.earlyBuildChanged !== 'blank') return spelling.earlyBuildChanged === 'true'
  return blank(spelling, true)
}

const emptyException = { httpDownloadFailed: {}, fileReadFailed: {} }
const emptyError = { deployment: { failedDeployments: [], succeededDeployments: [] } }

function failureJson(failure: Failure | undefined, build: Build, spelling: Spelling): Json {
  const exception = blank<Json>(spelling, {}, emptyException)
  const error = blank<Json>(spelling, {}, emptyError)
  switch (failure?.kind) {
    case undefined:
    case 'unexplained':
      return { exception, error }
    case 'download': {
      const { kind: _, url = build.url, ...detail } = failure
      return { exception: { httpDownloadFailed: { url, ...detail } }, error }
    }
    case 'size': {
      // The page "Import native builds" gives both sizes on the task, but the body has one field.
      const sizes = { httpStatus: 200, exitCode: 0, sizeBytes: failure.actualBytes }
      return { exception: { httpDownloadFailed: { url: build.url, ...sizes } }, error }
    }
    case 'file': {
      const { kind: _, ...detail } = failure
      return { exception: { fileReadFailed: detail }, error }
    }
    case 'deployment': {
      const { failed, succeeded } = failure
      const deployment = { failedDeployments: failed, succeededDeployments: succeeded }
      return { exception, error: { deployment } }
    }
    default:
      return failure satisfies never
  }
}
