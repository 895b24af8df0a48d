/**
 * Bodies of requests whose names are not documented: the best guess first, then one alternative, which
 * is tried where a body is refused as it is (400 or 422, with which nothing can have happened).
 */
type Body = Record<string, unknown>

const APP_FIELDS = ['appName', 'application'] as const
const TASK_FIELDS = ['taskName', 'taskId'] as const

/** `url` and `size` are documented ("Import native builds"); `url` may have become an object. */
export function importBodies(
  app: string,
  source: { url: URL; sizeBytes: number | undefined } | undefined,
): Body[] {
  if (source === undefined) return APP_FIELDS.map((field) => ({ [field]: app }))
  const { href } = source.url
  const size = source.sizeBytes === undefined ? {} : { size: source.sizeBytes }
  return APP_FIELDS.flatMap((field) => [
    { [field]: app, url: href, ...size },
    { [field]: app, url: { url: href }, ...size },
  ])
}

/** Expiring an upload task ("Acknowledge Warning / Expire Task"). */
export function expireBodies(task: string): Body[] {
  return TASK_FIELDS.flatMap((field) => [
    { [field]: task, expire: true },
    { [field]: task, status: 'expired' },
  ])
}

export interface SubscriptionOrder {
  readonly body: Body
  /** Whether it may be refused. */
  readonly isOptional?: boolean
}

/**
 * The forms of a subscription: one request for everything, or one each where a subscription is for one
 * type and one event only.
 */
export function subscriptionForms(url: string): SubscriptionOrder[][] {
  const sinks = [{ url }, { webhookUrl: url }]
  const types = ['deploy', 'mkraw', 'dltar']
  const events = ['end', 'error', 'begin'].flatMap((event) =>
    types.map((type) => ({ type, event })),
  )
  // A wrong input may have an event of its own: the page "Subscribe" has lost its label.
  const lost = ['dltar', 'mkraw'].map((type) => ({ type, event: 'exception' }))
  return [
    ...sinks.map((sink) => [{ body: sink }]),
    ...sinks.map((sink) => [
      ...events.map((event) => ({ body: { ...sink, ...event } })),
      ...lost.map((event) => ({ body: { ...sink, ...event }, isOptional: true })),
    ]),
  ]
}
