import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

export default defineConfig({
  resolve: { alias: { wglab: here('./cli/index.ts') } },
  test: {
    include: ['**/*.test.ts'],
    exclude: ['node_modules/**', 'dist/**'],
    // For what hangs: no test asserts a time.
    testTimeout: 180_000,
    // Real tests mostly wait for others.
    maxWorkers: availableParallelism(),
    setupFiles: [here('./vitest.setup.ts')],
    coverage: {
      provider: 'v8',
      include: ['impl/**/*.ts'],
      exclude: ['**/*.test.ts', 'impl/linux/**', 'impl/testing.ts', 'impl/testprobe.ts'],
      reporter: ['text', 'json-summary'],
      thresholds: { branches: 95 },
    },
  },
})
