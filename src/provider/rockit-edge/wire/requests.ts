/** A body whose names are not documented: the best guess, and one alternative to it. */
export type Forms = readonly [best: object, alternative: object]

/** `url` and `size` are documented ("Import native builds"); `url` may have become an object. */
export function importForms(
  app: string,
  source: { url: URL; sizeBytes: number | undefined } | undefined,
): Forms {
  if (source === undefined) return [{ appName: app }, { application: app }]
  // What is undefined is not in the JSON.
  const { url, sizeBytes: size } = source
  return [
    { appName: app, url: url.href, size },
    { appName: app, url: { url: url.href }, size },
  ]
}

/** Expiring an upload task ("Acknowledge Warning / Expire Task"). */
export function expireForms(task: string): Forms {
  return [
    { taskName: task, expire: true },
    { taskName: task, status: 'expired' },
  ]
}

/** One subscription to all events ("Unsubscribe": a name stands for all events). */
export function subscriptionForms(name: string, url: string): Forms {
  return [
    { name, url },
    { name, webhookUrl: url },
  ]
}
