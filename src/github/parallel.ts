/** Requests that are on their way at a time: GitHub asks its users not to send many at once. */
const PARALLEL = 4

/**
 * Does the same with every item, a few at a time. After a failure nothing new is begun, and what was
 * begun is waited for.
 *
 * @throws the first failure
 */
export async function inParallel<T>(
  items: readonly T[],
  work: (item: T) => Promise<void>,
): Promise<void> {
  const queue = [...items]
  const failures: unknown[] = []
  const worker = async () => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item)
  }
  const guarded = () =>
    worker().catch((thrown: unknown) => {
      queue.length = 0
      failures.push(thrown)
    })
  await Promise.all(Array.from({ length: PARALLEL }, guarded))
  if (failures.length > 0) throw failures[0]
}
