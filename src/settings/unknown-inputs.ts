/** Every input that action.yml declares; a test holds the two together. */
export const KNOWN_INPUTS: readonly string[] = [
  'provider',
  'operation',
  'api-token',
  'api-url',
  'application',
  'version',
  'wait',
  'timeout',
  'poll-interval',
  'on-failure',
  'stop-after-job',
  'log-lines',
  'summary',
  'locations',
  'env',
  'secret-env',
  'tags',
  'deployment-id',
  'organization',
  'username',
  'build',
  'build-url',
  'build-size',
  'wait-until',
  'tunnel',
  'tunnel-timeout',
  'public-url',
  'listen-port',
  'ssh-host',
  'ssh-port',
  'ssh-user',
  'ssh-key',
  'ssh-known-hosts',
  'ssh-remote-port',
  'ssh-public-url',
  'relay-url',
  'cloudflared-token',
  'cloudflared-hostname',
  'cloudflared-path',
]

/** A name that needs more changes than this share of its letters is another word, not a misspelling. */
const NEAR_SHARE = 0.5
const MAX_NAME = 60

/**
 * Warnings about inputs that action.yml does not declare. The runner passes them on all the same, so
 * a misspelt input would be without effect and without a word.
 *
 * @param environment the step's environment, with `INPUT_…` variables
 */
export function findUnknownInputs(environment: NodeJS.ProcessEnv): string[] {
  const warnings: string[] = []
  for (const [variable, value] of Object.entries(environment)) {
    const name = /^INPUT_(.+)$/.exec(variable)?.[1]?.toLowerCase()
    if (name === undefined || name.length > MAX_NAME || !value) continue
    if (KNOWN_INPUTS.includes(name)) continue
    const nearest = nearestTo(name, KNOWN_INPUTS)
    const hint = nearest === undefined ? '' : ` Did you mean ${nearest}?`
    warnings.push(`${name} is no input of this action and has no effect.${hint}`)
  }
  return warnings
}

/** The candidate that is spelt most alike; undefined where none is near. */
export function nearestTo(name: string, candidates: readonly string[]): string | undefined {
  const flat = name.replaceAll('_', '-')
  const [best] = candidates
    .map((candidate) => ({ candidate, distance: editsBetween(flat, candidate) }))
    .sort((a, b) => a.distance - b.distance)
  return best && best.distance <= name.length * NEAR_SHARE ? best.candidate : undefined
}

/** How many letters must be added, removed or changed (Levenshtein). */
function editsBetween(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}
