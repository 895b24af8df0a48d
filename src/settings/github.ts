import type { Inputs } from './inputs.ts'
import { hasControls } from './names.ts'
import type { Problems } from './problems.ts'
import { isHeaderSafe } from './token.ts'
import { showUrl } from './url.ts'

/** What the inputs ask to be shown on GitHub. */
export interface GitHubSettings {
  /** Secret; empty where there is none. */
  readonly token: string
  /** The environment to record a GitHub Deployment for; empty for none. */
  readonly environment: string
  /** The page that the record links to; undefined: the server's own, where it has one. */
  readonly environmentUrl: string | undefined
  readonly comment: boolean
}

/** GitHub refuses longer names. */
const LONGEST_ENVIRONMENT = 255
const LONGEST_URL = 2_000

/** Reads `github-token`, `environment`, `environment-url` and `comment`; what is wrong goes to `problems`. */
export function readGitHub(inputs: Inputs, problems: Problems): GitHubSettings {
  const settings = {
    token: inputs.text('github-token'),
    environment: readEnvironmentName(inputs, problems),
    environmentUrl: readEnvironmentUrl(inputs, problems),
    comment: inputs.flag('comment', false),
  }
  if (wantsGitHub(settings) && settings.token !== '' && !isHeaderSafe(settings.token)) {
    problems.add('github-token', undefined, 'holds blanks or other characters that no token has')
  }
  return settings
}

/** False when nothing of GitHub is asked for: then no client is loaded and no request is sent. */
export function wantsGitHub({ environment, comment }: GitHubSettings): boolean {
  return environment !== '' || comment
}

function readEnvironmentName(inputs: Inputs, problems: Problems): string {
  const name = inputs.text('environment')
  if (name.length > LONGEST_ENVIRONMENT || hasControls(name)) {
    const allowed = `use one line of at most ${LONGEST_ENVIRONMENT} characters, such as staging`
    problems.add('environment', name, allowed)
  }
  return name
}

function readEnvironmentUrl(inputs: Inputs, problems: Problems): string | undefined {
  const text = inputs.text('environment-url')
  if (text === '') return undefined
  const isSound = URL.canParse(text) && !hasControls(text) && text.length <= LONGEST_URL
  const url = isSound ? new URL(text) : undefined
  if (url?.protocol === 'https:' && !url.username && !url.password) return url.href
  problems.add(
    'environment-url',
    showUrl(text),
    'write a full https URL without user name and password, such as https://play.example.com',
  )
  return undefined
}
