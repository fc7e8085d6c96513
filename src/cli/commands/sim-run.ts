/**
 * `causeway sim run FILE`: a scenario file against the real driver and simulated modems, in this process, and in words what
 * came of each line. Exits 0 when all of it held, 1 when something did not, 64 when the file cannot be read.
 */
import { readFile } from 'node:fs/promises'
import type { ActionDocument } from '../../sandbox/action.ts'
import { parseScenario, type Scenario, ScenarioFileError, steps } from '../../sandbox/scenario/file.ts'
import { type LineResult, runScenario } from '../../sandbox/scenario/run.ts'
import { setupDirectives } from '../../sandbox/scenario/setup.ts'
import { usageOf } from '../../sandbox/words.ts'
import { EXIT, ExitError } from '../exit.ts'
import { json, line, printable, table } from '../print.ts'

/** `words` are everything behind `sim run`. */
export async function simRun(words: readonly string[], options: { json?: boolean }): Promise<void> {
  if (words.some((word) => word === '--help' || word === '-h' || word === 'help')) return help()
  const isJson = options.json === true || words.includes('--json')
  const [file, ...more] = words.filter((word) => word !== '--json')
  if (file === undefined || more.length > 0) throw new ExitError(EXIT.usage, 'Usage: causeway sim run FILE [--json]')
  const scenario = await parsed(file)
  let failures = 0
  const passed = await runScenario(scenario, (result) => {
    if (!result.passed) failures += 1
    if (isJson) json(result)
    else line(inWords(result))
  })
  const count = scenario.lines.length
  if (!isJson) line(passed ? `All ${count} steps held.` : `${failures} of ${count} steps did not hold.`)
  if (!passed) process.exitCode = EXIT.failed
}

async function parsed(file: string): Promise<Scenario> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new ExitError(EXIT.usage, `${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`)
  })
  try {
    return parseScenario(text)
  } catch (error) {
    if (!(error instanceof ScenarioFileError)) throw error
    const problems = error.problems.map((problem) => `${file}:${problem.line}: ${problem.message}`)
    throw new ExitError(EXIT.usage, problems.join('\n'))
  }
}

function inWords({ line: number, text, passed, problem, atMs }: LineResult): string {
  const head = `${passed ? '✓' : '✗'} ${String(number).padStart(3)} ${`${(atMs / 1000).toFixed(2)}s`.padStart(8)}  ${printable(text)}`
  return problem === undefined ? head : `${head}\n${' '.repeat(16)}${printable(problem)}`
}

function help(): void {
  line('Usage: causeway sim run FILE [--json]')
  line('A scenario file has one step a line; # begins a comment, "…" and \'…\' keep words together.')
  line('First which modems there are, then what happens, and what must come of it.')
  line()
  table(rows(setupDirectives))
  line()
  table([...rows(steps), ['  after TIME <any step>', 'so much later, as after 500ms, while the file goes on']])
  for (const action of [...setupDirectives, ...steps].filter((wide) => usageOf(wide, true) !== usageOf(wide))) {
    line()
    line(usageOf(action, true))
    table(
      action.parameters.map(({ name, summary, oneOf }) => [
        `  --${name.replaceAll('_', '-')}`,
        oneOf === undefined ? summary : `${summary}: ${oneOf.join(', ')}`,
      ]),
    )
  }
}

function rows(actions: readonly ActionDocument[]): [string, string][] {
  return actions.map((action) => [`  ${usageOf(action, true)}`, action.summary])
}
