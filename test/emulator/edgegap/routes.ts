import type { Reply } from '../delivery.ts'
import type { RoutedRequest, Router } from '../router.ts'
import { createReply } from './create.ts'
import { type Deployment, isTerminated } from './deployment.ts'
import type { DeploymentApi } from './deployment-api.ts'
import type { Lifecycle } from './lifecycle.ts'
import { listReply } from './list.ts'
import { locationsReply } from './location.ts'
import { orderedReply } from './ordered-json.ts'
import type { EdgegapSettings } from './settings.ts'
import { statusJson } from './wire.ts'

/** Adds the deployment endpoints that the action uses. */
export function addDeploymentRoutes(router: Pick<Router, 'route'>, api: DeploymentApi): void {
  const { settings, deployments, lifecycle } = api
  const withDeployment = (answer: (deployment: Deployment) => Reply) => {
    return ({ params }: RoutedRequest): Reply => {
      const deployment = deployments.find(params.id ?? '')
      return deployment === undefined ? unknownId(params.id, settings) : answer(deployment)
    }
  }
  router.route('POST', '/v2/deployments', ({ body }) => createReply(body, api))
  router.route('GET', '/v1/locations', ({ query }) =>
    locationsReply(query, api.catalogue, settings),
  )
  router.route('GET', '/v1/deployments', ({ query }) => listReply(deployments.all, query, settings))
  router.route(
    'GET',
    '/v1/status/:id',
    withDeployment((deployment) => orderedReply(200, statusJson(deployment, settings))),
  )
  router.route(
    'DELETE',
    '/v1/stop/:id',
    withDeployment((deployment) => stopReply(deployment, lifecycle, settings)),
  )
  router.route(
    'GET',
    '/v1/deployment/:id/container-logs',
    withDeployment((deployment) => logsReply(deployment, settings)),
  )
}

function stopReply(deployment: Deployment, lifecycle: Lifecycle, settings: EdgegapSettings): Reply {
  const message = `${deployment.id} - Delete request will be processed soon`
  if (settings.stopEndsNothing && !isTerminated(deployment)) {
    return { status: 202, body: { message } }
  }
  switch (lifecycle.stop(deployment)) {
    case 'begun':
      return { status: 202, body: { message } }
    case 'deferred':
      return { status: settings.pendingStopStatus, body: { message } }
    case 'repeated': {
      const deployment_summary = statusJson(deployment, settings)
      return orderedReply(200, { message, deployment_summary })
    }
    case 'gone':
      return { status: 410, body: { message: `${deployment.id} is already terminated` } }
  }
}

/** OpenAPI v1: without an Endpoint Storage the logs go with the container. */
function logsReply(deployment: Deployment, settings: EdgegapSettings): Reply {
  if (isTerminated(deployment)) {
    return { status: 400, body: { message: 'The request could not be understood' } }
  }
  return {
    status: 200,
    body: {
      logs: deployment.logs ?? settings.logs,
      crash_logs: deployment.crashLogs,
      crash_data: deployment.crashData,
      encoding: 'utf-8',
      logs_link: deployment.logsLink,
    },
  }
}

function unknownId(id: string | undefined, { unknownIdStatus }: EdgegapSettings): Reply {
  return { status: unknownIdStatus, body: { message: `Bad request id: ${id}` } }
}
