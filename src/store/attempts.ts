/**
 * The plan's legs, the attempt ledger, and the journal of parts. Parts belong to a leg, so that every attempt of the leg
 * carries on where the one before it stopped.
 */

import { sql } from 'kysely'
import type { IdSource } from '../domain/ids.ts'
import type { Leg } from '../domain/route.ts'
import type { PartState, TransportName } from '../domain/transport.ts'
import type { Database, DatabaseTransaction } from './database.ts'
import type { AttemptRow, LegRow, PartRow } from './tables/mailbox.ts'

/** Replaces what of the plan has not begun: legs from number `from` on. */
export async function replaceLegs(
  tx: DatabaseTransaction,
  messageId: string,
  from: number,
  legs: readonly Leg[],
): Promise<void> {
  await tx.deleteFrom('legs').where('message_id', '=', messageId).where('leg', '>=', from).execute()
  await insertLegs(tx, messageId, from, legs)
}

/** The first plan of a message, or one that begins behind all others. */
export async function insertLegs(
  tx: DatabaseTransaction,
  messageId: string,
  from: number,
  legs: readonly Leg[],
): Promise<void> {
  for (const [index, leg] of legs.entries()) {
    await tx
      .insertInto('legs')
      .values({
        message_id: messageId,
        leg: from + index,
        transport: leg.transport,
        consent: leg.consent,
        fallback_after_ms: leg.fallbackAfterMs ?? null,
        code: leg.code,
        reason: leg.reason,
      })
      .execute()
  }
}

export function findLeg(db: Database, messageId: string, leg: number): Promise<LegRow | undefined> {
  return db.selectFrom('legs').selectAll().where('message_id', '=', messageId).where('leg', '=', leg).executeTakeFirst()
}

/** Opens the next attempt of a message. Fails on the UNIQUE index when one is open. */
export async function openAttempt(
  tx: DatabaseTransaction,
  ids: IdSource,
  attempt: { messageId: string; leg: number; transport: TransportName; lane: string; atMs: number },
): Promise<AttemptRow> {
  return tx
    .insertInto('attempts')
    .values({
      id: ids('try'),
      message_id: attempt.messageId,
      n: sql<number>`(select coalesce(max(n), 0) + 1 from attempts where message_id = ${attempt.messageId})`,
      leg: attempt.leg,
      transport: attempt.transport,
      lane: attempt.lane,
      started_at_ms: attempt.atMs,
    })
    .returningAll()
    .executeTakeFirstOrThrow()
}

export interface AttemptEnd {
  result: NonNullable<AttemptRow['result']>
  code: string | null
  detail: string
}

export async function closeAttempt(tx: DatabaseTransaction, id: string, end: AttemptEnd, atMs: number): Promise<void> {
  await tx
    .updateTable('attempts')
    .set({ ...end, ended_at_ms: atMs })
    .where('id', '=', id)
    .execute()
}

/** Attempts without an end: those under way, and after a crash those that it cut off. */
export function openAttempts(db: Database): Promise<AttemptRow[]> {
  return db.selectFrom('attempts').selectAll().where('ended_at_ms', 'is', null).orderBy('id').execute()
}

export async function isOpen(db: Database, attemptId: string): Promise<boolean> {
  const row = await db
    .selectFrom('attempts')
    .select('id')
    .where('id', '=', attemptId)
    .where('ended_at_ms', 'is', null)
    .executeTakeFirst()
  return row !== undefined
}

/** The attempts of a message from leg `sinceLeg` on that sent it to another transport. */
export function refusals(db: Database, messageId: string, sinceLeg: number): Promise<AttemptRow[]> {
  return db
    .selectFrom('attempts')
    .selectAll()
    .where('message_id', '=', messageId)
    .where('leg', '>=', sinceLeg)
    .where('result', '=', 'other-transport')
    .orderBy('n')
    .execute()
}

export function partsOf(db: Database, messageId: string, leg: number): Promise<PartRow[]> {
  return db
    .selectFrom('parts')
    .selectAll()
    .where('message_id', '=', messageId)
    .where('leg', '=', leg)
    .orderBy('part')
    .execute()
}

