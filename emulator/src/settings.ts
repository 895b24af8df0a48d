import { parsePort } from '../../src/provider/edgegap/ports.ts'
import { readDuration } from '../../src/settings/duration.ts'
import { Inputs } from '../../src/settings/inputs.ts'
import { nearestName } from '../../src/settings/nearest.ts'
import { BadInputs, Problems } from '../../src/settings/problems.ts'
import type { Script } from '../../test/emulator/edgegap/script.ts'
import type { EdgegapOptions, PortSpec } from '../../test/emulator/edgegap/settings.ts'
import type { Fault } from '../../test/emulator/faults.ts'
import { readFaults } from './faults.ts'
import { readOutcomes } from './outcomes.ts'

/** Everything that the emulator's own process needs. */
export interface Plan {
  readonly options: EdgegapOptions
  /** Of the first deployments; those after them go on as `options.script` says. */
  readonly scripts: readonly Script[]
  readonly faults: readonly Fault[]
  readonly refusedCreates: number
}

/** What a server that still runs at the end means. */
export type LeftRunning = 'fail' | 'warn'

export type Settings = { readonly leftRunning: LeftRunning } & (
  | { readonly operation: 'start'; readonly plan: Plan }
  | { readonly operation: 'stop' }
)

/** The defaults of action.yml, where an input is given empty; a test holds the two together. */
export const DEFAULTS = {
  operation: 'start',
  'left-running': 'fail',
  applications: 'my-game',
  ports: 'gameport 7777/udp',
  outcomes: 'ready',
  'ready-after': '2s',
  'trouble-after': '3s',
  'stop-takes': '1s',
  'refuse-creates': '0',
} as const

/** Every input that action.yml declares, in its order; a test holds the two together. */
export const KNOWN_INPUTS: readonly string[] = [
  ...['operation', 'left-running', 'port', 'applications', 'ports', 'outcomes', 'ready-after'],
  ...['trouble-after', 'stop-takes', 'refuse-creates', 'max-deployments', 'max-versions'],
  ...['server-host', 'log', 'faults'],
]

const MOST = 1_000_000

/**
 * Reads the inputs of this action.
 *
 * @throws BadInputs with every problem at once
 */
export function readSettings(environment: NodeJS.ProcessEnv): {
  settings: Settings
  warnings: string[]
} {
  const problems = new Problems()
  const inputs = new Inputs(withDefaults(environment), problems)
  const operation = inputs.oneOf('operation', ['start', 'stop'], 'start')
  const leftRunning = readLeftRunning(inputs)
  const settings: Settings =
    operation === 'stop'
      ? { operation, leftRunning }
      : { operation, leftRunning, plan: readPlan(inputs, problems) }
  if (problems.list.length > 0) throw new BadInputs(problems.inOrderOf(KNOWN_INPUTS))
  return { settings, warnings: unknownInputs(environment) }
}

/** For the post step, which has to end the emulator whatever the other inputs are by now. */
export function leftRunningOf(environment: NodeJS.ProcessEnv): LeftRunning {
  return readLeftRunning(new Inputs(withDefaults(environment), new Problems()))
}

function readLeftRunning(inputs: Inputs): LeftRunning {
  return inputs.oneOf('left-running', ['fail', 'warn'], 'fail')
}

function readPlan(inputs: Inputs, problems: Problems): Plan {
  const readyMs = readDuration(inputs, problems, 'ready-after', 0) ?? 0
  const troubleMs = readyMs + (readDuration(inputs, problems, 'trouble-after', 1_000) ?? 0)
  const scripts = readOutcomes(inputs, problems, { readyMs, troubleMs })
  const log = inputs.raw('log')
  const port = limit('port', inputs, { min: 1024, max: 65_535 })
  const maxDeployments = limit('max-deployments', inputs, { min: 1, max: MOST })
  const maxVersions = limit('max-versions', inputs, { min: 1, max: MOST })
  const reachableAt = readHost(inputs, problems)
  return {
    scripts: scripts.slice(0, -1),
    faults: readFaults(inputs, problems),
    refusedCreates: inputs.wholeNumber('refuse-creates', { min: 0, max: MOST }, 0),
    options: {
      ...readApplications(inputs, problems),
      script: scripts.at(-1) ?? [],
      ports: readPorts(inputs, problems),
      terminateAfterMs: readDuration(inputs, problems, 'stop-takes', 0) ?? 0,
      ...(log !== '' && { logs: log }),
      ...(port !== undefined && { port }),
      ...(maxDeployments !== undefined && { maxDeployments }),
      ...(maxVersions !== undefined && { maxVersions }),
      ...(reachableAt !== undefined && { reachableAt }),
    },
  }
}

function limit(
  name: string,
  inputs: Inputs,
  range: { min: number; max: number },
): number | undefined {
  return inputs.wholeNumber(name, range, Number.NaN) || undefined
}

/** Names of the API's paths: no blanks, slashes or control characters. */
const NAME = /^[\w.:+-]{1,100}$/

function readApplications(inputs: Inputs, problems: Problems): EdgegapOptions {
  const named = new Map<string, string[]>()
  for (const line of inputs.lines('applications')) {
    const [application = '', ...versions] = line.trim().split(/[\s,]+/)
    const wrong = [application, ...versions].find((name) => !NAME.test(name))
    if (wrong !== undefined) {
      problems.add('applications', line, 'write a name and then, if you like, its versions')
    }
    named.set(application, [...(named.get(application) ?? []), ...versions])
  }
  const catalogue = Object.fromEntries(named)
  // An empty catalogue entry lets no version be deployed; `*` lets any.
  if ([...named.values()].some((versions) => versions.length > 0)) return { catalogue }
  return { applications: Object.fromEntries([...named.keys()].map((name) => [name, '*'])) }
}

function readPorts(inputs: Inputs, problems: Problems): PortSpec[] {
  return inputs.lines('ports').flatMap((line) => {
    const port = parsePort(line)
    if (typeof port === 'string') {
      problems.add('ports', line.trim(), port)
      return []
    }
    const { name, port: internal, protocol, hasTls } = port
    return [{ name: name || String(internal), internal, protocol, tlsUpgrade: hasTls }]
  })
}

function readHost(inputs: Inputs, problems: Problems): string | undefined {
  const host = inputs.text('server-host')
  if (host === '') return undefined
  if (/^[\w.:-]{1,253}$/.test(host)) return host
  problems.add('server-host', host, 'write a host name or an IP address, without port or scheme')
  return undefined
}

function withDefaults(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const filled = { ...environment }
  for (const [name, value] of Object.entries(DEFAULTS)) {
    const variable = `INPUT_${name.toUpperCase()}`
    if (!filled[variable]?.trim()) filled[variable] = value
  }
  return filled
}

/** The runner passes a misspelt input on, where it would be without effect and without a word. */
function unknownInputs(environment: NodeJS.ProcessEnv): string[] {
  return Object.keys(environment).flatMap((variable) => {
    const name = /^INPUT_(.+)$/.exec(variable)?.[1]?.toLowerCase()
    if (name === undefined || KNOWN_INPUTS.includes(name) || !environment[variable]) return []
    const nearest = nearestName(name, KNOWN_INPUTS)
    const question = nearest === undefined ? '' : ` Did you mean ${nearest}?`
    return [`${name} is not an input of this action and has no effect.${question}`]
  })
}
