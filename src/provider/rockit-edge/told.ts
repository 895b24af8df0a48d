import type { Tracked } from './tracked.ts'
import type { App } from './wire/replies.ts'

interface Seen {
  readonly app: App | undefined
}

/** Whether the build differs from the one before it; only told once its import is over. */
export function buildChangedOf(tracked: Tracked): boolean | undefined {
  const told = tracked.ownNews().findLast(({ buildChanged }) => buildChanged !== undefined)
  const task = tracked.own().findLast(({ buildChanged }) => buildChanged !== undefined)
  return told?.buildChanged ?? task?.buildChanged
}

/** Where nobody told: an app whose build and image are the same as before has not changed. */
export function changedByApp({ baseline }: Tracked, { app }: Seen): boolean | undefined {
  const [before, after] = [baseline.app, app].map((one) => [one?.currentBuild, one?.dxfName])
  if (!before || !after || after.includes(undefined)) return undefined
  return before.join() !== after.join()
}

export function dxfNameOf(tracked: Tracked, { app }: Seen): string | undefined {
  const told = tracked.ownNews().findLast(({ dxfName }) => dxfName !== undefined)
  return told?.dxfName ?? tracked.own().findLast(({ dxfName }) => dxfName)?.dxfName ?? app?.dxfName
}
