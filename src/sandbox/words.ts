/**
 * Actions as words, as `causeway sim` and scenario files write them: `ACTION [VALUE…] [--parameter VALUE]…`, values
 * without a name in the order of the required parameters. Knows no action.
 */
import { type ActionDocument, ActionError } from './action.ts'

/** The action that these words begin with, whose name may have two (`fault mms`), and what is behind it. */
export function namedAction(
  actions: readonly ActionDocument[],
  words: readonly string[],
): [name: string, rest: readonly string[]] {
  const [first = ''] = words
  const two = words.slice(0, 2).join(' ')
  const isAlwaysTwo =
    actions.some(({ name }) => name.startsWith(`${first} `)) && !actions.some(({ name }) => name === first)
  const count = isAlwaysTwo || actions.some(({ name }) => name === two) ? 2 : 1
  return [words.slice(0, count).join(' '), words.slice(count)]
}

/**
 * Reads `--name value`, `--name=value`, `--flag` and bare values against the action's parameters; as strings, which
 * `Arguments` reads as what they are. Throws ActionError `bad-argument` with the usage of the action.
 */
export function readWords(action: ActionDocument, words: readonly string[]): Record<string, string> {
  const given: Record<string, string> = {}
  const bare: string[] = []
  const wrong = (what: string) => new ActionError('bad-argument', `${what} Usage: ${usageOf(action)}`)
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? ''
    const [, option = '', inline] = /^--([a-z][\w-]*)(?:=(.*))?$/s.exec(word) ?? []
    if (option === '') {
      bare.push(word)
      continue
    }
    const name = option.replaceAll('-', '_')
    const parameter = action.parameters.find((known) => known.name === name)
    if (parameter === undefined) throw wrong(`${action.name} takes no --${option}.`)
    const next = words[i + 1]
    const standsAlone = parameter.kind === 'flag' && next !== 'true' && next !== 'false'
    if (inline !== undefined) given[name] = inline
    else if (standsAlone) given[name] = 'true'
    else if (next === undefined) throw wrong(`--${option} wants a value.`)
    else {
      given[name] = next
      i++
    }
  }
  const open = action.parameters.filter(({ name, required }) => required === true && given[name] === undefined)
  for (const [i, value] of bare.entries()) {
    const parameter = open[i]
    if (parameter === undefined) throw wrong(`What is ${value}?`)
    given[parameter.name] = value
  }
  return given
}

/** More would not fit into a line of a table. */
const OPTIONS_SHOWN_MAX = 6

/** `text <from> <text> [--to]`; `short`: without the options of an action that has very many. */
export function usageOf({ name, parameters }: ActionDocument, short = false): string {
  const options = parameters.filter(({ required }) => required !== true)
  const isShort = short && options.length > OPTIONS_SHOWN_MAX
  const shown = (isShort ? parameters.filter(({ required }) => required === true) : parameters).map((parameter) => {
    const option = parameter.name.replaceAll('_', '-')
    return parameter.required === true ? `<${option}>` : `[--${option}]`
  })
  return [name, ...shown, ...(isShort ? ['[--…]'] : [])].join(' ')
}
