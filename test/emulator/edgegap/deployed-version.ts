import type { Reply } from '../delivery.ts'
import type { Catalogue } from './catalogue/catalogue.ts'
import { checkImage } from './catalogue/image-check.ts'
import { isVisible } from './catalogue/version.ts'
import type { DeploymentOrder } from './deployment.ts'
import { error, type Script } from './script.ts'
import type { EdgegapSettings } from './settings.ts'

type Named = Pick<DeploymentOrder, 'application' | 'version'>

/** Refuses a deployment of an application or a version that is not there or not active. */
export function refuseVersion(
  order: Named,
  catalogue: Catalogue,
  settings: EdgegapSettings,
): Reply | undefined {
  const message = settings.versionsMustExist
    ? catalogueProblem(order, catalogue, settings)
    : nameProblem(order, settings)
  return message === undefined
    ? undefined
    : { status: settings.unknownApplicationStatus, body: { message } }
}

/** What a deployment takes from its version, as that is now: later changes do not reach it. */
export function versionTraits(
  { application, version }: Named,
  catalogue: Catalogue,
): Pick<DeploymentOrder, 'ports' | 'maxDurationMinutes'> {
  const fields = catalogue.version(application, version)?.fields
  if (fields === undefined) return {}
  const ports = fields.ports.map(({ name, port, protocol, tls_upgrade = false }) => ({
    name: name ?? String(port),
    internal: port,
    protocol,
    tlsUpgrade: tls_upgrade,
  }))
  return { ...(ports.length > 0 && { ports }), maxDurationMinutes: fields.max_duration }
}

/** The lifecycle of a deployment whose image the registry does not hand out. */
export function failedPull(
  { application, version }: Named,
  catalogue: Catalogue,
  settings: EdgegapSettings,
): Script | undefined {
  const fields = catalogue.version(application, version)?.fields
  const isPulled = fields === undefined || checkImage(fields, settings) === undefined
  return isPulled ? undefined : error(100, 'Unable to pull image from registry')
}

function catalogueProblem(
  order: Named,
  catalogue: Catalogue,
  settings: EdgegapSettings,
): string | undefined {
  const application = catalogue.application(order.application)
  if (application === undefined) return `Application ${order.application} does not exist`
  if (!application.isActive) return `Application ${order.application} is not active`
  const version = catalogue.version(order.application, order.version)
  const name = `Version ${order.version} of application ${order.application}`
  if (version === undefined || !isVisible(version, settings)) return `${name} does not exist`
  return version.fields.is_active ? undefined : `${name} is not active`
}

function nameProblem(
  { application, version }: Named,
  { applications }: EdgegapSettings,
): string | undefined {
  const known = Object.hasOwn(applications, application) ? applications[application] : undefined
  if (known === '*' || known?.includes(version)) return undefined
  return known === undefined
    ? `Application ${application} does not exist`
    : `Version ${version} of application ${application} does not exist`
}
