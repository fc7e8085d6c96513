import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** What takes minutes begins first, so that at the end no worker waits for the other. */
const LONG = [/main-job\/kill9-/, /test\/e2e\//, /test\/scenario\/main-job\//, /test\/scenario\//]

class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      const index = LONG.findIndex((pattern) => pattern.test(moduleId))
      return index < 0 ? LONG.length : index
    }
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b))
  }
}

const EVERY = 'test/**/*.test.ts'
const UNIT = 'test/unit/**/*.test.ts'
const SCENARIO = 'test/scenario/**/*.test.ts'

const common = {
  setupFiles: ['test/patience.ts'],
  testTimeout: 120_000,
  hookTimeout: 120_000,
  pool: 'forks' as const,
  // Nothing is judged by how fast a busy machine is; vitest's own second is.
  expect: { poll: { timeout: 60_000 } },
}

export default defineConfig({
  test: {
    // Tests wait for sockets and other processes as much as they compute: with three, two cores were idle a quarter of the time.
    maxWorkers: 4,
    sequence: { sequencer: LongFirst },
    projects: [
      // These leave nothing behind: what they import is loaded once for each worker, which is a good part of their time.
      { test: { ...common, name: 'unit', include: [UNIT], isolate: false } },
      { test: { ...common, name: 'scenario', include: [SCENARIO], isolate: false } },
      { test: { ...common, name: 'whole', include: [EVERY], exclude: [UNIT, SCENARIO] } },
    ],
  },
})
