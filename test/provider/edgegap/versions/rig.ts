import { createHttpClient } from '../../../../src/net/request.ts'
import type { Call } from '../../../../src/provider/call.ts'
import { createEdgegapClient } from '../../../../src/provider/edgegap/client.ts'
import {
  readVersionInputs,
  type VersionInputs,
} from '../../../../src/provider/edgegap/version-inputs.ts'
import type { VersionApi } from '../../../../src/provider/edgegap/versions/api.ts'
import { ensureVersion } from '../../../../src/provider/edgegap/versions/ensure.ts'
import { planVersion } from '../../../../src/provider/edgegap/versions/plan.ts'
import { Inputs } from '../../../../src/settings/inputs.ts'
import { Problems } from '../../../../src/settings/problems.ts'
import { type EdgegapEmulator, startEdgegapEmulator } from '../../../emulator/edgegap/emulator.ts'
import { inputEnvironment } from '../../../harness/action.ts'

export const application = 'my-game'

/** Edgegap with four versions, of which `prod` is the one that players use. */
export function startEdgegap(): Promise<EdgegapEmulator> {
  return startEdgegapEmulator({
    catalogue: {
      [application]: {
        v1: {},
        v2: {},
        v3: {},
        prod: {
          docker_tag: 'v3',
          req_cpu: 1024,
          req_memory: 2048,
          max_duration: 120,
          restart_policy: 'never',
          endpoint_storage: 'my-storage',
          ports: [
            { name: 'gameport', port: 7777, protocol: 'UDP', to_check: false },
            { name: 'web', port: 8080, protocol: 'WS', tls_upgrade: true },
          ],
          variables: [{ key: 'MAP', value: 'forest', isSecret: false }],
        },
      },
    },
    rateLimits: { listPerSecond: 1_000, statusPerSecond: 1_000, deployPerSecond: 1_000 },
  })
}

/** Time that only sleeping moves on: retries take no time, and deadlines hold all the same. */
function fastClock() {
  let nowMs = 0
  return {
    nowMs: () => nowMs,
    async sleep(durationMs: number) {
      nowMs += durationMs
    },
  }
}

export function apiOf(edgegap: EdgegapEmulator, name = application): VersionApi {
  const url = new URL(edgegap.url)
  const send = createEdgegapClient(createHttpClient({}), url, edgegap.settings.token)
  return { send, clock: fastClock(), application: name }
}

export function call(deadlineMs = 60_000): Call {
  return { deadlineMs, signal: new AbortController().signal }
}

/** Settings as the inputs give them; throws when an input is wrong. */
export async function settingsOf(given: Record<string, string>): Promise<VersionInputs> {
  const problems = new Problems()
  const environment = inputEnvironment(given)
  const inputs = new Inputs(environment, problems)
  const operation = 'deploy'
  const settings = await readVersionInputs({
    inputs,
    problems,
    environment,
    operation,
    wait: 'auto',
  })
  if (problems.list.length > 0) throw new Error(problems.list.join('\n'))
  return settings
}

export const image = (tag: string) => `registry.edgegap.com/my-org/my-game:${tag}`

export async function plan(
  edgegap: EdgegapEmulator,
  given: Record<string, string>,
  isPreflight = false,
) {
  return await planVersion(apiOf(edgegap), await settingsOf(given), isPreflight, call())
}

/** Plans and carries out, as a run does. */
export async function ensure(edgegap: EdgegapEmulator, given: Record<string, string>) {
  const settings = await settingsOf(given)
  const api = apiOf(edgegap)
  const planned = await planVersion(api, settings, false, call())
  return await ensureVersion(api, settings, planned, call())
}

/** The error of what must fail. */
export async function failure(promise: Promise<unknown>) {
  const thrown = await promise.then(
    () => new Error('it did not fail'),
    (error: Error & { kind?: string; next?: string }) => error,
  )
  return thrown as Error & { kind?: string; next?: string }
}
