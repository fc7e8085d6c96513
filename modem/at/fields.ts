/**
 * Reads what stands behind a prefix: comma-separated fields, quoted or not, and the value lists of `=?` answers
 * (27.007 §5, V.250 §5.7.3). Pure and forgiving: a modem's slip gives an empty field, never an error.
 */

/** A field as it stood: `"SM"` keeps its quotes, since quotes tell an answer from a URC of the same prefix (H12). */
export function splitFields(text: string): string[] {
  const fields: string[] = []
  let depth = 0
  let quoted = false
  let start = 0
  for (let index = 0; index < text.length; index += 1) {
    const char = text[index]
    if (char === '"') quoted = !quoted
    else if (!quoted && char === '(') depth += 1
    else if (!quoted && char === ')') depth -= 1
    else if (!quoted && depth <= 0 && char === ',') {
      fields.push(text.slice(start, index).trim())
      start = index + 1
    }
  }
  fields.push(text.slice(start).trim())
  return fields
}

/** `+CREG: 2,1` with prefix `+CREG:` → `['2', '1']`. */
export function fieldsAfter(line: string, prefix: string): string[] {
  return splitFields(line.slice(prefix.length).trim())
}

/** Takes the quotes off. */
export function unquote(field: string | undefined): string {
  if (field === undefined) return ''
  return field.startsWith('"') ? field.replace(/^"|"$/g, '') : field
}

/** A decimal field; undefined when it is absent or anything else. */
export function decimal(field: string | undefined): number | undefined {
  const text = unquote(field)
  return /^-?\d{1,9}$/.test(text) ? Number(text) : undefined
}

/** A number list of a `=?` answer: `(0-2,4)` → 0, 1, 2, 4. Anything else gives an empty set. */
export function numberList(field: string | undefined): ReadonlySet<number> {
  const valuesMax = 256
  const values = new Set<number>()
  for (const part of (field ?? '').replace(/[()]/g, '').split(',')) {
    const range = /^\s*(\d{1,5})\s*(?:-\s*(\d{1,5})\s*)?$/.exec(part)
    if (range === null) continue
    const first = Number(range[1])
    const last = Number(range[2] ?? range[1])
    for (let value = first; value <= last && values.size < valuesMax; value += 1) values.add(value)
  }
  return values
}

/** A name list of a `=?` answer: `("SM","ME")` → SM, ME. */
export function nameList(field: string | undefined): readonly string[] {
  return [...(field ?? '').matchAll(/"([^"]+)"/g)].map((match) => match[1] ?? '')
}
