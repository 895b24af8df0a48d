/**
 * Does the same for each item, in the order given.
 *
 * @param atOnce so many are under way at a time, at most
 * @throws what the first failed `work` threw, once all that was under way has ended
 */
export async function inTurn<T>(
  items: readonly T[],
  atOnce: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const rest = items.values()
  const worker = async () => {
    for (const item of rest) await work(item)
  }
  const ends = await Promise.allSettled(Array.from({ length: atOnce }, worker))
  for (const end of ends) if (end.status === 'rejected') throw end.reason
}
