import { asSentence } from '../base/sentence.ts'
import { isUp, type Outcome } from '../state/state.ts'

/** A port of a deployment, as far as GitHub shows it. */
export interface PortView {
  name: string
  protocol: string
  /** `host:port` */
  address: string
}

export interface DeploymentView {
  id: string
  outcome: Outcome | undefined
  /** Where it runs, or is to run. */
  location: string
  /** The address that players use; empty while there is none. */
  address: string
  ports: readonly PortView[]
}

/** A run as GitHub shows it: plain texts, none of which is trusted. */
export interface RunView {
  /** Undefined while it is deploying. */
  outcome: Outcome | undefined
  /** Stops were accepted, and their ends not waited for. */
  isBeingStopped?: boolean
  /** The provider, as people call it. */
  provider: string
  application: string
  version: string
  image: string
  deployments: readonly DeploymentView[]
  /** From the accepted request to the outcome; undefined while there is none. */
  seconds: number | undefined
  /** One line; empty on success. */
  error: string
}

/** Every text of a view through `clean`, so that no secret is ever stored or sent. */
export function cleanView(view: RunView, clean: (text: string) => string): RunView {
  return {
    ...view,
    provider: clean(view.provider),
    application: clean(view.application),
    version: clean(view.version),
    image: clean(view.image),
    error: clean(view.error),
    deployments: view.deployments.map((deployment) => ({
      id: clean(deployment.id),
      outcome: deployment.outcome,
      location: clean(deployment.location),
      address: clean(deployment.address),
      ports: deployment.ports.map(({ name, protocol, address }) => {
        return { name: clean(name), protocol: clean(protocol), address: clean(address) }
      }),
    })),
  }
}

/** How a protocol of a port is written in a URL of a page. */
const SCHEMES: Readonly<Record<string, string>> = {
  http: 'http',
  ws: 'http',
  https: 'https',
  wss: 'https',
}

/** The page of the first port that has one; a game's UDP port has none. */
export function pageOf({ deployments }: RunView): string | undefined {
  for (const port of deployments.flatMap(({ ports }) => ports)) {
    const page = pageOfPort(port)
    if (page !== undefined) return page
  }
  return undefined
}

function pageOfPort({ protocol, address }: PortView): string | undefined {
  const scheme = SCHEMES[protocol.trim().toLowerCase()]
  if (scheme === undefined || !/^[\w.[\]:-]+$/.test(address)) return undefined
  const url = `${scheme}://${address}`
  return URL.canParse(url) ? new URL(url).href : undefined
}

/** The same view without the ports of which nothing is shown: a provider may list hundreds. */
export function briefView(view: RunView): RunView {
  const deployments = view.deployments.map((one) => {
    return { ...one, ports: one.ports.filter((port) => pageOfPort(port) !== undefined).slice(0, 1) }
  })
  return { ...view, deployments }
}

/** What the post step came to with what the main step had left it, by the ids of deployments. */
export interface PostEnd {
  /** Seen to end. */
  endedIds: readonly string[]
  /** May still run: they could not be stopped for certain. */
  leftIds: readonly string[]
}

/**
 * The run as it stands after the post step. One that was killed is cancelled. It is stopped only when
 * everything that was up has ended: what could not be stopped still costs money, and is shown.
 */
export function afterPost(view: RunView, { endedIds, leftIds }: PostEnd): RunView {
  const { outcome = 'cancelled' } = view
  const deployments = view.deployments.map((one) => {
    if (isUp(outcome) && endedIds.includes(one.id)) return { ...one, outcome: 'stopped' as const }
    return { ...one, outcome: one.outcome ?? outcome }
  })
  const isAllStopped =
    endedIds.length > 0 && leftIds.length === 0 && deployments.every((one) => !isUp(one.outcome))
  const left =
    leftIds.length === 0 ? '' : `${leftIds.join(', ')} could not be stopped and may still run.`
  const error = [view.error && asSentence(view.error), left].filter(Boolean).join(' ')
  return {
    ...view,
    deployments,
    error,
    outcome: isUp(outcome) && isAllStopped ? 'stopped' : outcome,
  }
}
