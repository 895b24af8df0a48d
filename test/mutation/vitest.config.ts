import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

/**
 * The tests that run in this process: those that start the bundle as a child cannot see a mutant.
 * `MUTATION_TESTS` names them.
 */
export default defineConfig({
  resolve: {
    alias: {
      '@actions/core/lib': fileURLToPath(
        new URL('../../node_modules/@actions/core/lib', import.meta.url),
      ),
    },
  },
  test: {
    include: process.env.MUTATION_TESTS?.split(',') ?? [],
    // Needs a process of its own.
    exclude: ['**/node_modules/**', 'test/provider/rockit-edge/build-files.test.ts'],
    testTimeout: 20_000,
  },
})
