/**
 * A scenario file: text → lines that can be run. Everything that can be known to be wrong before the run is said with its
 * line and what would be right; nothing is run of a file with one such line.
 *
 *   # a comment
 *   modem a --family e173                    which modems there are (one called a, if none is named)
 *   fault unplug --phase in-body --nth 2     any action of the radio (`causeway sim`), here at the second submission
 *   after 500ms call --from +15550000202     the same, so much later, while the file goes on
 *   send "hello" --to +15550000202           the gateway does something
 *   expect took "hello"                      and this must be so, or become so within ten seconds
 */
import { nearest } from '../../config/nearest.ts'
import { type Action, ActionError, Arguments } from '../action.ts'
import { airActions } from '../air-actions.ts'
import { faultActions } from '../fault-actions.ts'
import { mmsActions } from '../mms-actions.ts'
import { radioActions } from '../radio-actions.ts'
import { namedAction, readWords } from '../words.ts'
import { spanMs } from './durations.ts'
import { plainModem, plainSetup, type Setup, setupDirectives } from './setup.ts'
import { type Expectation, expectations, stepActions } from './steps.ts'
import type { ScenarioWorld } from './world.ts'

const FILE_BYTES_MAX = 1_000_000
const LINES_MAX = 5_000

export interface ScenarioLine {
  /** 1-based. */
  line: number
  /** As written, without the spaces around it. */
  text: string
  /** So long after the line before it, beside those that follow; undefined: in its turn. */
  afterMs: number | undefined
  given: Arguments
  action: Action<ScenarioWorld>
  /** Set for those that are looked at again at the end. */
  recheck: Expectation | undefined
}

export interface Scenario {
  setup: Setup
  lines: readonly ScenarioLine[]
}

export interface ScenarioProblem {
  line: number
  message: string
}

/** What is wrong with a file, line by line. */
export class ScenarioFileError extends Error {
  readonly problems: readonly ScenarioProblem[]

  constructor(problems: readonly ScenarioProblem[]) {
    super(problems.map(({ line, message }) => `line ${line}: ${message}`).join('\n'))
    this.name = 'ScenarioFileError'
    this.problems = problems
  }
}

/** Everything that a line can be, for `--help`; `after TIME` may stand before any. */
export const steps: readonly Action<ScenarioWorld>[] = [
  ...stepActions,
  ...radioActions,
  ...airActions,
  ...faultActions,
  ...mmsActions,
  ...expectations,
]

/** Throws ScenarioFileError with all that is wrong. */
export function parseScenario(text: string): Scenario {
  if (text.length > FILE_BYTES_MAX) throw tooLong(`more than ${FILE_BYTES_MAX} characters`)
  const written = text.split(/\r?\n/)
  if (written.length > LINES_MAX) throw tooLong(`more than ${LINES_MAX} lines`)
  const setup = plainSetup()
  const lines: ScenarioLine[] = []
  const problems: ScenarioProblem[] = []
  for (const [index, line] of written.entries()) {
    try {
      const words = splitWords(line)
      if (words.length > 0) readLine(index + 1, line.trim(), words, setup, lines)
    } catch (error) {
      if (!(error instanceof ActionError)) throw error
      problems.push({ line: index + 1, message: error.message })
    }
  }
  if (problems.length === 0 && lines.length === 0) {
    problems.push({ line: 1, message: 'there is no step in this file; write one, as: expect state ready' })
  }
  if (problems.length > 0) throw new ScenarioFileError(problems)
  if (setup.modems.length === 0) setup.modems.push(plainModem())
  return { setup, lines }
}

function readLine(line: number, text: string, words: readonly string[], setup: Setup, lines: ScenarioLine[]): void {
  const directive = setupDirectives.find(({ name }) => name === words[0])
  if (directive !== undefined) {
    if (lines.length > 0)
      throw wrong(`${directive.name} must stand before the first step, which is line ${lines[0]?.line}`)
    directive.apply(setup, new Arguments(directive, readWords(directive, words.slice(1))))
    return
  }
  const isTimed = words[0] === 'after'
  const afterMs = isTimed ? spanMs(words[1] ?? '') : undefined
  const [name, rest] = namedAction(steps, isTimed ? words.slice(2) : words)
  const action = steps.find((known) => known.name === name)
  if (action === undefined) throw wrong(unknown(name, rest[0]))
  const given = new Arguments(action, readWords(action, rest))
  action.check?.(given)
  const recheck = expectations.find((known) => known === action && known.counts)
  lines.push({ line, text, afterMs, given, action, recheck })
}

function unknown(name: string, next = ''): string {
  const names = [...setupDirectives, ...steps].map((known) => known.name)
  const meant = nearest(name, names) ?? nearest(`${name} ${next}`, names)
  if (meant !== undefined) return `there is no "${name}"; did you mean ${meant}?`
  return `there is no "${name}"; there are ${names.join(', ')}`
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', '"': '"', '\\': '\\' }

/** Words apart; "…" with \n, \" and \\ in it, '…' as it is. What begins with # is a comment. */
function splitWords(line: string): string[] {
  const words: string[] = []
  let rest = line.trim()
  while (rest !== '' && !rest.startsWith('#')) {
    let word = ''
    while (rest !== '' && !/^\s/.test(rest)) {
      const [whole = '', double, single] = /^(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|[^\s"']+)/.exec(rest) ?? []
      if (whole === '') throw wrong(`the quotation mark of ${rest} has no end`)
      word += double?.replace(/\\(.)/g, (as, letter: string) => ESCAPES[letter] ?? as) ?? single ?? whole
      rest = rest.slice(whole.length)
    }
    words.push(word)
    rest = rest.trimStart()
  }
  return words
}

function tooLong(what: string): ScenarioFileError {
  return new ScenarioFileError([{ line: 1, message: `the file has ${what}` }])
}

function wrong(what: string): ActionError {
  return new ActionError('bad-argument', what)
}
