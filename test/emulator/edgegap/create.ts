import { randomBytes } from 'node:crypto'
import type { Reply } from '../delivery.ts'
import { failedPull, refuseVersion, versionTraits } from './deployed-version.ts'
import { type Deployment, type DeploymentOrder, isTerminated } from './deployment.ts'
import type { DeploymentApi, UnallocatedCreate } from './deployment-api.ts'
import type { Deployments } from './deployments.ts'
import { type Problems, readOrder } from './order.ts'
import { error } from './script.ts'
import type { EdgegapSettings } from './settings.ts'

/** OpenAPI v2 `POST /deployments`. */
export function createReply(body: unknown, api: DeploymentApi): Reply {
  const { settings, catalogue, deployments } = api
  const order = readOrder(body)
  if ('problems' in order) return invalid(order.problems)
  const refusal = refuseVersion(order, catalogue, settings) ?? refuseWebhooks(order, settings)
  if (refusal !== undefined) return refusal
  const placed = { ...order, ...versionTraits(order, catalogue) }
  const limit = limitMessage(deployments.all, settings)
  if (limit !== undefined) {
    if (settings.maxDeploymentsStatus === 400) return { status: 400, body: { message: limit } }
    return leaveInError(placed, { listed: true, message: limit }, deployments, settings)
  }
  const unallocated = api.takeUnallocated()
  if (unallocated !== undefined) return leaveInError(placed, unallocated, deployments, settings)
  const script = failedPull(order, catalogue, settings)
  const { id } = deployments.create(placed, script && { script })
  const request_id = settings.replyWithOtherId ? randomBytes(6).toString('hex') : id
  return { status: 202, body: { request_id } }
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
  const options = { script, listed, refused: true }
  const deployment = deployments.create({ ...order, webhooks }, options)
  return { status: 422, body: { request_id: deployment.id, message } }
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

function limitMessage(
  all: readonly Deployment[],
  { maxDeployments }: EdgegapSettings,
): string | undefined {
  const held = all.filter((deployment) => !isTerminated(deployment) && !deployment.refused).length
  if (held < maxDeployments) return undefined
  return `Your account is limited to ${maxDeployments} concurrent deployment(s)`
}

function invalid(details: Problems): Reply {
  const listed = Object.entries(details).map(([field, problem]) => `${field}: ${problem}`)
  return { status: 400, body: { message: listed.join('; '), details } }
}
