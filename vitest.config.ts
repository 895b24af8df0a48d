import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const report = process.env.TEST_REPORT
/** Says in the end what this machine lacks. */
const SKIPPED = './test/skipped-reporter.ts'

export default defineConfig({
  resolve: {
    alias: {
      // The toolkit's package exports hide these files; the bundle reaches them through tsconfig's
      // `paths`, because the public entry would load a whole HTTP client at start-up.
      '@actions/core/lib': fileURLToPath(
        new URL('node_modules/@actions/core/lib', import.meta.url),
      ),
    },
  },
  test: {
    // `.ci/run` counts tests by this report.
    reporters: report
      ? ['default', SKIPPED, ['json', { outputFile: report }]]
      : ['default', SKIPPED],
    globalSetup: 'test/setup.ts',
    include: ['test/**/*.test.ts'],
    // Some take 40 s on a machine at rest.
    testTimeout: 120_000,
    hookTimeout: 60_000,
    // What is waited for comes late on a busy machine; only what never comes is a failure.
    expect: { poll: { timeout: 20_000 } },
    // The tests that count wait on child processes, not on the CPU.
    maxWorkers: 4,
  },
})
