/** A way in which the emulator's replies are not as the OpenAPI says, and why. */
export interface Deviation {
  readonly problem: RegExp
  readonly reason: string
}

const version = String.raw`/v1/app/\S+ (200 )?\S*`

/** Those that hold with the settings as they are from the start. */
export const deviations: readonly Deviation[] = [
  {
    problem: /(error_detail|removal_time|last_status): null$/,
    reason: 'nothing to tell yet; the schema forbids null, while live clients allow for it',
  },
  {
    problem: /(status|stop)\/\S+ 200 (deployment_summary\.)?ports: null$/,
    reason: 'a deployment that has ended has no ports; the engines allow for null',
  },
  {
    problem:
      /(current_status_label|whitelisting_active|sessions|sockets|is_joinable_by_session): unknown field$/,
    reason: 'seen in live status payloads; setting undocumentedFields',
  },
  {
    problem: new RegExp(`${version}(inject_context_env|enable_all_locations): unknown field$`),
    reason: 'seen in live version payloads; setting undocumentedFields',
  },
  {
    problem: new RegExp(`${version}envs\\.\\*\\.is_secret: unknown field$`),
    reason: 'the example of PATCH and the live API say is_secret, the schema says is_hidden',
  },
  {
    problem: / 429: unknown status$/,
    reason: 'no endpoint documents it, yet limits are documented',
  },
]

/** Those that a setting asks for, by the setting's name. */
export const deviationsBySetting: Readonly<Record<string, Deviation>> = {
  beforeReadyNull: {
    problem: /(public_ip|start_time|elapsed_time|ports): null$/,
    reason: 'what is sent before a place is found is not known; beforeReady: null',
  },
  beforeReadyAbsent: {
    problem: /(public_ip|start_time|elapsed_time): missing$/,
    reason: 'the same; beforeReady: absent',
  },
  numbersAsText: {
    problem: /: invalid_type \(string\)$/,
    reason: 'old payloads and clients have numbers as text; numbers: string',
  },
  unsetFieldsNull: {
    problem:
      /(req_video|force_cache|termination_grace_period_seconds|dns_config|endpoint_storage): null$/,
    reason: 'whether unset fields are sent as null is not known; unsetFields: null',
  },
  defaultTimeToDeploy: {
    problem: /time_to_deploy: too_small \(number\)$/,
    reason: 'the schema has the default 10 and the least 15; defaultTimeToDeploySeconds: 10',
  },
  registryShapeLive: {
    problem: /(count|artifact\.deleted): unknown field$|artifact\.artifact_deleted: missing$/,
    reason: 'clients have seen these names; registryShape: live',
  },
  unknownApplicationStatus: {
    problem: /POST \/v2\/deployments 404: unknown status$/,
    reason: 'what a deploy of an unknown name answers is not known; unknownApplicationStatus: 404',
  },
  deleteOfUsedVersionStatus: {
    problem: /DELETE \/v1\/app\/\S+ 400: unknown status$/,
    reason: 'what a delete of a version in use answers is not known',
  },
}

/** The problems that no deviation allows. */
export function unexpected(problems: readonly string[], allowed: readonly Deviation[]): string[] {
  return problems.filter((text) => !allowed.some(({ problem }) => problem.test(text)))
}
