/**
 * Asks a person at a terminal: words, secrets, choices; and reads the one line that a program hands in instead. The only
 * file that knows how the questions are drawn. Whoever ends a question (Ctrl-C, Escape) ends the command, and nothing
 * that was not answered is done.
 */
import { confirm, isCancel, log, note, password, select, text } from '@clack/prompts'
import { EXIT, ExitError } from './exit.ts'

const LINE_CHARS_MAX = 1_000

/** Somebody sits there. */
export function isTerminal(): boolean {
  return process.stdin.isTTY === true && process.stdout.isTTY === true
}

export async function askText(message: string, options: { initial?: string; check?: Check } = {}): Promise<string> {
  const { initial, check } = options
  return answered<string>(
    await text({
      message,
      ...(initial === undefined ? {} : { initialValue: initial }),
      ...(check === undefined ? {} : { validate: (value) => check(value ?? '') }),
    }),
  )
}

/** What is wrong with an answer, in words; undefined: nothing. */
type Check = (answer: string) => string | undefined

export async function askSecret(message: string, check?: Check): Promise<string> {
  return answered<string>(
    await password({ message, ...(check === undefined ? {} : { validate: (value) => check(value ?? '') }) }),
  )
}

/** The same twice. Throws ExitError 1 when they differ. */
export async function askTwice(message: string): Promise<string> {
  const first = await askSecret(message)
  if (first === (await askSecret('Once more'))) return first
  throw new ExitError(EXIT.failed, 'These are two different passwords. Nothing was changed.')
}

export async function choose<T extends string>(
  message: string,
  choices: readonly { value: T; label: string; hint?: string }[],
  initial?: T,
): Promise<T> {
  // Its type wants to know whether T is a primitive, which it is for all strings.
  const options = choices.map(({ value, label, hint }) => ({
    value: value as string,
    label,
    ...(hint === undefined ? {} : { hint }),
  }))
  const given = answered<string>(
    await select({ message, options, ...(initial === undefined ? {} : { initialValue: initial as string }) }),
  )
  const chosen = choices.find(({ value }) => value === given)
  if (chosen === undefined) throw new ExitError(EXIT.failed, 'Nothing was chosen.')
  return chosen.value
}

export async function askYes(message: string, initial: boolean): Promise<boolean> {
  return answered<boolean>(await confirm({ message, initialValue: initial }))
}

export function tell(words: string): void {
  log.message(words)
}

export function warn(words: string): void {
  log.warn(words)
}

/** Some lines in a frame. */
export function frame(title: string, lines: readonly string[]): void {
  note(lines.join('\n'), title)
}

/** The first line of standard input; `what` names it where there is none. */
export async function firstLine(what: string): Promise<string> {
  let given = ''
  process.stdin.setEncoding('utf8')
  for await (const chunk of process.stdin) {
    given += chunk
    if (given.includes('\n') || given.length > LINE_CHARS_MAX) break
  }
  const [first = ''] = given.split(/\r?\n/)
  if (first === '') throw new ExitError(EXIT.usage, `Give ${what} as a line on standard input.`)
  return first
}

function answered<T extends string | boolean>(given: T | symbol): T {
  if (isCancel(given) || typeof given === 'symbol') throw new ExitError(EXIT.failed, 'Nothing was changed.')
  return given
}
