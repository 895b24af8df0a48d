import type { Account } from './account.ts'
import { exampleEvent } from './events.ts'
import type { GitHubComment, GitHubDeployment, GitHubPull, GitHubStatus } from './state.ts'

/** GitHub's own objects, in the form in which its API gives them. */

export function toUser({ id, login, app }: Account) {
  const url = `https://api.github.com/users/${encodeURIComponent(login)}`
  const links = [
    ...['followers', 'following', 'gists', 'starred', 'subscriptions', 'organizations'],
    ...['repos', 'events', 'received_events'],
  ].map((name) => [`${name}_url`, `${url}/${name}`])
  return {
    login,
    id,
    node_id: `U_${id}`,
    avatar_url: `https://avatars.githubusercontent.com/u/${id}`,
    gravatar_id: '',
    url,
    html_url: `https://github.com/${encodeURIComponent(login)}`,
    ...Object.fromEntries(links),
    type: app ? 'Bot' : 'User',
    site_admin: false,
  }
}

/** What `GET /user` tells beside that. */
export function toPublicUser(account: Account) {
  return {
    ...toUser(account),
    name: null,
    company: null,
    blog: null,
    location: null,
    email: null,
    hireable: null,
    bio: null,
    public_repos: 1,
    public_gists: 0,
    followers: 0,
    following: 0,
    created_at: '2020-01-01T00:00:00Z',
    updated_at: '2020-01-01T00:00:00Z',
  }
}

export function toDeployment(deployment: GitHubDeployment, repositoryUrl: string, asText: boolean) {
  const url = `${repositoryUrl}/deployments/${deployment.id}`
  return {
    url,
    id: deployment.id,
    node_id: `DE_${deployment.id}`,
    sha: deployment.sha,
    ref: deployment.ref,
    task: deployment.task,
    payload: asText ? JSON.stringify(deployment.payload) : deployment.payload,
    original_environment: deployment.environment,
    environment: deployment.environment,
    description: deployment.description,
    creator: toUser(deployment.creator),
    created_at: deployment.createdAt,
    updated_at: deployment.createdAt,
    statuses_url: `${url}/statuses`,
    repository_url: repositoryUrl,
    transient_environment: deployment.isTransient,
    production_environment: deployment.isProduction,
    performed_via_github_app: null,
  }
}

export function toStatus(status: GitHubStatus, deploymentUrl: string, repositoryUrl: string) {
  return {
    url: `${deploymentUrl}/statuses/${status.id}`,
    id: status.id,
    node_id: `DES_${status.id}`,
    state: status.state,
    creator: toUser(status.creator),
    description: status.description,
    environment: status.environment,
    target_url: status.logUrl,
    created_at: status.createdAt,
    updated_at: status.createdAt,
    deployment_url: deploymentUrl,
    repository_url: repositoryUrl,
    environment_url: status.environmentUrl,
    log_url: status.logUrl,
    performed_via_github_app: null,
  }
}

export function toComment(comment: GitHubComment, repositoryUrl: string) {
  return {
    url: `${repositoryUrl}/issues/comments/${comment.id}`,
    html_url: `https://github.com/o/r/pull/${comment.issue}#issuecomment-${comment.id}`,
    issue_url: `${repositoryUrl}/issues/${comment.issue}`,
    id: comment.id,
    node_id: `IC_${comment.id}`,
    user: toUser(comment.author),
    created_at: comment.createdAt,
    updated_at: comment.updatedAt,
    author_association: comment.author.app ? 'NONE' : 'MEMBER',
    body: comment.body,
    performed_via_github_app: null,
  }
}

/** GitHub's example of a pull request, with our values in it. */
export function toPull(pull: GitHubPull, repository: string) {
  const { pull_request: example } = exampleEvent('pull_request', 'opened') as {
    pull_request: { head: { repo: object }; base: object }
  }
  return {
    ...example,
    auto_merge: null,
    number: pull.number,
    state: pull.state,
    head: {
      ...example.head,
      ref: pull.branch,
      sha: pull.sha,
      repo: { ...example.head.repo, full_name: pull.headRepository ?? repository },
    },
  }
}
