/**
 * Counts what is written to which table of the one connection, so that a transaction can tell whether what it has read is
 * still so (`driver.ts`). Tables that triggers write to, and those that `with …` writes to, are not counted: nothing that
 * is remembered stands there.
 */

const NAMES_TABLE = /^\s*(?:insert\s+into|update)\s+"?(\w+)"?/i
const ROLLS_BACK = /^\s*rollback\b/i

/** The table into which a statement writes; undefined where it may take rows of others along (delete, replace), or bring back those of any. */
export function tableOf(sql: string): string | undefined {
  return NAMES_TABLE.exec(sql)?.[1]
}

/** Whether this statement takes back what was written. */
export function rollsBack(sql: string): boolean {
  return ROLLS_BACK.test(sql)
}

export class TableWrites {
  #anywhere = 0
  readonly #tables = new Map<string, number>()

  /** `table`: as `tableOf` has it. */
  note(table: string | undefined): void {
    if (table === undefined) this.#anywhere += 1
    else this.#tables.set(table, (this.#tables.get(table) ?? 0) + 1)
  }

  /** Another number than before says that the table may have changed. */
  to(table: string): number {
    return this.#anywhere + (this.#tables.get(table) ?? 0)
  }
}
