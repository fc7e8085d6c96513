/** Runs a scenario and says of each line what came of it. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Log } from '../../log.ts'
import type { Scenario, ScenarioLine } from './file.ts'
import { ScenarioWorld } from './world.ts'

/** After the last line: what still comes unasked is waited for, so that something doubled late is seen. */
const STILL_MS = 400

export interface LineResult {
  line: number
  text: string
  passed: boolean
  /** What was seen instead; undefined where it passed. */
  problem: string | undefined
  /** ms from the first step to the end of this line. */
  atMs: number
}

/**
 * Runs to the end whatever fails on the way, so that all of it is told: each line as it ends, and once more a line that no
 * longer holds at the end of the file. Resolves with whether all lines passed.
 */
export async function runScenario(
  { setup, lines }: Scenario,
  tell: (result: LineResult) => void,
  log: Log = { debug() {}, info() {}, warn() {}, error() {} },
): Promise<boolean> {
  const world = await ScenarioWorld.open(setup.modems, setup.air, log)
  const startMs = Date.now()
  const failed = new Set<number>()
  const say = ({ line, text }: ScenarioLine, problem?: string) => {
    if (problem !== undefined) failed.add(line)
    tell({ line, text, passed: problem === undefined, problem, atMs: Date.now() - startMs })
  }
  const run = async (line: ScenarioLine) => {
    try {
      await line.action.run(world, line.given)
      say(line)
    } catch (error) {
      say(line, error instanceof Error ? error.message : String(error))
    }
  }
  try {
    if (!lines.some(({ action }) => action.name === 'start')) world.start()
    const timed: Promise<void>[] = []
    for (const line of lines) {
      if (line.afterMs === undefined) await run(line)
      else timed.push(sleep(line.afterMs).then(() => run(line)))
    }
    await Promise.all(timed)
    await sleep(STILL_MS)
    for (const line of lastOfEach(lines)) {
      const sight = line.recheck?.look(world, line.given)
      if (sight?.holds === false && !failed.has(line.line)) say(line, `no longer at the end: ${sight.seen}`)
    }
    return failed.size === 0
  } finally {
    await world.stop()
  }
}

/** Of several lines that count the same thing the last one says what is true at the end. */
function lastOfEach(lines: readonly ScenarioLine[]): Iterable<ScenarioLine> {
  const last = new Map<string, ScenarioLine>()
  for (const line of lines) {
    if (line.recheck === undefined) continue
    const subject = line.recheck.parameters
      .filter(({ name }) => name !== 'times' && name !== 'within')
      .map(({ name }) => String(line.given.json(name)))
    last.set(JSON.stringify([line.action.name, ...subject]), line)
  }
  return last.values()
}
