import type { Reply } from '../delivery.ts'
import type { RoutedRequest } from '../router.ts'
import type { EmulatorServer } from '../server.ts'
import { type Account, type Authorised, demand } from './account.ts'
import { error, invalid, notFound, page } from './replies.ts'
import type { GitHubDeployment, GitHubState, GitHubStatus } from './state.ts'
import { toDeployment, toStatus } from './wire.ts'

type Body = Readonly<Record<string, unknown>>
/** Deployments and their statuses, with GitHub's defaults. */
export function addDeploymentRoutes(
  server: EmulatorServer,
  state: GitHubState,
  root: string,
  authorised: Authorised,
): void {
  const path = `${root}/repos/${state.repository}`
  const url = `${server.url}${path}`
  const show = (one: GitHubDeployment) => toDeployment(one, url, state.payloadAsText)

  server.route(
    'POST',
    `${path}/deployments`,
    authorised((request, account) => {
      const refusal = demand(account, 'write', ['deployments'])
      if (refusal) return refusal
      const body = (request.body ?? {}) as Body
      const problem = refuseDeployment(body, state)
      if (problem) return problem
      const created = addDeployment(state, account, body)
      return { status: 201, body: show(created) }
    }),
  )
  server.route(
    'GET',
    `${path}/deployments`,
    authorised((request, account) => {
      const refusal = demand(account, 'read', ['deployments'])
      if (refusal) return refusal
      const { environment, sha, ref, task } = request.query
      const found = state.deployments.filter(
        (one) =>
          (!environment || one.environment === environment) &&
          (!sha || one.sha === sha) &&
          (!ref || one.ref === ref) &&
          (!task || one.task === task),
      )
      return page(request, server.url, found.toReversed().map(show))
    }),
  )
  server.route(
    'GET',
    `${path}/deployments/:id/statuses`,
    authorised((request, account) => {
      const refusal = demand(account, 'read', ['deployments'])
      if (refusal) return refusal
      const found = findDeployment(state, request)
      if (!found) return notFound()
      const deploymentUrl = `${url}/deployments/${found.id}`
      const all = found.statuses.toReversed().map((one) => toStatus(one, deploymentUrl, url))
      return page(request, server.url, all)
    }),
  )
  server.route(
    'POST',
    `${path}/deployments/:id/statuses`,
    authorised((request, account) => {
      const refusal = demand(account, 'write', ['deployments'])
      if (refusal) return refusal
      const found = findDeployment(state, request)
      if (!found) return notFound()
      const body = (request.body ?? {}) as Body
      const problem = refuseStatus(body)
      if (problem) return problem
      const status = addStatus(state, found, account, body)
      if (body.state === 'success' && body.auto_inactive !== false)
        endEarlier(state, found, account)
      return { status: 201, body: toStatus(status, `${url}/deployments/${found.id}`, url) }
    }),
  )
}

function refuseDeployment(body: Body, state: GitHubState): Reply | undefined {
  const ref = String(body.ref ?? '')
  if (state.unknownShas.has(ref) || !/^[0-9a-f]{40}$/.test(ref)) {
    return invalid(`No ref found for: ${ref}`)
  }
  if (String(body.description ?? '').length > 140) return invalid('description is too long')
  // The run that asks is itself a check that has not ended.
  const contexts = body.required_contexts
  if (!Array.isArray(contexts) || contexts.length > 0) {
    return error(409, 'Conflict: Commit status checks failed for the ref')
  }
  if (body.auto_merge !== false) {
    return { status: 202, body: { message: 'Auto-merged the default branch into the ref' } }
  }
  return undefined
}

const STATES = ['error', 'failure', 'inactive', 'in_progress', 'queued', 'pending', 'success']

function refuseStatus(body: Body): Reply | undefined {
  if (!STATES.includes(String(body.state))) return invalid('state is not included in the list')
  if (String(body.description ?? '').length > 140) return invalid('description is too long')
  for (const url of [body.environment_url, body.log_url]) {
    if (url && !/^https?:/.test(String(url))) return invalid('must use http(s) scheme')
  }
  return undefined
}

export function addDeployment(state: GitHubState, creator: Account, body: Body): GitHubDeployment {
  const environment = String(body.environment ?? 'production')
  const deployment: GitHubDeployment = {
    id: state.newId(),
    sha: String(body.ref),
    ref: String(body.ref),
    task: String(body.task ?? 'deploy'),
    environment,
    description: body.description === undefined ? null : String(body.description),
    payload: body.payload ?? {},
    isTransient: body.transient_environment === true,
    isProduction: (body.production_environment ?? environment === 'production') === true,
    creator,
    createdAt: new Date().toISOString(),
    statuses: [],
  }
  state.deployments.push(deployment)
  return deployment
}

export function addStatus(
  state: GitHubState,
  deployment: GitHubDeployment,
  creator: Account,
  body: Body,
): GitHubStatus {
  const status: GitHubStatus = {
    id: state.newId(),
    state: String(body.state),
    description: String(body.description ?? ''),
    environment: String(body.environment ?? deployment.environment),
    environmentUrl: String(body.environment_url ?? ''),
    logUrl: String(body.log_url ?? body.target_url ?? ''),
    creator,
    createdAt: new Date().toISOString(),
  }
  deployment.statuses.push(status)
  return status
}

/** What GitHub does by itself unless told not to. */
function endEarlier(state: GitHubState, by: GitHubDeployment, creator: Account): void {
  for (const one of state.deployments) {
    const isMeant = one.environment === by.environment && one.id < by.id
    const isSpared = one.isTransient || one.isProduction
    if (isMeant && !isSpared && one.statuses.at(-1)?.state === 'success') {
      addStatus(state, one, creator, { state: 'inactive' })
    }
  }
}

function findDeployment(state: GitHubState, { params }: RoutedRequest) {
  return state.deployments.find(({ id }) => String(id) === params.id)
}
