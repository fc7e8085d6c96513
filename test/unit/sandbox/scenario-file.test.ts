/** Scenario files: what is wrong with one is said with its line and what would be right, before anything is run. */
import { describe, expect, test } from 'vitest'
import { parseScenario, ScenarioFileError } from '../../../src/sandbox/scenario/file.ts'
import { type LineResult, runScenario } from '../../../src/sandbox/scenario/run.ts'

function problemsOf(text: string): string[] {
  try {
    parseScenario(text)
    return []
  } catch (error) {
    if (!(error instanceof ScenarioFileError)) throw error
    return error.problems.map(({ line, message }) => `${line}: ${message}`)
  }
}

async function run(text: string): Promise<{ passed: boolean; results: LineResult[] }> {
  const results: LineResult[] = []
  const passed = await runScenario(parseScenario(text), (result) => results.push(result))
  return { passed, results }
}

describe('a scenario file', () => {
  test.each<[string, RegExp]>([
    ['', /^1: there is no step in this file; write one, as: expect state ready/],
    ['# only words', /^1: there is no step/],
    ['\n\nexpct state ready', /^3: there is no "expct"; did you mean/],
    ['expect stat ready', /^1: there is no "expect stat"; did you mean expect state\?/],
    ['xyzzy', /^1: there is no "xyzzy"; there are modem, delays, start/],
    ['expect state redy', /^1: expect state: state must be one of absent, starting, .*ready/],
    ['expect state', /^1: expect state: state is missing/],
    ['send "hi"', /^1: send: to is missing/],
    ['send "hi --to b', /^1: the quotation mark of "hi --to b has no end/],
    ['send hi --for b', /^1: send takes no --for\. Usage: send <text> <to> \[--as\] \[--modem\]/],
    ['send hi b more', /^1: What is more\? Usage: send/],
    ['expect state ready --within soon', /^1: soon is no time: write 300ms, 2s or 1m/],
    ['after expect state ready', /^1: expect is no time/],
    ['wait 11m', /^1: 11m is no time.*at most 10m/],
    ['modem a --family e123', /^1: modem: family must be one of sim7600/],
    ['modem a\nmodem A', /^2: there is a modem a already/],
    ['start\nmodem a', /^2: modem must stand before the first step, which is line 1/],
    ['modem a --memories SM:3', /^1: memories must be written as SM=10,ME=20/],
    ['modem a --timing slow', /^1: timing must be zero, realistic, or a factor/],
    ['modem a --number 0151', /^1: number must be E\.164/],
    ['fault unplug', /^1: fault: phase of a fault of kind unplug must be one of before-command/],
    ['fault burn', /^1: fault: the kind of a fault is one of no-answer/],
    ['send hi b --file cat.jpg --picture', /^1: send: --file or --picture, not both/],
    ['fault error --family cms --code many', /^1: fault: code .* whole number/],
  ])('%j is refused', (text, words) => {
    expect(problemsOf(text)).toEqual([expect.stringMatching(words)])
  })

  test('is told all that is wrong with it at once', () => {
    expect(problemsOf('stat\nexpect state ready\nwait long\n').map((problem) => problem.split(':')[0])).toEqual([
      '1',
      '3',
    ])
  })

  test('keeps words together and knows line ends in them', () => {
    const { lines } = parseScenario(`send "two\\nlines \\"x\\"" --to +15550000202 # why\nsend 'a "b" \\n' --to b`)
    expect(lines.map(({ given }) => given.text('text'))).toEqual(['two\nlines "x"', 'a "b" \\n'])
  })

  test('is read whatever hostile text it is made of', () => {
    const pieces = ['send', '"', "'", '--', 'fault {', '\\', 'after', ' 1s ', '\u0000', '=', 'modem', '#', '\n', '💣']
    for (let seed = 1; seed <= 500; seed++) {
      const text = Array.from({ length: 12 }, (_, at) => pieces[(seed * 31 + at * at * seed) % pieces.length]).join('')
      expect(problemsOf(text).length).toBeGreaterThan(0)
    }
  })
})

describe('a run', () => {
  test('goes on behind what does not hold, and says what was seen instead', async () => {
    const { passed, results } = await run(
      [
        'expect state ready',
        'expect received "never sent" --within 50ms',
        'plug --modem away',
        'expect took "x" --times 0',
      ].join('\n'),
    )
    expect(passed).toBe(false)
    expect(results.map(({ line, passed: held, problem }) => [line, held, problem])).toEqual([
      [1, true, undefined],
      [2, false, '0 times, not 1'],
      [3, false, 'there is no modem away; there are a'],
      [4, true, undefined],
    ])
  })

  test('sees at its end what came twice after it had been looked for', async () => {
    const { passed, results } = await run(
      ['text Bank "your code" --to a', 'expect received "your code"', 'after 100ms text Bank "your code" --to a'].join(
        '\n',
      ),
    )
    expect(passed).toBe(false)
    expect(results.at(-1)).toMatchObject({ line: 2, problem: 'no longer at the end: 2 times, not 1' })
  })

  test('lets a later line of the same kind say what is true in the end', async () => {
    const { passed } = await run(
      [
        'text Bank again --to a',
        'expect received again',
        'text Bank again --to a',
        'expect received again --times 2',
      ].join('\n'),
    )
    expect(passed).toBe(true)
  })
})
