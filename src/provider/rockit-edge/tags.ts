import { randomBytes } from 'node:crypto'

/**
 * Names of what a run makes for itself. ROCKIT Edge takes `[A-Za-z0-9_]{2,50}` for names of apps and
 * users, and for subscriptions nothing else is known. Each name holds the second of its making, by
 * which a later run knows what a lost machine left behind.
 */
const SUBSCRIPTION = /^dgs_([0-9a-z]{6,8})_[0-9a-f]{12}$/
const UPLOAD = /^dgs_upload_([0-9a-z]{6,8})_[0-9a-f]{12}$/
const ONE_DAY_MS = 86_400_000

export function newSubscriptionName(nowMs: number): string {
  return `dgs_${uniqueAt(nowMs)}`
}

/** The tag of an upload that is about to be asked for. */
export function newUploadTag(nowMs: number): string {
  return `dgs_upload_${uniqueAt(nowMs)}`
}

export function isSubscriptionName(name: string): boolean {
  return SUBSCRIPTION.test(name)
}

/** Ours, and so old that its run is certainly over. */
export function isLeftover(name: string, nowMs: number): boolean {
  return nowMs - (timeIn(name, SUBSCRIPTION) ?? nowMs) > ONE_DAY_MS
}

/** When an upload was asked for; undefined when it is no such tag. */
export function uploadAskedMs(tag: string): number | undefined {
  return timeIn(tag, UPLOAD)
}

function uniqueAt(timeMs: number): string {
  return `${Math.floor(timeMs / 1000).toString(36)}_${randomBytes(6).toString('hex')}`
}

function timeIn(name: string, pattern: RegExp): number | undefined {
  const seconds = pattern.exec(name)?.[1]
  return seconds === undefined ? undefined : Number.parseInt(seconds, 36) * 1000
}
