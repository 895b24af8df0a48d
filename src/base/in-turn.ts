/**
 * Does the same for each item, in the order given. After a failure nothing new is begun, and what was
 * begun is waited for.
 *
 * @param atOnce so many are under way at a time, at most
 * @throws the first failure
 */
export async function inTurn<T>(
  items: readonly T[],
  atOnce: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const rest = [...items]
  const failures: unknown[] = []
  const worker = async () => {
    for (let item = rest.shift(); item !== undefined; item = rest.shift()) await work(item)
  }
  const guarded = () =>
    worker().catch((thrown: unknown) => {
      rest.length = 0
      failures.push(thrown)
    })
  await Promise.all(Array.from({ length: atOnce }, guarded))
  if (failures.length > 0) throw failures[0]
}
