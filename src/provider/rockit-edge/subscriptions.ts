import { ActionError, describe } from '../../base/errors.ts'
import type { Call } from '../call.ts'
import type { ProviderContext } from '../provider.ts'
import type { RockitEdgeApi } from './api.ts'
import { type RockitEdgeClient, type RockitEdgeReply, replyError } from './client.ts'
import { isLeftover, newSubscriptionName } from './tags.ts'
import { readSecret, readSubscriptionName } from './wire/replies.ts'
import { type SubscriptionOrder, subscriptionForms } from './wire/requests.ts'

/** What `stop` knows a subscription by. */
export const SUBSCRIPTION_ID = 'subscription:'

const ADVICE = {
  forbidden: 'Ask for a role with subscriptions 11 (create 1, read 2, delete 8).',
} as const

/** The subscription of one run: made when the tunnel is up, removed when the run ends. */
export class Subscriptions {
  readonly #send: RockitEdgeClient
  readonly #api: RockitEdgeApi
  readonly #context: ProviderContext
  /** Names that may exist. */
  readonly #names = new Set<string>()
  readonly #secrets: string[] = []
  #opening: Promise<void> = Promise.resolve()
  #isOver = false

  constructor(send: RockitEdgeClient, api: RockitEdgeApi, context: ProviderContext) {
    this.#send = send
    this.#api = api
    this.#context = context
  }

  /** With which webhooks are signed; waits for a reply that is under way. */
  async secrets(): Promise<readonly string[]> {
    await this.#opening.catch(() => {})
    return this.#secrets
  }

  get isOpen(): boolean {
    return this.#secrets.length > 0
  }

  /** @throws ActionError when ROCKIT Edge does not accept it */
  async open(url: URL, call: Call): Promise<void> {
    if (this.#isOver) return
    this.#opening = this.#open(url.href, call)
    await this.#opening
  }

  /** Removes what was made, also what is being made. @throws ActionError when it may still be there */
  async close(call: Call): Promise<void> {
    this.#isOver = true
    await this.#opening.catch(() => {})
    await Promise.all([...this.#names].map((name) => this.remove(name, call)))
  }

  async remove(name: string, call: Call): Promise<void> {
    const path = `/subscriptions/${encodeURIComponent(name)}`
    const reply = await this.#send({ method: 'DELETE', path }, call)
    // A gateway in trouble knows no subscription at all, or answers with a page of its own: then the list
    // must agree before one is gone.
    const isAnswer = reply.isGood && (reply.json !== undefined || reply.text.trim() === '')
    const maybeGone = reply.isGood || reply.status === 404
    const isGone = isAnswer || (maybeGone && !(await this.#list(call)).includes(name))
    if (!isGone) {
      throw replyError(reply, `The subscription ${name} was not removed`, ADVICE)
    }
    this.#names.delete(name)
    this.#context.cleanUpNotes.closed(name)
  }

  /** Removes what earlier runs left that were lost with their machine. Failures are only logged. */
  async removeLeftovers(call: Call): Promise<void> {
    try {
      const names = await this.#list(call)
      for (const name of names.filter((one) => isLeftover(one, Date.now()))) {
        await this.remove(name, call)
        this.#context.log(`Removed the subscription ${name}, which an earlier run left behind.`)
      }
    } catch (thrown) {
      this.#context.log(
        `Could not search for subscriptions that earlier runs left behind: ${describe(thrown)}`,
      )
    }
  }

  async #list(call: Call): Promise<string[]> {
    const rows = await this.#api.listAll('/subscriptions', 'subscriptions', {}, call)
    return rows.flatMap((row) => readSubscriptionName(row) ?? [])
  }

  /** Each form is tried until one is not refused as it is; it may take several requests. */
  async #open(url: string, call: Call): Promise<void> {
    const base = newSubscriptionName(Date.now())
    let refusal: RockitEdgeReply | undefined
    for (const orders of subscriptionForms(url)) {
      const refused = await this.#createAll(base, orders, call)
      if (!refused) return
      refusal ??= refused
    }
    throw replyError(refusal as RockitEdgeReply, 'ROCKIT Edge refused the subscription', ADVICE)
  }

  /** @returns the refusal where this form is not understood */
  async #createAll(
    base: string,
    orders: readonly SubscriptionOrder[],
    call: Call,
  ): Promise<RockitEdgeReply | undefined> {
    for (const [index, { body, isOptional }] of orders.entries()) {
      const reply = await this.#create(index === 0 ? base : `${base}_${index}`, body, call)
      if (reply.isGood || isOptional) continue
      if (index === 0) return reply
      throw replyError(reply, 'ROCKIT Edge refused one of the subscriptions', ADVICE)
    }
    return undefined
  }

  /** Throws for every refusal that another form would not change. */
  async #create(name: string, order: object, call: Call): Promise<RockitEdgeReply> {
    const { cleanUpNotes } = this.#context
    if (this.#isOver || call.signal.aborted)
      throw new ActionError({ kind: 'cancelled', what: 'The run is over.' })
    this.#names.add(name)
    cleanUpNotes.opened(name)
    const body = { name, ...order }
    const reply = await this.#send({ method: 'POST', path: '/subscriptions', body }, call)
    if (reply.isGood) {
      cleanUpNotes.created(name, SUBSCRIPTION_ID + name)
      const secret = readSecret(reply.json)
      if (!secret) throw replyError(reply, 'The reply to the subscription has no secret')
      this.#context.hide(secret)
      this.#secrets.push(secret)
      return reply
    }
    if (reply.status < 500 && reply.status !== 429) {
      this.#names.delete(name)
      cleanUpNotes.closed(name)
    }
    if (reply.status === 400 || reply.status === 422) return reply
    throw replyError(reply, 'ROCKIT Edge refused the subscription', ADVICE)
  }
}
