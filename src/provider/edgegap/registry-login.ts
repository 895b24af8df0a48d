import type { Inputs } from '../../settings/inputs.ts'
import type { Problems } from '../../settings/problems.ts'

/** With it Edgegap pulls the image of a version. */
export interface RegistryLogin {
  readonly username: string
  readonly password: string
}

/** User names with which registries take tokens that end by themselves, and when. */
const SHORT_LIVED: ReadonlyMap<string, string> = new Map([
  ['AWS', 'ends 12 hours after it was made'],
  ['oauth2accesstoken', 'ends an hour after it was made'],
  ['00000000-0000-0000-0000-000000000000', 'ends 3 hours after it was made'],
])

/** What is missing of it goes to the problems. */
export function readRegistryLogin(inputs: Inputs, problems: Problems): RegistryLogin | undefined {
  const username = inputs.text('registry-username')
  const password = inputs.text('registry-password')
  if (username !== '' && password !== '') return { username, password }
  if (username === '' && password === '') return undefined
  const [missing, given] =
    username === ''
      ? ['registry-username', 'registry-password']
      : ['registry-password', 'registry-username']
  problems.add(
    missing,
    '',
    `${given} needs it too (secrets are empty in pull requests from forks and by Dependabot)`,
  )
  return undefined
}

/**
 * Edgegap keeps the login with the version and pulls with it whenever a server starts where the image is
 * not yet. With one that ends soon that works in the job that deploys, and fails for players later.
 *
 * @returns a warning, unless only servers of this run are ever started from the version
 */
export function warnOfLogin(
  inputs: Inputs,
  login: RegistryLogin | undefined,
  promote: readonly string[],
): string[] {
  if (login === undefined) return []
  const isPassing = inputs.text('stop-after-job') === 'true' || inputs.has('group')
  if (isPassing && promote.length === 0) return []
  const end = endOf(login)
  if (end === undefined) return []
  return [
    `registry-password ${end}, and Edgegap keeps it with the version: servers that start later may not get the image. Give a login that lasts and can only pull, such as a personal access token with read:packages for ghcr.io.`,
  ]
}

function endOf({ username, password }: RegistryLogin): string | undefined {
  if (/^ghs_/.test(password)) return 'is the token of this job and ends with it'
  return SHORT_LIVED.get(username)
}
