import { NAMES } from './names.ts'

/**
 * Bodies of requests whose names are not documented. Each list begins with the best guess; the others
 * are tried one after the other where a body is refused as it is (400 or 422, with which nothing can
 * have happened).
 */

const APP_FIELDS = ['appName', 'app', 'name', 'application'] as const
const TASK_FIELDS = ['taskName', 'name', 'taskId', 'task'] as const

/** `url` and `size` are documented ("Import native builds"); `url` may have become an object. */
export function importBodies(
  app: string,
  source: { url: URL; sizeBytes: number | undefined } | undefined,
): Record<string, unknown>[] {
  if (source === undefined) return APP_FIELDS.map((field) => ({ [field]: app }))
  const { href } = source.url
  const size = source.sizeBytes === undefined ? {} : { size: source.sizeBytes }
  return APP_FIELDS.flatMap((field) => [
    { [field]: app, url: href, ...size },
    { [field]: app, url: { url: href }, ...size },
  ])
}

/** Expiring an upload task ("Acknowledge Warning / Expire Task"), by the field that names the task. */
export function expireBodies(task: string): Record<string, unknown>[][] {
  return TASK_FIELDS.map((field) => [
    { [field]: task, expire: true },
    { [field]: task, expired: true },
    { [field]: task, action: 'expire' },
    { [field]: task, status: 'expired' },
  ])
}

/** How a subscription may name where to send. */
export const SINK_FORMS = [
  (url: string) => ({ url }),
  (url: string) => ({ webhook: url }),
  (url: string) => ({ webhookUrl: url }),
  (url: string) => ({ webhook: { url } }),
] as const

/** What is subscribed to where a subscription covers one type and one event only. */
export const SINGLE_EVENTS: readonly { type: string; event: string; isOptional: boolean }[] = [
  ...['end', 'error', 'begin'].flatMap((event) =>
    ['deploy', 'mkraw', 'dltar'].map((type) => ({ type, event, isOptional: false })),
  ),
  // Perhaps no event of its own.
  { type: 'dltar', event: 'exception', isOptional: true },
  { type: 'mkraw', event: 'exception', isOptional: true },
]

/** The name of the app is a documented filter ("Listing Tasks"); it matches parts of names too. */
export function taskQuery(app: string): Record<string, string> {
  return { [NAMES.webhook.app.names[0] ?? 'appName']: app }
}
