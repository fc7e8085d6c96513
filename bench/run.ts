/**
 * Runs benchmarks: all of them, those of one file, or one by name. Prints one JSON object a benchmark on standard
 * output, the measured values with the ideal beside them; everything else goes to standard error. Timings are for
 * people to read: nothing here passes or fails by how fast it was.
 */
import { readdirSync } from 'node:fs'
import { basename, dirname, extname } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { Benchmark } from './benchmark.ts'

/** sysexits: wrong usage. */
const exitUsage = 64

interface FoundBenchmark {
  file: string
  benchmark: Benchmark
}

process.exitCode = await main(process.argv.slice(2))

async function main(parameters: readonly string[]): Promise<number> {
  const found = await findBenchmarks()
  const [wanted] = parameters
  if (wanted === '--list') {
    for (const { file, benchmark } of found) process.stdout.write(`${benchmark.name}  (${file})\n`)
    return 0
  }
  const chosen = found.filter(({ file, benchmark }) => [undefined, benchmark.name, file].includes(wanted))
  if (chosen.length === 0) {
    const names = found.map(({ benchmark }) => benchmark.name).join(', ')
    process.stderr.write(`There is no benchmark "${wanted}". There are: ${names}\n`)
    return exitUsage
  }
  let failures = 0
  for (const { benchmark } of chosen) if (!(await runOne(benchmark))) failures += 1
  return failures === 0 ? 0 : 1
}

/** One failing benchmark does not take the others with it. */
async function runOne({ name, ideal, run }: Benchmark): Promise<boolean> {
  process.stderr.write(`${name} …\n`)
  try {
    process.stdout.write(`${JSON.stringify({ name, ...(await run()), ideal })}\n`)
    return true
  } catch (error) {
    process.stderr.write(`${name} failed: ${error instanceof Error ? error.stack : String(error)}\n`)
    return false
  }
}

async function findBenchmarks(): Promise<readonly FoundBenchmark[]> {
  const self = fileURLToPath(import.meta.url)
  const extension = extname(self)
  const files = readdirSync(dirname(self)).filter((file) => file.endsWith(extension) && file !== basename(self))
  const found: FoundBenchmark[] = []
  for (const file of files.sort()) {
    const loaded: { benchmarks?: readonly Benchmark[] } = await import(pathToFileURL(`${dirname(self)}/${file}`).href)
    for (const benchmark of loaded.benchmarks ?? []) found.push({ file: basename(file, extension), benchmark })
  }
  return found
}
