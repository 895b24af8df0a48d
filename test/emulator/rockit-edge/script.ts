/** `image` stands for what happens between `mkraw` and `deploy`; it has no webhook. */
export type TaskType = 'dltar' | 'mkraw' | 'image' | 'deploy'
export type TaskEvent = 'submit' | 'begin' | 'end' | 'error'

/** Why a task failed; `kind` also decides whether it was the caller's input. */
export type Failure =
  | {
      readonly kind: 'download'
      /** The import's own URL by default. */
      readonly url?: string
      readonly httpStatus?: number
      readonly exitCode?: number
      readonly sizeBytes?: number
    }
  | { readonly kind: 'size'; readonly actualBytes: number; readonly expectedBytes?: number }
  | {
      readonly kind: 'file'
      readonly filename?: string
      readonly typeExpected?: string
      readonly typeDetected?: string
    }
  | {
      readonly kind: 'deployment'
      readonly failed?: readonly string[]
      readonly succeeded?: readonly string[]
    }
  | { readonly kind: 'unexplained' }

/** A task's event at a time counted from the start of the pipeline. */
export interface Step {
  readonly afterMs: number
  readonly type: TaskType
  readonly event: TaskEvent
  readonly failure?: Failure
  /** What the event says of the build. */
  readonly buildChanged?: boolean
  /** Put on the task; does not hold anything up (page "Acknowledge Warning / Expire Task"). */
  readonly warning?: string
  /** Laid over the JSON of the task, the app, or this event's webhook; undefined leaves out. */
  readonly wire?: {
    readonly task?: Readonly<Record<string, unknown>>
    readonly app?: Readonly<Record<string, unknown>>
    readonly webhook?: Readonly<Record<string, unknown>>
  }
}

export type Script = readonly Step[]

export interface Pace {
  /** From one event to the next. */
  readonly stepMs?: number
}

export const taskTypes: readonly TaskType[] = ['dltar', 'mkraw', 'image', 'deploy']

const defaultStepMs = 20

/** All events of the types in their order; the next task is submitted as its forerunner ends. */
function stages(types: readonly TaskType[], stepMs = defaultStepMs): Step[] {
  return types.flatMap((type, index) => {
    const at = (steps: number) => (index * 2 + steps) * stepMs
    return [
      { afterMs: at(0), type, event: 'submit' as const },
      { afterMs: at(1), type, event: 'begin' as const },
      { afterMs: at(2), type, event: 'end' as const },
    ]
  })
}

/** As `stages`, but the last task fails where it would have ended. */
function failing(type: TaskType, failure: Failure, { stepMs }: Pace): Script {
  const steps = stages(taskTypes.slice(0, taskTypes.indexOf(type) + 1), stepMs)
  const last = steps.pop()
  return last === undefined ? [] : [...steps, { ...last, event: 'error', failure }]
}

function telling(steps: readonly Step[], buildChanged: boolean): Script {
  const isKnown = ({ type, event }: Step) =>
    (type === 'mkraw' && event === 'end') || type === 'image' || type === 'deploy'
  return steps.map((step) => (isKnown(step) ? { ...step, buildChanged } : step))
}

export function success({ stepMs }: Pace = {}): Script {
  return telling(stages(taskTypes, stepMs), true)
}

/**
 * The imported build is the current one. That nothing follows `mkraw` then is a guess; with
 * `deploys` a `deploy` task still comes.
 */
export function unchanged({ stepMs, deploys = false }: Pace & { deploys?: boolean } = {}): Script {
  return telling(stages(deploys ? ['dltar', 'mkraw', 'deploy'] : ['dltar', 'mkraw'], stepMs), false)
}

type Detail<K extends Failure['kind']> = Omit<Extract<Failure, { kind: K }>, 'kind'>

/** As curl reports it: exit code 22 for an HTTP error. Pass `{}` for a failure without details. */
export function downloadFailed(
  detail: Detail<'download'> = { httpStatus: 404, exitCode: 22, sizeBytes: 0 },
  pace: Pace = {},
): Script {
  return failing('dltar', { kind: 'download', ...detail }, pace)
}

/** The size that was expected is that of the import request by default. */
export function sizeMismatch(detail: Detail<'size'>, pace: Pace = {}): Script {
  return failing('dltar', { kind: 'size', ...detail }, pace)
}

export function unreadableFile(
  detail: Detail<'file'> = {
    filename: 'bin/game.exe',
    typeExpected: 'application/x-dosexec',
    typeDetected: 'text/plain',
  },
  pace: Pace = {},
): Script {
  return failing('mkraw', { kind: 'file', ...detail }, pace)
}

/** `mkraw` fails for a reason of ROCKIT Edge's own. */
export function buildFailed(pace: Pace = {}): Script {
  return failing('mkraw', { kind: 'unexplained' }, pace)
}

export function deployFailed(
  detail: Detail<'deployment'> = { failed: ['akamai'], succeeded: ['gcore'] },
  pace: Pace = {},
): Script {
  return telling(failing('deploy', { kind: 'deployment', ...detail }, pace), true)
}

/** `mkraw` begins and nothing more ever happens. */
export function never({ stepMs }: Pace = {}): Script {
  return stages(['dltar', 'mkraw'], stepMs).slice(0, -1)
}

/** Imported, but `deploy` is never even submitted. */
export function neverDeployed({ stepMs }: Pace = {}): Script {
  return telling(stages(['dltar', 'mkraw', 'image'], stepMs), true)
}

/** What trace training does to an app without any import (page "Training"). */
export function training({ stepMs, failure }: Pace & { failure?: Failure } = {}): Script {
  const steps = stages(['image', 'deploy'], stepMs)
  const last = steps.pop()
  if (last === undefined) return []
  return [...steps, failure === undefined ? last : { ...last, event: 'error', failure }]
}
