import { setFlagsFromString } from 'node:v8'

/**
 * What V8 may do without in a step that mostly waits:
 *
 * - Compiling undici's HTTP parser, which is WebAssembly, a second time. After a few replies V8 would
 *   optimise it on another thread, which takes 20 MiB for a moment and gains nothing for the replies
 *   of a step. No function has the number that alone is to be optimised.
 * - Letting the space for new objects grow, to three times 16 MiB.
 *
 * Saves a polling step some 20 MiB of 80, and one with 200 servers some 30 of 115.
 */
const FLAGS = ['--wasm-tier-up-filter=1000000', '--semi-space-growth-factor=1']

/**
 * To be called before the first request, and after everything that ends a step at once: loading this
 * takes a millisecond.
 */
export function keepMemorySmall(v8Version: string = process.versions.v8): void {
  // The V8 of Node 24, the action's runtime; another one may complain of a flag that it does not know.
  if (!v8Version.startsWith('13.')) return
  for (const flag of FLAGS) setFlagsFromString(flag)
}
