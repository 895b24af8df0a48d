/** Containing a shorter word means nothing. */
const SHORTEST_PART = 3

/**
 * What a misspelt name most likely means: the candidate with the fewest wrong, missing, extra or
 * swapped letters, or one that contains it or is contained in it.
 *
 * @returns undefined where nothing is near
 */
export function nearestName(name: string, candidates: readonly string[]): string | undefined {
  const wanted = name.toLowerCase().replaceAll('_', '-').slice(0, 60)
  const most = wanted.length < 5 ? 1 : wanted.length < 9 ? 2 : 3
  const ranked = candidates
    .map((candidate) => ({ candidate, distance: editDistance(wanted, candidate) }))
    .sort((a, b) => a.distance - b.distance)
  const [best] = ranked
  if (best && best.distance <= most) return best.candidate
  return ranked.find(({ candidate }) => isPart(wanted, candidate) || isPart(candidate, wanted))
    ?.candidate
}

/** Whole words, or the beginning: `token` of `api-token`, `app` of `application`. */
function isPart(part: string, whole: string): boolean {
  if (part.length < SHORTEST_PART) return false
  return whole.startsWith(part) || `-${whole}-`.includes(`-${part}-`)
}

/** The count of single-letter changes, a swap of neighbours being one (optimal string alignment). */
export function editDistance(a: string, b: string): number {
  let [twoBack, oneBack]: [number[], number[]] = [
    [],
    Array.from({ length: b.length + 1 }, (_, j) => j),
  ]
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1
      const isSwap = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      row[j] = Math.min(
        (oneBack[j] ?? 0) + 1,
        (row[j - 1] ?? 0) + 1,
        (oneBack[j - 1] ?? 0) + cost,
        isSwap ? (twoBack[j - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY,
      )
    }
    ;[twoBack, oneBack] = [oneBack, row]
  }
  return oneBack[b.length] ?? 0
}
