import { ActionError } from '../../src/base/errors.ts'
import type { Facts } from '../../src/provider/provider.ts'
import type { DeploymentState } from '../../src/state/state.ts'

/** Servers as they end in practice, with invented values. */

export const STARTED_MS = Date.UTC(2026, 10, 25, 12, 4)

export interface Place {
  name: string
  where: string
  location: string
  distanceKm?: number
}

export const MONTREAL: Place = {
  name: 'montreal',
  where: '45.50,-73.57',
  location: 'Montreal, Canada',
}
export const PLACES: readonly Place[] = [
  MONTREAL,
  { name: 'frankfurt', where: '50.11,8.68', location: 'Frankfurt, Germany' },
  { name: 'tokyo', where: '35.68,139.69', location: 'Osaka, Japan', distanceKm: 397 },
]

export function facts(id: string, location: string, port = 31_504): Facts {
  const host = `${id}.pr.edgegap.net`
  const address = `${host}:${port}`
  return {
    host,
    ip: '192.0.2.48',
    location,
    ports: [{ name: 'gameport', internal: 7777, external: port, protocol: 'UDP', address }],
  }
}

/** A server that came up. */
export function upServer(place: Place, id: string, elapsedMs: number): DeploymentState {
  const { name, where, location, distanceKm } = place
  return {
    target: { name, where },
    tag: `dgs-${id}`,
    id,
    outcome: 'succeeded',
    source: 'webhook',
    observation: {
      state: 'succeeded',
      status: 'Status.READY',
      known: true,
      facts: { ...facts(id, location), ...(distanceKm && { distanceKm }) },
    },
    timeline: [
      { status: 'Status.SEEKING', atMs: 80 },
      { status: 'Status.DEPLOYING', atMs: elapsedMs * 0.4 },
      { status: 'Status.READY', atMs: elapsedMs },
    ],
    elapsedMs,
    acceptedAtMs: 1_900,
    acceptedWallMs: STARTED_MS,
  }
}

const LOG = [
  'Godot Engine v4.3.stable.official - https://godotengine.org',
  'Loading world "arena" (412 nodes)',
  'Listening on 0.0.0.0:7777 (UDP)',
  '[net] registering with master at https://master.example.com',
  'ERROR: HTTP 401 from master: token expired',
  '   at: register (net/master.cpp:214)',
  'SCRIPT ERROR: Assertion failed: no session',
  '   at: Main._ready (res://main.gd:57)',
  '',
  '================================================================',
  'handle_crash: Program crashed with signal 11',
  'Dumping the backtrace. Please include this when reporting the bug.',
  '[1] /lib/libc.so.6(+0x3c050) [0x7f3c1a]',
  '[2] Main::_ready()',
  '-- END OF BACKTRACE --',
]

/** A server whose process ended while it started. */
export function crashedServer(place: Place, id: string): DeploymentState {
  const up = upServer(place, id, 2_700)
  const error = new ActionError({ kind: 'deployment-failed', what: `${id} failed after 2.7 s.` })
  return {
    ...up,
    outcome: 'failed',
    error,
    observation: {
      state: 'failed',
      status: 'Status.ERROR',
      known: true,
      facts: {},
      reason: 'Container exited with code 139 during startup',
    },
    timeline: [...up.timeline.slice(0, 2), { status: 'Status.ERROR', atMs: 2_700 }],
    log: { tail: LOG, isCut: false, crash: 'exit code 139, SIGSEGV, restarted 3 times' },
  }
}

/** A server that is not ready in time. */
export function lateServer(place: Place, id: string): DeploymentState {
  const { target } = upServer(place, id, 1)
  return {
    target,
    id,
    tag: 't',
    outcome: 'timed-out',
    error: new ActionError({
      kind: 'timed-out',
      what: `${id} was not ready within 5m 00s; its last status was Status.DEPLOYING`,
      next: 'Raise timeout if it only needs longer: the first start of a new image takes the time of its download.',
    }),
    observation: { state: 'pending', status: 'Status.DEPLOYING', known: true, facts: {} },
    timeline: [
      { status: 'Status.SEEKING', atMs: 90 },
      { status: 'Status.DEPLOYING', atMs: 2_100 },
    ],
    elapsedMs: 300_000,
  }
}
