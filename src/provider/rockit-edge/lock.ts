import { ActionError } from '../../base/errors.ts'
import type { App } from './wire/app.ts'
import { isUnderWay, type Task } from './wire/task.ts'

/** @throws ActionError `refused` when the app would take no import as it is */
export function expectUsable(
  application: string,
  { error, isLocked }: App,
  tasks: readonly Task[],
): void {
  if (error === undefined && !isLocked) return
  throw new ActionError({
    kind: 'refused',
    what:
      error === undefined
        ? `The app ${application} is locked, so nothing was sent.`
        : `The app ${application} is in an error state, so nothing was sent: ${error}.`,
    next: lockAdvice(tasks),
  })
}

/** What unlocks an app that takes no import, as far as its tasks show. */
export function lockAdvice(tasks: readonly Task[]): string {
  const open = tasks.filter(isUnderWay)
  const upload = open.find(({ kind }) => kind === 'upload')
  if (upload) {
    return `The upload task ${upload.name} is open and may lock the app: let its run end, or expire it by PATCH /be/v1/tasks.`
  }
  const failed = tasks.find(({ kind, stage }) => kind === 'deploy' && stage === 'error')
  if (failed) {
    return `The task ${failed.name} failed, which locks the app: fix the deployment (PATCH /be/v1/deployments) and retry the task (POST /be/v1/trigger), or take the deployment off the app (PATCH /be/v1/apps).`
  }
  const [busy] = open
  if (busy) {
    return `The task ${busy.name} (${busy.type}) is under way: publish again when it is over.`
  }
  return 'Check the inputs. The app may be locked by an import that is under way or by a publish that failed.'
}
