import { describe } from '../../base/errors.ts'
import type { Call } from '../call.ts'
import type { ProviderContext } from '../provider.ts'
import type { RockitEdgeApi } from './api.ts'
import { replyError, sendForms } from './client.ts'
import { isLeftover, newSubscriptionName } from './tags.ts'
import { readNewName, readSecret, readSubscriptionName } from './wire/replies.ts'
import { subscriptionForms } from './wire/requests.ts'

/** What `stop` knows a subscription by. */
export const SUBSCRIPTION_ID = 'subscription:'

const ADVICE = {
  forbidden: 'Ask for a role with subscriptions 11 (create 1, read 2, delete 8).',
} as const

/** The subscription of one run: made when the tunnel is up, removed when the run ends. */
export class Subscriptions {
  readonly #api: RockitEdgeApi
  readonly #context: ProviderContext
  /** Undefined where it certainly does not exist. */
  #name: string | undefined
  /** The name that was asked for, which it is noted by. */
  #tag = ''
  readonly #secrets: string[] = []
  #opening: Promise<void> = Promise.resolve()
  #isOver = false

  constructor(api: RockitEdgeApi, context: ProviderContext) {
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
    if (this.#isOver || call.signal.aborted) return
    this.#opening = this.#open(url.href, call)
    await this.#opening
  }

  /** Removes what was made, also what is being made. @throws ActionError when it may still be there */
  async close(call: Call): Promise<void> {
    this.#isOver = true
    await this.#opening.catch(() => {})
    if (this.#name !== undefined) await this.remove(this.#name, call)
  }

  async remove(name: string, call: Call): Promise<void> {
    const path = `/subscriptions/${encodeURIComponent(name)}`
    const reply = await this.#api.send({ method: 'DELETE', path }, call)
    // A gateway in trouble knows no subscription at all, or answers with a page of its own: then the list
    // must agree before one is gone.
    const isAnswer = reply.isGood && (reply.json !== undefined || reply.text.trim() === '')
    const maybeGone = reply.isGood || reply.status === 404
    const isGone = isAnswer || (maybeGone && !(await this.#list(call)).includes(name))
    if (!isGone) {
      throw replyError(reply, `The subscription ${name} was not removed`, ADVICE)
    }
    this.#closed(name)
  }

  /** Removes what earlier runs left that were lost with their machine. Failures are only logged. */
  async removeLeftovers(call: Call): Promise<void> {
    try {
      const names = await this.#list(call)
      for (const name of names.filter((one) => isLeftover(one, this.#api.nowMs()))) {
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

  async #open(url: string, call: Call): Promise<void> {
    const { cleanUpNotes, hide } = this.#context
    const name = newSubscriptionName(this.#api.nowMs())
    this.#name = name
    this.#tag = name
    cleanUpNotes.opened(name)
    const request = { method: 'POST', path: '/subscriptions' } as const
    const reply = await sendForms(this.#api.send, request, subscriptionForms(name, url), call)
    if (!reply.isGood) {
      // After a fault of the server it may have been made all the same.
      if (reply.status < 500 && reply.status !== 429) this.#closed(name)
      throw replyError(reply, 'ROCKIT Edge refused the subscription', ADVICE)
    }
    // It may have been given another name than the one that was asked for.
    this.#name = readNewName(reply.json) ?? name
    cleanUpNotes.created(name, SUBSCRIPTION_ID + this.#name)
    const secret = readSecret(reply.json)
    if (!secret) throw replyError(reply, 'The reply to the subscription has no secret')
    hide(secret)
    this.#secrets.push(secret)
  }

  #closed(name: string): void {
    const isOwn = this.#name === name
    this.#context.cleanUpNotes.closed(isOwn ? this.#tag : name)
    if (isOwn) this.#name = undefined
  }
}
