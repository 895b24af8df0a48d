import { randomBytes } from 'node:crypto'
import type { App } from './app.ts'
import type { RockitEdgeSettings } from './settings.ts'

/** An import, or what trace training makes of a build that exists. */
export interface Build {
  /** 0 for the emulator's first. */
  readonly sequence: number
  readonly origin: 'import' | 'training'
  readonly app: App
  readonly name: string
  readonly mode: 'upload' | 'url'
  /** What ROCKIT Edge was asked to download. */
  readonly url: string | undefined
  /** The size that the request promised. */
  readonly sizeBytes: number | undefined
  /** Where the client was to upload to. */
  uploadUrl: string | undefined
  /** `performance.now()`, as are the next ones. */
  readonly requestedAt: number
  /** When the pipeline began: at the request, or when the upload was complete. */
  startedAt: number | undefined
  /** When `mkraw` ended. */
  importedAt: number | undefined
  /** When the outcome came about, and with it the event that a client waits for. */
  settledAt: number | undefined
  outcome: 'succeeded' | 'failed' | 'expired' | undefined
  buildChanged: boolean | undefined
  dxfName: string | undefined
}

export type BuildOrder = Pick<Build, 'origin' | 'app' | 'mode' | 'url' | 'sizeBytes'> & {
  readonly name?: string | undefined
}

export function newBuild(
  { name, ...order }: BuildOrder,
  sequence: number,
  settings: RockitEdgeSettings,
): Build {
  return {
    ...order,
    sequence,
    name: name ?? nextName(order.app, settings),
    uploadUrl: undefined,
    requestedAt: performance.now(),
    startedAt: undefined,
    importedAt: undefined,
    settledAt: undefined,
    outcome: undefined,
    buildChanged: undefined,
    dxfName: undefined,
  }
}

/** Only that build numbers have four digits in paths is known (page "Creating Deployments"). */
function nextName({ currentBuild }: App, settings: RockitEdgeSettings): string {
  if (settings.buildNames === 'opaque') return `build_${randomBytes(6).toString('hex')}`
  const number = String(currentBuild + 1)
  return settings.buildNames === 'padded' ? number.padStart(4, '0') : number
}
