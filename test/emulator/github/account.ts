import type { Reply } from '../delivery.ts'
import type { EmulatorRequest, Handler, RoutedRequest } from '../router.ts'

export type Scope = 'deployments' | 'issues' | 'pull-requests' | 'contents'
export type Access = 'read' | 'write'

/** Whom a token belongs to. */
export interface Account {
  id: number
  login: string
  /** The app that it acts for: the job's own token is one of an app too. */
  app: string | undefined
  /** As under `permissions:` of a job. */
  permissions: Partial<Record<Scope, Access>>
}

/** A handler for those whose token is known. */
export type Authorised = (handler: (request: RoutedRequest, account: Account) => Reply) => Handler

/** The job's own token, with what the action asks for. */
export function jobAccount(permissions?: Account['permissions']): Account {
  return {
    id: 41898282,
    login: 'github-actions[bot]',
    app: 'github-actions',
    permissions: permissions ?? {
      deployments: 'write',
      'pull-requests': 'write',
      contents: 'read',
    },
  }
}

/** A person with a token that may do all of it. */
export function personAccount(login: string, id: number): Account {
  const permissions = {
    deployments: 'write',
    issues: 'write',
    'pull-requests': 'write',
    contents: 'read',
  } as const
  return { id, login, app: undefined, permissions }
}

/** The token of a request, in either of the forms that GitHub takes. */
export function tokenOf({ headers }: EmulatorRequest): string | undefined {
  return /^(?:token|bearer) (\S+)$/i.exec(headers.authorization ?? '')?.[1]
}

/** A refusal, unless one of the scopes has the access. */
export function demand(
  { permissions, app }: Account,
  access: Access,
  scopes: readonly Scope[],
): Reply | undefined {
  const isGranted = scopes.some((scope) => {
    const granted = permissions[scope]
    return granted === 'write' || granted === access
  })
  if (isGranted) return undefined
  return {
    status: 403,
    body: {
      message: app
        ? 'Resource not accessible by integration'
        : 'Resource not accessible by personal access token',
      documentation_url: 'https://docs.github.com/rest',
      status: '403',
    },
    headers: {
      'x-accepted-github-permissions': scopes.map((scope) => `${scope}=${access}`).join('; '),
    },
  }
}
