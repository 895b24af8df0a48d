import { randomBytes } from 'node:crypto'
import type { Json, Words } from './words.ts'

/** What an app is like before the test. */
export interface AppSeed {
  readonly deployments?: readonly string[]
  /** 0 for an app that has no build yet. */
  readonly currentBuild?: number
  readonly label?: string
}

export interface App {
  readonly name: string
  readonly label: string
  readonly created: Date
  updated: Date
  deployments: readonly string[]
  currentBuild: number
  dxfName: string | undefined
  sizeBytes: number
  /** Why publishing failed; it stays until the task is retried with success. */
  error: string | undefined
  /** Set while an import is in flight, and by a failed publish until it is resolved. */
  isLocked: boolean
  /** What each build that is under way makes the app do. */
  readonly activities: Map<object, 'processing' | 'exporting'>
  /** Laid over the app's JSON as it is; a field set to undefined is left out. */
  wire: Readonly<Record<string, unknown>>
}

export function newApp(name: string, seed: AppSeed = {}): App {
  const { deployments = ['akamai', 'gcore'], currentBuild = 6, label = name } = seed
  const now = new Date()
  return {
    name,
    label,
    created: now,
    updated: now,
    deployments,
    currentBuild,
    dxfName: currentBuild > 0 ? newDxfName() : undefined,
    sizeBytes: currentBuild > 0 ? 3_221_225_472 : 0,
    error: undefined,
    isLocked: false,
    activities: new Map(),
    wire: {},
  }
}

/** The form of these names is not known. */
export function newDxfName(): string {
  return `dxf_${randomBytes(5).toString('hex')}`
}

/** The fields that the pages "List Apps" and "Creating Deployments" name. */
export function appJson(app: App, words: Words): Json {
  const activities = [...app.activities.values()]
  return {
    name: app.name,
    label: app.label,
    [words.spelling.appBuildField]: words.number(app.currentBuild),
    maxBuilds: words.number(5),
    processing: words.flag(activities.includes('processing')),
    exporting: words.flag(activities.includes('exporting')),
    sizeBytes: words.number(app.sizeBytes),
    created: words.time(app.created),
    updated: words.time(app.updated),
    ...(app.dxfName !== undefined && { dxfName: app.dxfName }),
    patches: patchesJson(app, words),
    ...errorJson(app, words),
    ...app.wire,
  }
}

function patchesJson({ currentBuild }: App, words: Words): Json[] {
  if (currentBuild < 2) return []
  return [{ fromBuildId: words.number(currentBuild - 1), toBuildId: words.number(currentBuild) }]
}

function errorJson({ error }: App, { spelling }: Words): Json {
  switch (spelling.appErrorForm) {
    case 'text':
      return error === undefined ? {} : { error }
    case 'object':
      return { error: error === undefined ? null : { code: 'deployment', message: error } }
    case 'flag':
      return { error: error !== undefined, message: error ?? '' }
    case 'status':
      return { status: error === undefined ? 'ok' : 'error' }
    case 'none':
      return {}
    default:
      return spelling.appErrorForm satisfies never
  }
}
