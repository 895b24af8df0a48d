import fc from 'fast-check'

/**
 * The same inputs on every machine, so that a red test is red for everybody. Another seed, or more
 * runs, to look further: `PROPERTY_SEED=7 PROPERTY_RUNS=20000 npx vitest run test/properties`.
 */
const SEED = Number(process.env.PROPERTY_SEED ?? 20_261_125)
const RUNS = process.env.PROPERTY_RUNS

/**
 * Asks a property of many made-up inputs. Where it does not hold, the error shows the smallest input
 * that was found, the seed and the path by which it is found again.
 */
export function holds<T>(
  property: fc.IProperty<T> | fc.IAsyncProperty<T>,
  runs = 300,
): Promise<void> {
  return Promise.resolve(
    fc.assert(property, { seed: SEED, numRuns: RUNS === undefined ? runs : Number(RUNS) }),
  )
}
