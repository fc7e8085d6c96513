/**
 * An AT command line taken apart, ITU-T V.250 §5.2–5.4: several commands may stand on one line, basic ones (E0, &F) next to
 * each other, extended ones (+CMEE=1) parted by semicolons. Pure.
 */

export interface CommandCall {
  /** Upper case with its prefix: `+CMGS`, `E`, `&F`; empty for a bare AT. */
  name: string
  /** `=?`, `?`, `=…`, or nothing. A basic command with a number is `set`. */
  form: 'test' | 'read' | 'set' | 'run'
  /** What stands behind `=` (or the digits of a basic command), untouched. */
  text: string
}

/**
 * The commands of a line, or undefined where it holds no `AT`. What stands before `AT` is line noise and ignored, as are
 * control characters. A line that cannot be taken apart gives a command that no modem knows.
 */
export function parseLine(line: string): readonly CommandCall[] | undefined {
  const clean = line.replace(/[\x00-\x1f\x7f]/g, '')
  const start = clean.search(/at/i)
  if (start < 0) return undefined
  const calls: CommandCall[] = []
  let rest = clean.slice(start + 2).trim()
  while (rest !== '') {
    const extended = /^([+^#*$%!][A-Za-z0-9_]+)\s*(=\?|\?|=)?/.exec(rest)
    if (extended !== null) {
      const [head, name = '', mark] = extended
      const end = endOfCommand(rest, head.length)
      calls.push({
        name: name.toUpperCase(),
        form: mark === '=?' ? 'test' : mark === '?' ? 'read' : mark === '=' ? 'set' : 'run',
        text: rest.slice(head.length, end).trim(),
      })
      rest = rest.slice(end + 1).trim()
      continue
    }
    const dial = /^D(.*)$/i.exec(rest)
    if (dial !== null) {
      calls.push({ name: 'D', form: 'set', text: dial[1] ?? '' })
      break
    }
    const basic = /^(&?[A-Za-z])\s*(\d*)(=\d+|\?)?/.exec(rest)
    if (basic === null) {
      calls.push({ name: '?', form: 'run', text: rest })
      break
    }
    const [head, name = '', digits = '', mark] = basic
    calls.push({
      name: name.toUpperCase(),
      form: mark === '?' ? 'read' : digits === '' ? 'run' : 'set',
      text: digits,
    })
    rest = rest.slice(head.length).trim().replace(/^;/, '')
  }
  return calls.length === 0 ? [{ name: '', form: 'run', text: '' }] : calls
}

/** The parameters of a `set`: quotes taken off, empty ones undefined. */
export function parameters(text: string): readonly (string | undefined)[] {
  const values: (string | undefined)[] = []
  let at = 0
  while (at <= text.length) {
    const match = /^\s*(?:"([^"]*)"|([^,]*))\s*(?:,|$)/.exec(text.slice(at))
    if (match === null) break
    const [whole, quoted, bare = ''] = match
    values.push(quoted ?? (bare.trim() === '' ? undefined : bare.trim()))
    at += whole.length
    if (!whole.endsWith(',')) break
  }
  return values
}

/** The same as integers; anything else is NaN. */
export function integers(text: string): readonly (number | undefined)[] {
  return parameters(text).map((value) =>
    value === undefined ? undefined : /^-?\d{1,9}$/.test(value) ? Number(value) : Number.NaN,
  )
}

function endOfCommand(text: string, from: number): number {
  let isQuoted = false
  for (let at = from; at < text.length; at++) {
    if (text[at] === '"') isQuoted = !isQuoted
    if (text[at] === ';' && !isQuoted) return at
  }
  return text.length
}
