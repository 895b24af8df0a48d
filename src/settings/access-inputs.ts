import type { Inputs } from './inputs.ts'
import type { Problems } from './problems.ts'
import type { ProviderInputs } from './provider-inputs.ts'
import { isHeaderSafe } from './token.ts'
import { parseBaseUrl, showUrl } from './url.ts'

type ApiInputs = Pick<ProviderInputs, 'apiToken' | 'apiUrl'>

/**
 * Reads `api-token`. It is never shown, whatever is wrong with it.
 *
 * @returns the token as the provider takes it; what is wrong with it goes to `problems`
 */
export function readToken(inputs: Inputs, problems: Problems, { apiToken }: ApiInputs): string {
  const token = apiToken.clean(inputs.text('api-token'))
  if (token === '') {
    problems.add(
      'api-token',
      '',
      `give ${apiToken.what} from a secret (secrets are empty in pull requests from forks and by Dependabot)`,
    )
  } else if (!isHeaderSafe(token)) {
    const { noun } = apiToken
    problems.add('api-token', undefined, `holds blanks or other characters that no ${noun} has`)
  }
  return token
}

/**
 * Reads `api-url`, or takes the provider's default.
 *
 * @returns a URL that leads nowhere where there is a problem: then nothing is sent
 */
export function readApiUrl(inputs: Inputs, problems: Problems, { apiUrl }: ApiInputs): URL {
  const text = inputs.text('api-url') || ('default' in apiUrl ? apiUrl.default : '')
  const url = parseBaseUrl(text)
  if (url instanceof URL) return url
  const isMissing = text === '' && 'missing' in apiUrl
  problems.add('api-url', showUrl(text), isMissing ? apiUrl.missing : url)
  return new URL('https://invalid.invalid')
}
