import type { Reply } from '../../delivery.ts'
import { isObject, type Problems } from '../order.ts'
import type { EdgegapSettings } from '../settings.ts'
import type { Application, Catalogue } from './catalogue.ts'
import { checkImage } from './image-check.ts'
import {
  type AppVersion,
  defaultFields,
  type VersionFields,
  type VersionVariable,
} from './version.ts'
import { createProblems, patchProblems } from './version-body.ts'
import { versionJson } from './version-json.ts'

/** OpenAPI v1 `POST /v1/app/{app}/version`. */
export function createVersion(
  application: Application,
  body: unknown,
  catalogue: Catalogue,
  settings: EdgegapSettings,
): Reply {
  const problems = createProblems(body)
  if (Object.keys(problems).length > 0) return invalid(problems)
  const { name, ...fields } = readBody(body)
  const taken = application.versions.some((version) => version.name === name)
  if (taken) return refuse(409, `Version ${name} already exists`)
  if (application.versions.length >= settings.maxVersions) {
    // The missing letter is Edgegap's.
    const limit = settings.maxVersions
    return refuse(400, `You have reached you Application Version limit of ${limit}`)
  }
  const { envs, ...given } = fields
  const defaults = { ...defaultFields, time_to_deploy: settings.defaultTimeToDeploySeconds }
  const whole = { ...defaults, ...given } as unknown as VersionFields
  const refusal = whole.verify_image === true ? checkImage(whole, settings) : undefined
  if (refusal !== undefined) return refusal
  const createdOn = catalogue.now()
  const variables = readVariables(envs, settings)
  const version = { name: String(name), fields: whole, variables, createdOn, updatedOn: createdOn }
  application.versions.push(version)
  return written(version, settings)
}

/** OpenAPI v1 `PATCH /v1/app/{app}/version/{version}`: lists are replaced whole. */
export function changeVersion(
  application: Application,
  version: AppVersion,
  body: unknown,
  catalogue: Catalogue,
  settings: EdgegapSettings,
): Reply {
  const problems = patchProblems(body, settings.patchResources)
  if (Object.keys(problems).length > 0) return invalid(problems)
  const { name = version.name, envs, ...given } = readBody(body)
  // Seen by the authors of Edgegap's Unity plugin.
  if (given.endpoint_storage === '') return refuse(500, 'Internal server error')
  const isTaken = application.versions.some((other) => other !== version && other.name === name)
  if (isTaken) return refuse(400, `Version ${name} already exists`)
  const whole = { ...version.fields, ...given } as VersionFields
  const refusal = given.verify_image === true ? checkImage(whole, settings) : undefined
  if (refusal !== undefined) return refusal
  version.name = String(name)
  version.fields = whole
  if (envs !== undefined) version.variables = readVariables(envs, settings)
  version.updatedOn = catalogue.now()
  return written(version, settings)
}

/** OpenAPI v1 `DELETE /v1/app/{app}/version/{version}`. */
export function deleteVersion(
  application: Application,
  version: AppVersion,
  isUsed: boolean,
  settings: EdgegapSettings,
): Reply {
  if (isUsed && settings.deleteOfUsedVersionStatus !== 200) {
    return refuse(settings.deleteOfUsedVersionStatus, `Version ${version.name} has deployments`)
  }
  application.versions.splice(application.versions.indexOf(version), 1)
  return { status: 200, body: { success: true, message: `Version ${version.name} was deleted` } }
}

function written(version: AppVersion, settings: EdgegapSettings): Reply {
  return { status: 200, body: { success: true, version: versionJson(version, settings) } }
}

function readBody(body: unknown): Record<string, unknown> {
  return isObject(body) ? body : {}
}

function readVariables(envs: unknown, { secretFlags }: EdgegapSettings): VersionVariable[] {
  const given = (envs ?? []) as (Record<string, unknown> & { key: string; value: string })[]
  return given.map((variable) => ({
    key: variable.key,
    value: variable.value,
    isSecret: secretFlags.some((flag) => variable[flag] === true),
  }))
}

function invalid(problems: Problems): Reply {
  const listed = Object.entries(problems).map(([field, problem]) => `${field}: ${problem}`)
  return refuse(400, listed.join('; '))
}

function refuse(status: number, message: string): Reply {
  return { status, body: { message } }
}
