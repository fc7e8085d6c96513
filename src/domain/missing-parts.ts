/**
 * Which parts of a long text have not come, as the reason that its message has: written for people, and read back where
 * the words are another language's. Pure.
 */

/** The code beside such a reason. */
export const PARTS_MISSING = 'parts-missing'

export interface MissingParts {
  /** From 1, in order; empty: it is whole. */
  numbers: readonly number[]
  total: number
}

/** "part 2 of 3 has not arrived". */
export function missingPartsWords({ numbers, total }: MissingParts): string {
  const [parts, have] = numbers.length === 1 ? ['part', 'has'] : ['parts', 'have']
  return `${parts} ${numbers.join(', ')} of ${total} ${have} not arrived`
}

/** What `missingPartsWords` has written; undefined for any other words. */
export function missingPartsIn(reason: string | null): MissingParts | undefined {
  const [, numbers, total] = /^parts? ([\d, ]+) of (\d+) ha/.exec(reason ?? '') ?? []
  return numbers === undefined ? undefined : { numbers: numbers.split(', ').map(Number), total: Number(total) }
}
