import type { GroupReach, Reach, Replacement } from './model.ts'
import { readName } from './names.ts'
import type { Reading } from './provider-inputs.ts'

/** It becomes part of a URL's path. */
const DEPLOYMENT_ID = /^[A-Za-z0-9_-]{1,64}$/

/** The inputs that `readGroup` and `readReach` read, as a definition lists them. */
export const GROUP_INPUTS = {
  group: ['deploy', 'stop'],
  replace: ['deploy'],
  scope: ['deploy', 'stop'],
  'deployment-id': ['stop'],
} as const
export const GROUP_DEFAULTS = { replace: 'none', scope: 'group' } as const

/**
 * Reads `group`, `replace` and `scope` for a deploy.
 *
 * @param maxLength the longest tag that the provider takes
 */
export function readGroup(
  reading: Reading,
  application: string,
  maxLength: number,
): { group: string | undefined; replace: Replacement | undefined } {
  const { inputs, problems } = reading
  const group = readGroupName(reading, maxLength)
  const when = inputs.oneOf('replace', ['none', 'after-ready', 'before-deploy'], 'none')
  const scope = readScope(reading)
  if (when === 'none') return { group, replace: undefined }
  refuseWithoutWait(reading, 'replace', when)
  const reach = reachOf(scope, application, group)
  if (!reach) {
    problems.add('replace', when, 'it needs group, or scope: application, to know what is older')
  }
  return { group, replace: reach && { when, reach } }
}

/** Where a run has no pull request, `pr-` is left of `pr-${{ github.event.number }}`. */
function readGroupName({ inputs, problems }: Reading, maxLength: number): string | undefined {
  const group = readName(inputs, problems, 'group', maxLength)
  if (/[-_.:/]$/.test(group)) {
    problems.warn(
      `group is "${group}": the value that was to follow is empty in this run, so other runs may get the same group.`,
    )
  }
  return group || undefined
}

/** A problem where an input needs the outcome and `wait: none` does not wait for it. */
export function refuseWithoutWait({ problems, wait }: Reading, input: string, value: string): void {
  if (wait === 'none')
    problems.add(input, value, 'it needs the outcome, and wait: none does not wait for it')
}

/**
 * Reads what `operation: stop` is to stop: one deployment, a group or all of an application.
 *
 * @param readApplication called where the deployments of an application are meant
 * @param maxLength the longest tag that the provider takes
 */
export function readReach(
  reading: Reading,
  readApplication: () => string,
  maxLength: number,
): Reach {
  const { inputs, problems } = reading
  const scope = readScope(reading)
  const id = inputs.text('deployment-id')
  const group = readGroupName(reading, maxLength)
  const isForMany = scope === 'application' || group !== undefined
  if (id !== '' && isForMany) {
    const other = scope === 'application' ? 'scope: application' : 'group'
    problems.add('deployment-id', id, `give either deployment-id or ${other}, not both`)
  } else if (isForMany) {
    return reachOf(scope, readApplication(), group) ?? { kind: 'deployment', id }
  } else if (id === '') {
    problems.add(
      'deployment-id',
      '',
      'name the deployment to stop, or give application with group or with scope: application',
    )
  } else if (!DEPLOYMENT_ID.test(id)) {
    problems.add('deployment-id', id, 'use an id such as 61b1be8f54d9')
  }
  return { kind: 'deployment', id }
}

/** True for an id that this action may put into a path. */
export function isDeploymentId(id: string): boolean {
  return DEPLOYMENT_ID.test(id)
}

function readScope({ inputs }: Reading): 'group' | 'application' {
  return inputs.oneOf('scope', ['group', 'application'], GROUP_DEFAULTS.scope)
}

function reachOf(
  scope: 'group' | 'application',
  application: string,
  group: string | undefined,
): GroupReach | undefined {
  if (scope === 'application') return { kind: 'application', application }
  return group === undefined ? undefined : { kind: 'group', application, group }
}
