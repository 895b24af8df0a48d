import type { Task } from './wire/replies.ts'

/** What unlocks an app that takes no import, as far as its tasks tell. */
export function lockAdvice(tasks: readonly Task[]): string {
  const isOpen = ({ stage }: Task) => stage === 'submit' || stage === 'begin'
  const upload = tasks.find((task) => task.isUpload && isOpen(task))
  if (upload) {
    return `The upload task ${upload.name} is open and may lock the app: let its run end, or expire it by PATCH /be/v1/tasks.`
  }
  const failed = tasks.find(({ type, stage }) => type === 'deploy' && stage === 'error')
  if (failed) {
    return `The task ${failed.name} failed, which locks the app: mend the deployment (PATCH /be/v1/deployments) and retry the task (POST /be/v1/trigger), or take the deployment off the app (PATCH /be/v1/apps).`
  }
  const busy = tasks.find(isOpen)
  if (busy)
    return `The task ${busy.name} (${busy.type}) is under way: publish again when it is over.`
  return 'Check the inputs. The app may be locked by an import that is under way or by a publish that failed.'
}
