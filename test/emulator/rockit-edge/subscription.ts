import type { Reply } from '../delivery.ts'
import { addressIn, asObject, textIn, unknownFields } from './json.ts'
import { newSecret } from './jwt.ts'
import type { RockitEdgeSettings } from './settings.ts'
import type { Json, Words } from './words.ts'

export interface Subscription {
  readonly name: string
  readonly url: string
  readonly secret: string
  /** Every kind unless the request named some. */
  readonly types: readonly string[] | undefined
  readonly events: readonly string[] | undefined
  /** The request as it came. */
  readonly body: Json
  readonly created: Date
  /** `performance.now()`. */
  readonly createdAt: number
  deletedAt: number | undefined
}

/** All that were ever made, oldest first. */
export type Subscriptions = Subscription[]

export function isAlive({ deletedAt }: Subscription): boolean {
  return deletedAt === undefined
}

/** `POST /be/v1/subscriptions`, for the webhook sink only. */
export function subscribeReply(
  body: unknown,
  subscriptions: Subscriptions,
  settings: RockitEdgeSettings,
  words: Words,
): Reply {
  const request = asObject(body)
  const invalid = (message: string) => words.refuse(400, 'invalid', message)
  const unknown = unknownFields(request, knownFields(settings), settings.strictBodies)
  if (unknown.length > 0) return invalid(`unknown fields: ${unknown.join(', ')}`)
  const name = textIn(request, ['name'])
  if (name === undefined || !settings.subscriptionName.test(name))
    return invalid('name is not valid')
  const urls = settings.spelling.subscriptionUrlFields.map((field) => addressIn(request[field]))
  const url = urls.find((address) => address !== undefined)
  if (url === undefined) return invalid(`${settings.spelling.subscriptionUrlFields[0]} is required`)
  const types = listIn(request, 'type')
  const events = listIn(request, 'event')
  const isSingle = types?.length === 1 && events?.length === 1
  if (settings.oneEventPerSubscription && !isSingle) return invalid('type and event are required')
  const alive = subscriptions.filter(isAlive)
  if (alive.some((other) => other.name === name)) {
    return words.refuse(409, 'exists', `there is a subscription ${name}`)
  }
  if (alive.length >= settings.maxSubscriptions) {
    return words.refuse(409, 'limit', 'too many subscriptions')
  }
  const subscription = newSubscription({ name, url, types, events, body: request })
  subscriptions.push(subscription)
  const { secretField, subscriptionStatus } = settings.spelling
  const sent = { ...subscriptionJson(subscription, words), [secretField]: subscription.secret }
  return words.one('subscription', sent, subscriptionStatus)
}

export function newSubscription(
  order: Pick<Subscription, 'name' | 'url'> & Partial<Subscription>,
): Subscription {
  return {
    secret: newSecret(),
    types: undefined,
    events: undefined,
    body: {},
    created: new Date(),
    createdAt: performance.now(),
    deletedAt: undefined,
    ...order,
  }
}

export function listedJson(
  subscription: Subscription,
  settings: RockitEdgeSettings,
  words: Words,
): Json {
  const { secretField } = settings.spelling
  const secret = settings.secretInLists ? { [secretField]: subscription.secret } : {}
  return { ...subscriptionJson(subscription, words), ...secret }
}

function subscriptionJson({ name, url, types, events, created }: Subscription, words: Words): Json {
  return {
    name,
    [words.spelling.subscriptionUrlFields[0] ?? 'url']: url,
    ...(types !== undefined && { types }),
    ...(events !== undefined && { events }),
    created: words.time(created),
  }
}

function knownFields({ spelling }: RockitEdgeSettings): string[] {
  return ['name', 'type', 'types', 'event', 'events', ...spelling.subscriptionUrlFields]
}

/** One in `type`, or several in `type` or `types`. */
function listIn(request: Json, field: string): string[] | undefined {
  const value = request[field] ?? request[`${field}s`]
  if (value === undefined) return undefined
  return Array.isArray(value) ? value.map(String) : [String(value)]
}
