import type { Reply } from '../delivery.ts'
import type { RoutedRequest } from '../router.ts'
import type { EmulatorServer } from '../server.ts'
import { type Access, type Account, type Authorised, demand } from './account.ts'
import { invalid, notFound, page } from './replies.ts'
import type { GitHubComment, GitHubState } from './state.ts'
import { toComment, toPull } from './wire.ts'

const LONGEST_BODY = 65_536

/** Comments of issues, which those of pull requests are, and the pull requests themselves. */
export function addCommentRoutes(
  server: EmulatorServer,
  state: GitHubState,
  root: string,
  authorised: Authorised,
): void {
  const path = `${root}/repos/${state.repository}`
  const show = (comment: GitHubComment) => toComment(comment, `${server.url}${path}`)
  const withAccess = (
    access: Access,
    handler: (request: RoutedRequest, account: Account) => Reply,
  ) =>
    authorised((request, account) => {
      return demand(account, access, ['issues', 'pull-requests']) ?? handler(request, account)
    })
  const withComment = (access: Access, handler: (comment: GitHubComment, body: string) => Reply) =>
    withAccess(access, (request) => {
      const comment = state.comments.find(({ id }) => String(id) === request.params.id)
      return comment ? handler(comment, bodyOf(request)) : notFound()
    })

  server.route(
    'GET',
    `${path}/issues/:number/comments`,
    withAccess('read', (request) => {
      if (!hasIssue(state, request)) return notFound()
      const { since } = request.query
      const found = state.comments.filter(({ issue, updatedAt }) => {
        return String(issue) === request.params.number && (!since || updatedAt >= since)
      })
      return page(request, server.url, found.map(show))
    }),
  )
  server.route(
    'POST',
    `${path}/issues/:number/comments`,
    withAccess('write', (request, account) => {
      if (!hasIssue(state, request)) return notFound()
      const body = bodyOf(request)
      if (body === '' || body.length > LONGEST_BODY) return invalid('Validation Failed')
      return {
        status: 201,
        body: show(addComment(state, account, Number(request.params.number), body)),
      }
    }),
  )
  server.route(
    'PATCH',
    `${path}/issues/comments/:id`,
    withComment('write', (comment, body) => {
      if (body === '' || body.length > LONGEST_BODY) return invalid('Validation Failed')
      comment.body = body
      comment.history.push(body)
      comment.updatedAt = new Date().toISOString()
      return { status: 200, body: show(comment) }
    }),
  )
  server.route(
    'DELETE',
    `${path}/issues/comments/:id`,
    withComment('write', (comment) => {
      state.comments.splice(state.comments.indexOf(comment), 1)
      return { status: 204 }
    }),
  )
  addPullRoutes(server, state, path, authorised)
}

function addPullRoutes(
  server: EmulatorServer,
  state: GitHubState,
  path: string,
  authorised: Authorised,
): void {
  const reading = (find: (request: RoutedRequest) => GitHubState['pulls']) =>
    authorised((request, account) => {
      const refusal = demand(account, 'read', ['pull-requests'])
      if (refusal) return refusal
      const found = find(request).map((pull) => toPull(pull, state.repository))
      return page(request, server.url, found)
    })
  server.route(
    'GET',
    `${path}/pulls`,
    reading(({ query }) =>
      state.pulls.filter(({ state: is, branch, headRepository = state.repository }) => {
        const head = `${headRepository.split('/')[0]}:${branch}`
        const isInState = query.state === 'all' || is === (query.state ?? 'open')
        return isInState && (!query.head || query.head === head)
      }),
    ),
  )
  server.route(
    'GET',
    `${path}/commits/:sha/pulls`,
    // Commits of forks are not found here.
    reading(({ params }) =>
      state.pulls.filter((pull) => pull.sha === params.sha && !pull.headRepository),
    ),
  )
}

export function addComment(
  state: GitHubState,
  author: Account,
  issue: number,
  body: string,
): GitHubComment {
  const now = new Date().toISOString()
  const comment = {
    ...{ id: state.newId(), issue, author, body },
    ...{ createdAt: now, updatedAt: now, history: [body] },
  }
  state.comments.push(comment)
  return comment
}

function bodyOf({ body }: RoutedRequest): string {
  return String((body as { body?: unknown } | undefined)?.body ?? '')
}

function hasIssue(state: GitHubState, { params }: RoutedRequest): boolean {
  return state.pulls.some(({ number }) => String(number) === params.number)
}
