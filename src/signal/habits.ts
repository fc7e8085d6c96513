/**
 * What the owner lets others see: that a message was read, and that an answer is being written. Both go both ways (who does not
 * tell is not shown), and on a linked device the phone has a say as well.
 */
import type { Database } from '../store/database.ts'

export class Habits {
  readonly #configured: { readReceipts: boolean; typing: boolean }

  constructor(configured: { readReceipts: boolean; typing: boolean }) {
    this.#configured = configured
  }

  /** Inside a transaction, `db` is that one. */
  async readReceipts(db: Database): Promise<boolean> {
    if (!this.#configured.readReceipts) return false
    const account = await db.selectFrom('signal_account').select('read_receipts').executeTakeFirst()
    return account?.read_receipts === 1
  }

  async typing(db: Database): Promise<boolean> {
    if (!this.#configured.typing) return false
    const account = await db.selectFrom('signal_account').select('typing_indicators').executeTakeFirst()
    return account?.typing_indicators === 1
  }
}
