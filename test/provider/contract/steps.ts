import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { ActionError } from '../../../src/base/errors.ts'
import type { Call } from '../../../src/provider/call.ts'
import type { CreateResult, Observation, Provider } from '../../../src/provider/provider.ts'

export const TAG = 'dgs-contract-1'
/** Of the form of an id, and nobody's. */
export const UNKNOWN_ID = '0123456789ab'
const BETWEEN_CHECKS_MS = 25

export function call(deadlineMs = 5_000, signal: AbortSignal = new AbortController().signal): Call {
  return { deadlineMs, signal }
}

export async function create(
  provider: Provider,
  { tag = TAG, target = provider.targets[0], bounds = call() } = {},
): Promise<CreateResult> {
  if (!target) throw new Error('the fixture opens the provider with a target at least')
  return await provider.create(target, { tag, webhook: undefined }, bounds)
}

/** The id of what a create made; by its tag, where the create itself does not know. */
export async function idOf(
  provider: Provider,
  result: CreateResult,
  tag = TAG,
): Promise<string | undefined> {
  if (result.kind === 'created') return result.id
  if (result.kind !== 'unknown') return undefined
  const found = await provider.findByTags([tag], call())
  expect([...found.values()].filter((one) => one !== tag)).toEqual([])
  return [...found.keys()][0]
}

/** Creates one thing, and gives its id. */
export async function createdId(
  provider: Provider,
  options?: Parameters<typeof create>[1],
): Promise<string> {
  const result = await create(provider, options)
  if (result.kind !== 'created') throw new Error(`the create ended as ${result.kind}`)
  return result.id
}

/** One status check of one id; throws its error. */
export async function observe(provider: Provider, id: string): Promise<Observation> {
  const one = (await provider.observe([id], call())).get(id)
  if (one === undefined) throw new Error(`no reading of ${id}`)
  if (one instanceof ActionError) throw one
  return one
}

/** Checks until it is no longer pending. A test's own time limit ends it. */
export async function outcomeOf(provider: Provider, id: string): Promise<Observation> {
  for (;;) {
    const one = await observe(provider, id)
    if (one.state !== 'pending') return one
    await sleep(BETWEEN_CHECKS_MS)
  }
}

/** What a provider can do beyond what all can. */
export interface Abilities {
  readonly stop: boolean
  readonly groups: boolean
  readonly webhooks: boolean
  /** A create that is refused may leave something that failed. */
  readonly failAfterRefusal: boolean
}

/** A test only of providers that can do what it needs: for others there is none. */
export function where(isAble: boolean): typeof it {
  const none = Object.assign(() => {}, { each: () => () => {} })
  return isAble ? it : (none as unknown as typeof it)
}
