import type { Plan, PlanCheck } from '../plan.ts'
import type { BuildFiles } from './build-files.ts'
import { withoutQuery } from './facts.ts'
import type { RockitEdgeSettings } from './settings.ts'
import type { App } from './wire/app.ts'
import { isUnderWay, type Task } from './wire/task.ts'

/** What was read; undefined where the account may not read it. */
interface Readings {
  app: App | undefined
  tasks: readonly Task[] | undefined
  files: BuildFiles | undefined
}

/** What a run would import, and what was checked for it. */
export function planImport(
  { application, organization, source, waitUntil }: RockitEdgeSettings,
  { app, tasks, files }: Readings,
): Plan {
  const build =
    source.kind === 'path'
      ? `${source.path}, ${files?.summary ?? ''}, ${files?.sizeBytes ?? 0} bytes`
      : `from ${withoutQuery(source.url.href)}`
  const until = waitUntil === 'deployed' ? 'imported and published' : 'imported'
  return {
    preparing: [],
    deploying: [{ kind: 'create', what: `build of ${application}`, detail: `${build}; ${until}` }],
    finishing: [],
    checks: [
      check(`app ${application} of ${organization}`, app && describeApp(app)),
      check('tasks', tasks && describeTasks(tasks)),
    ],
    warnings: [],
    version: '',
    versionAction: 'unmanaged',
  }
}

function check(what: string, detail: string | undefined): PlanCheck {
  if (detail !== undefined) return { what, result: 'good', detail }
  return { what, result: 'unknown', detail: 'this account may not read it' }
}

function describeApp({ currentBuild, isBusy }: App): string {
  const parts = [
    currentBuild !== undefined && `its current build is ${currentBuild}`,
    isBusy && 'it is busy',
  ]
  return parts.filter(Boolean).join(', ') || 'it exists'
}

function describeTasks(tasks: readonly Task[]): string {
  const open = tasks.filter(isUnderWay)
  if (open.length === 0) return 'none is under way'
  return `under way: ${open.map(({ name }) => name).join(', ')}`
}
