/** Requests that are on their way at a time: GitHub asks its users not to send many at once. */
const PARALLEL = 4

/** Does the same with every item, a few at a time; ends early with the first failure. */
export async function inParallel<T>(
  items: readonly T[],
  work: (item: T) => Promise<void>,
): Promise<void> {
  const queue = [...items]
  const worker = async () => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item)
  }
  await Promise.all(Array.from({ length: PARALLEL }, worker))
}
