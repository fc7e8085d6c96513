/** What removing has in common, whatever is removed: nothing is left of a message, and the owner's other devices are told. */
import type { OwnRemoval, RemovedMessage } from '../domain/own-decisions.ts'
import type { Recipient } from '../domain/transport.ts'
import { wipeAttachmentsOf } from '../store/attachments.ts'
import type { DatabaseTransaction } from '../store/database.ts'
import { OURS } from '../store/early-receipts.ts'
import { forgetQuotedFile } from '../store/quoted.ts'
import { hideMessages, timesOf, UNSETTLED } from '../store/removing.ts'
import type { ContactRow, MessageRow } from '../store/tables/mailbox.ts'
import { asUnit } from '../store/unit.ts'
import { recipientOf } from './capabilities.ts'
import type { RoutingContext } from './context.ts'

/** Messages that one statement speaks of. */
const CHUNK = 500

export type Removing = Pick<RoutingContext, 'transports' | 'clock' | 'events'>

/** Nothing of them is left: not here, and not with the transports. */
export async function wipe(
  { transports, clock }: Removing,
  tx: DatabaseTransaction,
  messages: readonly MessageRow[],
  /** Undefined: it is a group. */
  contact: ContactRow | undefined,
): Promise<void> {
  for (let from = 0; from < messages.length; from += CHUNK) {
    const chunk = messages.slice(from, from + CHUNK)
    const authorOf = ({ direction, author_aci: aci }: MessageRow) => (direction === 'out' ? OURS : (aci ?? undefined))
    for (const author of new Set(chunk.map(authorOf))) {
      const timestampsMs = await timesOf(
        tx,
        chunk.filter((message) => authorOf(message) === author),
      )
      const ours = author === OURS
      const other = contact === undefined ? { e164: undefined, aci: author, pni: undefined } : recipientOf(contact)
      for (const transport of transports) {
        await transport.forget?.({ with: other, ours, timestampsMs }, asUnit(tx))
      }
    }
    for (const direction of ['in', 'out'] as const) {
      const withFiles = chunk.filter((message) => message.direction === direction && message.attachments > 0)
      const [first] = withFiles
      if (first !== undefined) await forgetQuotedFile(tx, first, await timesOf(tx, withFiles))
    }
    for (const message of chunk) await wipeAttachmentsOf(tx, message)
    await hideMessages(
      tx,
      chunk.map(({ id }) => id),
      clock(),
    )
  }
}

/** What is returned follows the commit. */
export async function tell(
  { transports }: Removing,
  tx: DatabaseTransaction,
  recipient: Recipient,
  removal: OwnRemoval,
): Promise<() => void> {
  const after: (() => void)[] = []
  for (const transport of transports) {
    const act = await transport.tellRemoved?.(recipient, removal, asUnit(tx))
    if (act !== undefined) after.push(act)
  }
  return () => {
    for (const act of after) act()
  }
}

/** Those that another device can have, as they are named there. */
export function overSignal(messages: readonly MessageRow[]): RemovedMessage[] {
  return messages
    .filter(({ transport, notice }) => transport === 'signal' && notice === null)
    .map(({ direction, sent_timestamp_ms: timestampMs, author_aci: authorAci }) => ({
      ours: direction === 'out',
      timestampMs,
      ...(authorAci === null ? {} : { authorAci }),
    }))
}

export function isSettled({ state }: MessageRow): boolean {
  return !UNSETTLED.some((unsettled) => unsettled === state)
}
