import type { Account } from './account.ts'

export interface GitHubDeployment {
  readonly id: number
  readonly sha: string
  readonly ref: string
  readonly task: string
  readonly environment: string
  readonly description: string | null
  readonly payload: unknown
  readonly isTransient: boolean
  readonly isProduction: boolean
  readonly creator: Account
  readonly createdAt: string
  /** Oldest first. */
  readonly statuses: GitHubStatus[]
}

export interface GitHubStatus {
  readonly id: number
  readonly state: string
  readonly description: string
  readonly environment: string
  readonly environmentUrl: string
  readonly logUrl: string
  readonly creator: Account
  readonly createdAt: string
}

export interface GitHubComment {
  readonly id: number
  readonly issue: number
  readonly author: Account
  readonly createdAt: string
  updatedAt: string
  body: string
  /** Every body that it ever had, oldest first. */
  readonly history: string[]
}

export interface GitHubPull {
  readonly number: number
  readonly state: 'open' | 'closed'
  readonly branch: string
  readonly sha: string
  /** Of a fork; this repository unless told. */
  readonly headRepository?: string
}

/** What the repository holds. */
export interface GitHubState {
  /** `owner/name` */
  readonly repository: string
  readonly accounts: Map<string, Account>
  readonly deployments: GitHubDeployment[]
  readonly comments: GitHubComment[]
  readonly pulls: GitHubPull[]
  /** Commits that cannot be found. */
  readonly unknownShas: Set<string>
  /** Gives payloads back as JSON text, as GitHub does with some. */
  payloadAsText: boolean
  /** Servers that look like GitHub have none. */
  hasGraphQL: boolean
  newId(): number
}
