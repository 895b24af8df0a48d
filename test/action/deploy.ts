import { expect } from 'vitest'
import { type EdgegapEmulator, startEdgegapEmulator } from '../emulator/edgegap/emulator.ts'
import type { EdgegapOptions } from '../emulator/edgegap/settings.ts'
import type { RecordedRequest } from '../emulator/server.ts'
import { freePort } from '../emulator/tunnel/loopback-server.ts'
import { readAction } from '../harness/action.ts'
import { type JobOptions, type JobResult, runJob } from '../harness/job.ts'
import type { RunningStep } from '../harness/step.ts'
import type { Annotation, StepResult } from '../harness/step-result.ts'

/** An emulator that closes itself at the end of the block: `await using edgegap = …`. */
export type Edgegap = EdgegapEmulator & AsyncDisposable

export async function startEdgegap(options?: EdgegapOptions): Promise<Edgegap> {
  const emulator = await startEdgegapEmulator(options)
  return Object.assign(emulator, { [Symbol.asyncDispose]: () => emulator.close() })
}

export type With = Readonly<Record<string, string>>

/** The image of my-game with this tag, in Edgegap's registry. */
export const imageOf = (tag: string) => `registry.edgegap.com/my-org/my-game:${tag}`

/** Inputs for an ingress of the user's, which on loopback leads straight to the step. */
export async function publicTunnel(): Promise<With> {
  const port = String(await freePort())
  return { 'public-url': `http://127.0.0.1:${port}`, 'listen-port': port }
}

export interface ActionOptions extends Omit<JobOptions, 'inputs' | 'secrets'> {
  /** Further secrets, beside the token, that must show up nowhere. */
  readonly secrets?: readonly string[]
}

/** Runs the bundle's main and post as a job would, to deploy `my-game v1`. */
export function deploy(
  edgegap: Edgegap,
  inputs: With = {},
  options: ActionOptions = {},
): Promise<JobResult> {
  return run(edgegap, { application: 'my-game', version: 'v1', ...inputs }, options)
}

/** Runs the bundle to stop a deployment. */
export function stop(
  edgegap: Edgegap,
  id: string,
  inputs: With = {},
  options: ActionOptions = {},
): Promise<JobResult> {
  return run(edgegap, { operation: 'stop', 'deployment-id': id, ...inputs }, options)
}

/** Runs the bundle with exactly these inputs beside token and URL, and checks what holds for every run. */
export async function run(
  { settings, url }: Pick<Edgegap, 'settings' | 'url'>,
  inputs: With,
  { secrets = [], ...options }: ActionOptions = {},
): Promise<JobResult> {
  const { token } = settings
  // Not given to the harness as secrets: the action has to hide them by itself.
  const job = await runJob({
    ...options,
    // On a runner of GitHub's, `tunnel: auto` would download a tunnel client; nothing here may.
    env: { RUNNER_ENVIRONMENT: 'self-hosted', ...options.env },
    inputs: { 'api-token': token, 'api-url': url, ...inputs },
  })
  for (const step of [job.main, job.post]) if (step) expectSound(step, [token, ...secrets])
  expect(job.orphans).toEqual([])
  return job
}

/** What no run may ever do, whatever it was told and whatever was done to it. */
export function expectSound(step: StepResult, secrets: readonly string[]): void {
  expect(step.problems).toEqual([])
  expect(step.undeclaredOutputs).toEqual([])
  expect(step.forged).toEqual({ outputs: {}, state: {} })
  expect(step.env).toEqual({})
  expect(step.path).toEqual([])
  const commands = new Set(step.commands.map(({ name, form }) => `${form} ${name}`))
  const usual = ['add-mask', 'group', 'endgroup', 'error', 'warning', 'notice']
  expect(usual.map((name) => `colons ${name}`)).toEqual(expect.arrayContaining([...commands]))
  const shown = [
    ...step.rawStdout.split('\n').filter((line) => !line.startsWith('::add-mask::')),
    step.rawStderr,
    step.summary,
    JSON.stringify([step.outputs, step.state, step.annotations]),
  ].join('\n')
  for (const secret of secrets) expect(shown).not.toContain(secret)
}

/** Every declared output is set, and none else. */
export function expectAllOutputs({ outputs }: StepResult): void {
  expect(Object.keys(outputs).sort()).toEqual([...readAction().outputs].sort())
}

/** The ids of what runs. */
export function liveIds(edgegap: Edgegap): string[] {
  return edgegap.live().map(({ id }) => id)
}

/** Nothing runs at the provider that nobody will ever stop. */
export function expectNothingLeft(edgegap: Edgegap): void {
  expect(edgegap.live().map(({ id, status }) => `${id} ${status}`)).toEqual([])
}

export function annotations(step: StepResult, level: Annotation['level']): string[] {
  return step.annotations.filter((one) => one.level === level).map(({ message }) => message)
}

/** The one error annotation of a step; a test fails where there are more or none. */
export function onlyError(step: StepResult): string {
  const errors = annotations(step, 'error')
  expect(errors).toHaveLength(1)
  return errors[0] ?? ''
}

export const CREATE = /^\/v2\/deployments$/
export const LIST = /^\/v1\/deployments$/
export const STATUS = /^\/v1\/status\//
export const STOP = /^\/v1\/stop\//
export const LOGS = /container-logs$/

/** Method and path of each request, ids left out, in the order of arrival. */
export function wireLog({ requests }: Pick<Edgegap, 'requests'>): string[] {
  const ids = /\/[0-9a-f]{12}\b/
  return requests.map(({ method, path }) => `${method} ${path.replace(ids, '/ID')}`)
}

/** The tag of our own that a create carried. */
export function tagOf({ body }: RecordedRequest): string {
  return (body as { tags: string[] }).tags[0] ?? ''
}

/** Milliseconds between each request and the next. */
export function gaps(requests: readonly RecordedRequest[]): number[] {
  return requests.slice(1).map(({ at }, index) => at - (requests[index]?.at ?? at))
}

/** A machine under load may take long to start a step; only what never happens is a failure. */
const PATIENCE_MS = 20_000

/** For `mainControl`: cancels as the runner does, once this request has arrived. */
export function cancelAt(edgegap: Edgegap, method: string, path: RegExp, count = 1) {
  return async (step: RunningStep): Promise<void> => {
    await edgegap.whenRequested(method, path, { count, timeoutMs: PATIENCE_MS })
    await step.cancel()
  }
}

/** For `mainControl`: cancels as the runner does, once the step has said this. */
export function cancelAtLine(pattern: RegExp) {
  return async (step: RunningStep): Promise<void> => {
    await step.waitForLine(pattern, PATIENCE_MS)
    await step.cancel()
  }
}

/** For `mainControl`: kills without a chance to clean up, once this request has arrived. */
export function killAt(edgegap: Edgegap, method: string, path: RegExp, count = 1) {
  return async (step: RunningStep): Promise<void> => {
    await edgegap.whenRequested(method, path, { count, timeoutMs: PATIENCE_MS })
    step.kill()
  }
}

/** For `mainControl`: sends one signal once this request has arrived, and lets the step end by itself. */
export function signalAt(edgegap: Edgegap, signal: NodeJS.Signals, method: string, path: RegExp) {
  return async (step: RunningStep): Promise<void> => {
    await edgegap.whenRequested(method, path, { timeoutMs: PATIENCE_MS })
    step.signal(signal)
    await step.done
  }
}
