import { ActionError } from '../base/errors.ts'
import type { GitHubClient } from './client.ts'
import { type Marker, readMarker } from './comment-body.ts'
import type { PullSearch, Repository } from './event.ts'
import { oddReply, unlessGone } from './failure.ts'
import { asObject, id, shape, text } from './json.ts'

/** A comment that carries a marker of ours; who wrote it is another question. */
export interface MarkedComment {
  id: number
  author: Author
  marker: Marker
}

/** An account, by either of what tells it from all others at a moment. */
export interface Author {
  id: number | undefined
  login: string
}

const PER_PAGE = 100

const WIRE_USER = shape({ id, login: text })
const WIRE_COMMENT = shape({ id, body: text, user: WIRE_USER })
const WIRE_REPOSITORY = shape({ full_name: text })
const WIRE_END = shape({ ref: text, repo: WIRE_REPOSITORY })
const WIRE_PULL = shape({ number: id, state: text, head: WIRE_END })
const WIRE_VIEWER = shape({ login: text, databaseId: id })

/** Comments and pull requests of a repository, one method a request. All throw ActionError. */
export class Comments {
  readonly #client: GitHubClient
  readonly #where: { owner: string; repo: string }

  constructor(client: GitHubClient, { owner, name }: Repository) {
    this.#client = client
    this.#where = { owner, repo: name }
  }

  /** @param since only those changed since then, ISO 8601 */
  async list(pull: number, since?: string): Promise<MarkedComment[]> {
    return await this.#client.pages(
      (octokit, page) =>
        octokit.rest.issues.listComments({
          ...this.#where,
          issue_number: pull,
          per_page: PER_PAGE,
          page,
          ...(since && { since }),
        }),
      readComment,
    )
  }

  async create(pull: number, body: string): Promise<MarkedComment> {
    const data = await this.#client.create((octokit) =>
      octokit.rest.issues.createComment({ ...this.#where, issue_number: pull, body }),
    )
    const created = readComment(data)
    if (created === undefined) throw oddReply('id of the comment')
    return created
  }

  /** @returns false when it is there no more */
  async update(commentId: number, body: string): Promise<boolean> {
    const updated = this.#client.change((octokit) =>
      octokit.rest.issues.updateComment({ ...this.#where, comment_id: commentId, body }),
    )
    return await unlessGone(
      updated.then(() => true),
      false,
    )
  }

  /** Nothing happens when it is there no more. */
  async delete(commentId: number): Promise<void> {
    const deleted = this.#client.repeat((octokit) =>
      octokit.rest.issues.deleteComment({ ...this.#where, comment_id: commentId }),
    )
    await unlessGone(deleted, undefined)
  }

  /**
   * Who the token belongs to. `GET /user` refuses the job's own token and those of apps, so GraphQL,
   * which answers every token, is asked first. Servers without GraphQL are asked by `GET /user`.
   *
   * @returns undefined where neither tells
   */
  async viewer(): Promise<Author | undefined> {
    const viewer = await this.#viewerByGraphQL()
    if (viewer) return viewer
    try {
      const { id, login } = WIRE_USER.parse(
        await this.#client.repeat((octokit) => octokit.rest.users.getAuthenticated()),
      )
      return login === undefined ? undefined : { id, login }
    } catch (thrown) {
      if (thrown instanceof ActionError && thrown.kind !== 'unauthorized') return undefined
      throw thrown
    }
  }

  async #viewerByGraphQL(): Promise<Author | undefined> {
    try {
      const data = await this.#client.repeat(async (octokit) => {
        return { status: 200, data: await octokit.graphql('{ viewer { login databaseId } }') }
      })
      const { login, databaseId } = WIRE_VIEWER.parse(asObject(data).viewer)
      return login === undefined ? undefined : { id: databaseId, login }
    } catch (thrown) {
      // GraphQL's own refusals come with status 200, and as another error.
      if (thrown instanceof ActionError && thrown.kind === 'unauthorized') throw thrown
      return undefined
    }
  }

  /** The open pull request of a branch or, where its branch is not found, of a commit. */
  async findPull(search: PullSearch, sha: string | undefined): Promise<number | undefined> {
    const byBranch = await this.#client.list((octokit) =>
      octokit.rest.pulls.list({
        ...this.#where,
        state: 'open',
        head: `${search.owner}:${search.branch}`,
        per_page: PER_PAGE,
      }),
    )
    const found = openPullOf(byBranch, search)
    if (found !== undefined || sha === undefined) return found
    const byCommit = this.#client.list((octokit) =>
      octokit.rest.repos.listPullRequestsAssociatedWithCommit({
        ...this.#where,
        commit_sha: sha,
        per_page: PER_PAGE,
      }),
    )
    // Look-alikes of GitHub do not have it, and a fork's commit need not be in this repository.
    return openPullOf(await unlessGone(byCommit, []), search)
  }
}

/**
 * The branch is compared again: look-alikes of GitHub leave out filters that they do not know, and an
 * owner may have a fork beside the repository, with branches of the same names.
 */
function openPullOf(
  pulls: readonly unknown[],
  { owner, repository, branch }: PullSearch,
): number | undefined {
  return pulls
    .map((value) => WIRE_PULL.parse(value))
    .find(({ state, head }) => {
      const [headOwner = '', headName] = (head.repo.full_name ?? '').toLowerCase().split('/')
      const isOfOwner = headOwner === owner.toLowerCase()
      const isOfRepository = repository === undefined || headName === repository.toLowerCase()
      return state === 'open' && head.ref === branch && isOfOwner && isOfRepository
    })?.number
}

function readComment(value: unknown): MarkedComment | undefined {
  const { id, body = '', user } = WIRE_COMMENT.parse(value)
  const marker = readMarker(body)
  if (id === undefined || marker === undefined) return undefined
  return { id, marker, author: { id: user.id, login: user.login ?? '' } }
}

export function isSameAuthor(a: Author, b: Author): boolean {
  const isSameId = a.id !== undefined && a.id === b.id
  return isSameId || (a.login !== '' && a.login.toLowerCase() === b.login.toLowerCase())
}