/** `submittedAtMs`: this one is about to be handed over (\`submitting\`); the others are pending. */
export async function insertParts(
  tx: DatabaseTransaction,
  of: { messageId: string; leg: number; lane: string },
  parts: readonly { part: number; tpduHex: string; recipientDigits: string; submittedAtMs?: number }[],
): Promise<void> {
  for (const { part, tpduHex, recipientDigits, submittedAtMs } of parts) {
    await tx
      .insertInto('parts')
      .values({
        message_id: of.messageId,
        leg: of.leg,
        part,
        tpdu_hex: tpduHex,
        state: submittedAtMs === undefined ? 'pending' : 'submitting',
        lane: of.lane,
        recipient_digits: recipientDigits,
        submitted_at_ms: submittedAtMs ?? null,
      })
      .execute()
  }
}

export async function changePart(
  tx: DatabaseTransaction,
  of: { messageId: string; leg: number; part: number },
  change: Partial<Omit<PartRow, 'message_id' | 'leg' | 'part'>>,
): Promise<void> {
  await tx
    .updateTable('parts')
    .set(change)
    .where('message_id', '=', of.messageId)
    .where('leg', '=', of.leg)
    .where('part', '=', of.part)
    .execute()
}

/**
 * As \`changePart\` with a new state, except that what a report has proved (\`delivered\`, \`failed\`) is not taken back. The
 * state that it is in then; undefined when there is no such part.
 */
export async function settlePart(
  tx: DatabaseTransaction,
  of: { messageId: string; leg: number; part: number },
  change: { state: PartState } & Partial<Pick<PartRow, 'message_reference' | 'submitted_at_ms' | 'detail'>>,
): Promise<PartState | undefined> {
  const row = await tx
    .updateTable('parts')
    .set({ ...change, state: sql<PartState>`iif(state in ('delivered', 'failed'), state, ${change.state})` })
    .where('message_id', '=', of.messageId)
    .where('leg', '=', of.leg)
    .where('part', '=', of.part)
    .returning('state')
    .executeTakeFirst()
  return row?.state
}

/** Moves all parts of a leg that are in one of the states `from` to `to`. */
export async function movePartsOf(
  tx: DatabaseTransaction,
  of: { messageId: string; leg: number },
  from: readonly PartState[],
  change: { state: PartState; detail?: string },
): Promise<void> {
  await tx
    .updateTable('parts')
    .set(change)
    .where('message_id', '=', of.messageId)
    .where('leg', '=', of.leg)
    .where('state', 'in', [...from])
    .execute()
}

/** Parts that were handed to this modem for this recipient since `sinceMs`, newest first, at most `limit`. */
export function partsSubmitted(
  tx: DatabaseTransaction,
  lane: string,
  recipientDigits: string,
  sinceMs: number,
  limit: number,
): Promise<PartRow[]> {
  return tx
    .selectFrom('parts')
    .selectAll()
    .where('lane', '=', lane)
    .where('recipient_digits', '=', recipientDigits)
    .where('submitted_at_ms', 'is not', null)
    .where('submitted_at_ms', '>=', sinceMs)
    .orderBy('submitted_at_ms', 'desc')
    .limit(limit)
    .execute()
}

/** Parts that the network took from this modem, or may have, since `sinceMs`. What it refused does not count. */
export async function countSubmitted(db: Database, lane: string, sinceMs: number): Promise<number> {
  const row = await db
    .selectFrom('parts')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('lane', '=', lane)
    .where('submitted_at_ms', 'is not', null)
    .where('submitted_at_ms', '>=', sinceMs)
    .where(sql<boolean>`state <> 'pending' and (state <> 'failed' or message_reference is not null)`)
    .executeTakeFirst()
  return row?.count ?? 0
}

/** How often each lane has refused this leg; being away is no refusal. */
export async function refusalsByLane(
  db: Database,
  messageId: string,
  leg: number,
): Promise<{ lane: string; code: string; count: number }[]> {
  return db
    .selectFrom('attempts')
    .select(({ fn }) => ['lane', sql<string>`code`.as('code'), fn.countAll<number>().as('count')])
    .where('message_id', '=', messageId)
    .where('leg', '=', leg)
    .where('result', 'in', ['retry', 'other-transport'])
    .where('code', 'not in', ['modem-unavailable', 'internal'])
    .groupBy(['lane', 'code'])
    .execute()
}

/** The next concatenation reference for this recipient, 0…255, counting up and around. */
export async function nextConcatReference(tx: DatabaseTransaction, recipient: string): Promise<number> {
  const row = await tx
    .selectFrom('concat_counters')
    .select('next')
    .where('recipient', '=', recipient)
    .executeTakeFirst()
  const reference = row?.next ?? 0
  await tx
    .replaceInto('concat_counters')
    .values({ recipient, next: (reference + 1) % 256 })
    .execute()
  return reference
}
