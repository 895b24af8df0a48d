import { ActionError } from '../../src/base/errors.ts'
import type { DeploymentState, RunState } from '../../src/state/state.ts'
import {
  crashedServer,
  lateServer,
  MONTREAL,
  PLACES,
  STARTED_MS,
  upServer,
} from './sample-servers.ts'

/** Runs as they end in practice, with invented values: for pictures, and to hold the summary against. */

/** A run of these servers. */
export function run(more: Partial<RunState>): RunState {
  return {
    title: 'Edgegap',
    outcome: 'succeeded',
    application: 'my-game',
    version: 'v1.4.2',
    versionAction: 'unmanaged',
    deployments: [],
    stoppedIds: [],
    tunnel: 'cloudflared',
    tunnelError: '',
    hasLeftovers: false,
    ...more,
  }
}

const IMAGE = 'registry.example.com/my-org/my-game'

function success(): RunState {
  const id = '2399b4ad8360'
  const place = { ...MONTREAL, name: 'new-york', where: '40.71,-74.01', distanceKm: 533 }
  const server = upServer(place, id, 4_230)
  const first = server.observation?.facts.ports ?? []
  const web = {
    name: 'web',
    internal: 8080,
    external: 31_505,
    protocol: 'HTTPS',
    address: `${id}.pr.edgegap.net:31505`,
  }
  const observed = { ...server.observation?.facts, ports: [...first, web] }
  return run({
    deployments: [
      {
        ...server,
        observation: { state: 'succeeded', status: 'Status.READY', known: true, facts: observed },
        probes: [
          {
            port: 'gameport',
            protocol: 'a2s',
            answered: true,
            seconds: 0.6,
            detail: 'my-game arena, 0 of 16 players',
          },
        ],
      },
    ],
    versionAction: 'created',
    image: `${IMAGE}:v1.4.2`,
    lifetime: { endsWithJob: false, maxMinutes: 60, replacedInGroup: 'pr-12' },
    phases: [
      { name: 'version created', fromMs: 0, untilMs: 1_300 },
      { name: 'probe', fromMs: 6_130, untilMs: 6_730 },
    ],
    promoted: [{ version: 'prod', from: `${IMAGE}:v1.4.1`, to: `${IMAGE}:v1.4.2` }],
    replacedIds: ['91c0de5e1b2a'],
    stoppedIds: ['91c0de5e1b2a'],
  })
}

function failure(): RunState {
  const deployments = [crashedServer(MONTREAL, 'c690e9c0c310')]
  return run({ outcome: 'failed', deployments, stoppedIds: ['c690e9c0c310'] })
}

function fifty(): RunState {
  const cities = ['Montreal', 'Frankfurt', 'Tokyo', 'Sydney', 'Dallas', 'Paris', 'Singapore']
  const deployments = Array.from({ length: 50 }, (_, n) => {
    const city = cities[n % cities.length] ?? ''
    const place = { name: `${city.toLowerCase()}-${n + 1}`, where: '', location: city }
    const id = (0x2399b4ad8360 + n * 7_919_113).toString(16)
    if (n === 17) return crashedServer(place, id)
    if (n === 31) return lateServer(place, id)
    return upServer(place, id, 2_900 + ((n * 611) % 6_100))
  })
  return run({
    outcome: 'failed',
    deployments,
    stoppedIds: deployments.flatMap(({ outcome, id = '' }) => (outcome === 'succeeded' ? [] : id)),
  })
}

function edge(): RunState {
  const details = [
    ['Build', 'my_game-20261125-1204'],
    ['Changed', 'yes'],
    ['Image (dxfName)', 'my_game_7f3a91.dxf'],
  ] as const
  return run({
    title: 'ROCKIT Edge',
    application: 'my_game',
    version: '',
    successWord: 'published',
    deployments: [
      {
        target: { name: 'my_game', where: '' },
        id: '7f3a91',
        outcome: 'succeeded',
        source: 'webhook',
        observation: { state: 'succeeded', status: 'deploy END', known: true, facts: { details } },
        timeline: [
          { status: 'upload WIP', atMs: 300 },
          { status: 'mkraw WIP', atMs: 61_000 },
          { status: 'deploy WIP', atMs: 148_000 },
          { status: 'deploy END', atMs: 211_000 },
        ],
        elapsedMs: 211_000,
      },
    ],
  })
}

function edgeFailure(): RunState {
  const whole = edge()
  const reason =
    'publishing failed on eu-west, succeeded on us-east; the app my_game is locked until this is resolved'
  const next =
    'Fix eu-west (credentials, reachability of the origin) and retry the task deploy-118.'
  const details = [
    ['Build', 'my_game-20261125-1204'],
    ['Failed deployments', 'eu-west'],
    ['Succeeded deployments', 'us-east'],
  ] as const
  const deployments = whole.deployments.map((one): DeploymentState => {
    return {
      ...one,
      outcome: 'failed',
      timeline: [...one.timeline.slice(0, 3), { status: 'deploy ERROR', atMs: 211_000 }],
      observation: {
        state: 'failed',
        status: 'deploy ERROR',
        known: true,
        facts: { details },
        reason,
        next,
      },
      error: new ActionError({ kind: 'deployment-failed', what: reason, next }),
    }
  })
  return { ...whole, outcome: 'failed', deployments }
}

