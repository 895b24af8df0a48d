import { createRequire } from 'node:module'

type Event = Readonly<Record<string, unknown>>

const examples = createRequire(import.meta.url)(
  '@octokit/webhooks-examples/api.github.com/index.json',
) as readonly { name: string; examples: readonly Event[] }[]

/**
 * GitHub's own example of an event, of the given action and for which `fits` holds.
 *
 * @throws Error when there is none
 */
export function exampleEvent(
  name: string,
  action?: string,
  fits: (event: Event) => boolean = () => true,
): Event {
  const found = examples
    .find((kind) => kind.name === name)
    ?.examples.find((event) => (action === undefined || event.action === action) && fits(event))
  if (!found) throw new Error(`GitHub has no example of ${name} ${action ?? ''}`)
  return structuredClone(found)
}
