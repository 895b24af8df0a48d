import type { Reply } from '../delivery.ts'
import { type Deployment, type DeploymentOrder, isTerminated } from './deployment.ts'
import type { Deployments } from './deployments.ts'
import { type Problems, readOrder } from './order.ts'
import { error } from './script.ts'
import type { EdgegapSettings } from './settings.ts'

/** A create that finds no server, yet leaves a deployment in Error behind. */
export interface UnallocatedCreate {
  /** Whether the list shows that deployment. */
  readonly listed: boolean
  readonly message: string
}

/** OpenAPI v2 `POST /deployments`. */
export function createReply(
  body: unknown,
  deployments: Deployments,
  settings: EdgegapSettings,
  takeUnallocated: () => UnallocatedCreate | undefined,
): Reply {
  const order = readOrder(body)
  if ('problems' in order) return invalid(order.problems)
  const refusal =
    refuseApplication(order, settings) ??
    refuseWebhooks(order, settings) ??
    refuseOneMore(deployments.all, settings)
  if (refusal !== undefined) return refusal
  const unallocated = takeUnallocated()
  if (unallocated !== undefined) return leaveInError(order, unallocated, deployments, settings)
  return { status: 202, body: { request_id: deployments.create(order).id } }
}

/**
 * OpenAPI v2, private fleet deploy: with a 422 a deployment exists in Error state, to be deleted by
 * hand or, some time later, by the system.
 */
function leaveInError(
  order: DeploymentOrder,
  { listed, message }: UnallocatedCreate,
  deployments: Deployments,
  settings: EdgegapSettings,
): Reply {
  const webhooks = settings.webhookOnRefusedCreate ? order.webhooks : {}
  const script = error(0, message)
  const deployment = deployments.create({ ...order, webhooks }, { script, listed })
  return { status: 422, body: { request_id: deployment.id, message } }
}

function refuseApplication(order: DeploymentOrder, settings: EdgegapSettings): Reply | undefined {
  const { application, version } = order
  const known = Object.hasOwn(settings.applications, application)
    ? settings.applications[application]
    : undefined
  if (known === '*' || known?.includes(version)) return undefined
  const message =
    known === undefined
      ? `Application ${application} does not exist`
      : `Version ${version} of application ${application} does not exist`
  return { status: settings.unknownApplicationStatus, body: { message } }
}

function refuseWebhooks(order: DeploymentOrder, settings: EdgegapSettings): Reply | undefined {
  const { refuseWebhooks: refused } = settings
  const problems: Problems = {}
  for (const [event, url] of Object.entries(order.webhooks)) {
    const isRefused = typeof refused === 'boolean' ? refused : refused.test(url)
    if (isRefused) problems[`webhook_on_${event}.url`] = 'this URL is not allowed'
  }
  return Object.keys(problems).length > 0 ? invalid(problems) : undefined
}

function refuseOneMore(
  all: readonly Deployment[],
  { maxDeployments }: EdgegapSettings,
): Reply | undefined {
  const held = all.filter((deployment) => !isTerminated(deployment)).length
  if (held < maxDeployments) return undefined
  const message = `Your account is limited to ${maxDeployments} concurrent deployment(s)`
  return { status: 400, body: { message } }
}

function invalid(details: Problems): Reply {
  const listed = Object.entries(details).map(([field, problem]) => `${field}: ${problem}`)
  return { status: 400, body: { message: listed.join('; '), details } }
}