function rejected(): RunState {
  const error = new ActionError({
    kind: 'unauthorized',
    what: 'Edgegap does not accept the token: Invalid token header.',
    next: 'Create a new token in the dashboard under User Settings, and save it as the secret that api-token reads.',
    request: 'POST /v2/deployments → 401',
  })
  const target = { name: 'montreal', where: '45.50,-73.57' }
  const deployments: DeploymentState[] = [
    { target, outcome: 'rejected', error, timeline: [], elapsedMs: 0 },
  ]
  return run({ outcome: 'rejected', deployments })
}

function dryRun(): RunState {
  return run({
    plan: {
      checks: [
        { what: 'token', result: 'good', detail: 'accepted' },
        { what: 'image', result: 'good', detail: `${IMAGE}:v1.4.2 is in the registry` },
        { what: 'servers', result: 'good', detail: '3 of 10 are in use' },
        { what: 'port check', result: 'unknown', detail: 'the API does not tell' },
      ],
      changes: [
        { kind: 'create', what: 'version v1.4.2', detail: `from ${IMAGE}:v1.4.2` },
        { kind: 'create', what: 'a server in Montreal', detail: 'montreal 45.50,-73.57' },
        { kind: 'stop', what: 'server 91c0de5e1b2a', detail: 'older one of the group pr-12' },
        { kind: 'update', what: 'version prod', detail: 'to the same image' },
        { kind: 'delete', what: 'version v1.3.0', detail: 'the oldest, keep-versions is 10' },
      ],
    },
  })
}

function cancelledRun(): RunState {
  const error = new ActionError({ kind: 'cancelled', what: 'The run was cancelled.' })
  const up = upServer(MONTREAL, '2399b4ad8360', 3_100)
  const deployments: DeploymentState[] = [{ ...up, outcome: 'cancelled', error }]
  return run({ outcome: 'cancelled', deployments, stoppedIds: ['2399b4ad8360'] })
}

function three(more: Partial<RunState> = {}): RunState {
  const ids = ['2399b4ad8360', '71f0a2bb9c04', 'c690e9c0c310']
  const deployments = PLACES.map((place, n) => upServer(place, ids[n] ?? '', 3_100 + n * 1_400))
  return run({ deployments, lifetime: { endsWithJob: true, maxMinutes: 60 }, ...more })
}

function threeWithFailure(): RunState {
  const { deployments } = three()
  const [, second] = deployments
  const stopped = deployments.map((one): DeploymentState => ({ ...one, outcome: 'stopped' }))
  stopped[1] = crashedServer(PLACES[1] ?? MONTREAL, second?.id ?? '')
  const stoppedIds = stopped.flatMap(({ id }) => id ?? [])
  return run({ outcome: 'failed', deployments: stopped, stoppedIds })
}

export const scenes: Readonly<Record<string, RunState>> = {
  success: success(),
  failure: failure(),
  'timed-out': run({
    outcome: 'timed-out',
    deployments: [lateServer(MONTREAL, '5ad0c7b1e2f3')],
    stoppedIds: ['5ad0c7b1e2f3'],
  }),
  rejected: rejected(),
  'three-servers': three(),
  'three-servers-one-failed': threeWithFailure(),
  'fifty-servers': fifty(),
  kept: { ...failure(), stoppedIds: [], keptIds: ['c690e9c0c310'] },
  started: run({
    outcome: 'started',
    deployments: [
      {
        target: { name: 'frankfurt', where: '50.11,8.68' },
        id: '2399b4ad8360',
        outcome: 'started',
        timeline: [],
        elapsedMs: 0,
        acceptedWallMs: STARTED_MS,
      },
    ],
  }),
  cancelled: cancelledRun(),
  stopped: run({
    outcome: 'stopped',
    application: '2399b4ad8360',
    version: '',
    stop: { id: '2399b4ad8360', onlyAccepted: false },
    stoppedIds: ['2399b4ad8360'],
  }),
  'nothing-to-stop': run({
    outcome: 'stopped',
    version: '',
    stop: { id: '2399b4ad8360', onlyAccepted: false },
  }),
  'version-only': run({ versionAction: 'created', image: `${IMAGE}:v1.4.2` }),
  'group-stopped': run({
    outcome: 'stopped',
    version: '',
    stop: { group: 'pr-12', onlyAccepted: false },
    stoppedIds: ['2399b4ad8360', '71f0a2bb9c04', 'c690e9c0c310'],
  }),
  'dry-run': dryRun(),
  'rockit-edge': edge(),
  'rockit-edge-failure': edgeFailure(),
}

/** Inputs that are wrong, as the step reports them. */
export const wrongInputs: readonly string[] = [
  'timeout is "5": a number without a unit is not clear, write "5m" for minutes or "5s" for seconds',
  'locations is "-74.01,40.71": latitude comes first and is from -90 to 90: did you mean "40.71,-74.01"?',
  'application is empty: name the application to deploy',
]
