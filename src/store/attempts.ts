/**
 * The plan's legs, the attempt ledger, and the journal of parts. Parts belong to a leg, so that every attempt of the leg
 * carries on where the one before it stopped.
 */

import { type Insertable, sql } from 'kysely'
import { periods } from '../domain/lane-choice.ts'
import type { Leg } from '../domain/route.ts'
import { keptValues } from '../domain/told.ts'
import type { PartState, TransportName } from '../domain/transport.ts'
import type { Database, DatabaseTransaction } from './database.ts'
import { prepared, preparedByShape } from './prepared.ts'
import type { AttemptRow, LegRow, PartRow, PartsTable } from './tables/sending.ts'

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
    await insertLeg(tx, {
      message_id: messageId,
      leg: from + index,
      transport: leg.transport,
      consent: leg.consent,
      fallback_after_ms: leg.fallbackAfterMs ?? null,
      code: leg.code,
      reason: leg.reason,
      values_json: keptValues(leg.code, leg.values),
    })
  }
}

const insertLeg = preparedByShape((db, values: LegRow) => db.insertInto('legs').values(values))

/** By its number; undefined: the plan has no such leg. */
export async function findLeg(db: Database, messageId: string, leg: number): Promise<LegRow | undefined> {
  const [row] = await legBy(db, { messageId, leg })
  return row
}

const legBy = prepared((db, $: { messageId: string; leg: number }) =>
  db.selectFrom('legs').selectAll().where('message_id', '=', $.messageId).where('leg', '=', $.leg),
)

/** Adds to why this leg of the plan is as it is. */
export async function reasonOnLeg(
  tx: DatabaseTransaction,
  messageId: string,
  leg: number,
  more: string,
): Promise<void> {
  await tx
    .updateTable('legs')
    .set({ reason: sql<string>`reason || ${`; ${more}`}` })
    .where('message_id', '=', messageId)
    .where('leg', '=', leg)
    .execute()
}

/** Opens the next attempt of a message. Fails on the UNIQUE index when one is open. */
export async function openAttempt(tx: DatabaseTransaction, attempt: NewAttempt): Promise<void> {
  await insertAttempt(tx, attempt)
}

type NewAttempt = {
  id: string
  messageId: string
  leg: number
  transport: TransportName
  lane: string
  atMs: number
}

const insertAttempt = prepared((db, $: NewAttempt) =>
  db.insertInto('attempts').values({
    id: $.id,
    message_id: $.messageId,
    n: sql<number>`(select coalesce(max(n), 0) + 1 from attempts where message_id = ${$.messageId})`,
    leg: $.leg,
    transport: $.transport,
    lane: $.lane,
    started_at_ms: $.atMs,
  }),
)

export interface AttemptEnd {
  result: NonNullable<AttemptRow['result']>
  code: string | null
  detail: string
}

/** How an attempt ended; `atMs` in ms since the epoch. */
export async function closeAttempt(tx: DatabaseTransaction, id: string, end: AttemptEnd, atMs: number): Promise<void> {
  await endAttempt(tx, { ...end, id, atMs })
}

const endAttempt = prepared((db, $: AttemptEnd & { id: string; atMs: number }) =>
  db
    .updateTable('attempts')
    .set({ result: $.result, code: $.code, detail: $.detail, ended_at_ms: $.atMs })
    .where('id', '=', $.id),
)

/** Attempts without an end: those under way, and after a crash those that it cut off. */
export async function openAttempts(db: Database): Promise<AttemptRow[]> {
  // Put in order here: for an order by id SQLite would walk the ids of all attempts that ever were.
  const rows = await db.selectFrom('attempts').selectAll().where('ended_at_ms', 'is', null).execute()
  return rows.sort((a, b) => (a.id < b.id ? -1 : 1))
}

/** Whether this attempt is still without an end. */
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

/** The parts of a leg, first part first. */
export function partsOf(db: Database, messageId: string, leg: number): Promise<PartRow[]> {
  return partsOfLeg(db, { messageId, leg })
}

const partsOfLeg = prepared((db, $: { messageId: string; leg: number }) =>
  db.selectFrom('parts').selectAll().where('message_id', '=', $.messageId).where('leg', '=', $.leg).orderBy('part'),
)

/** `submittedAtMs`: this one is about to be handed over (\`submitting\`); the others are pending. */
export async function insertParts(
  tx: DatabaseTransaction,
  of: { messageId: string; leg: number; lane: string },
  parts: readonly { part: number; tpduHex: string; recipientDigits: string; submittedAtMs?: number }[],
): Promise<void> {
  for (const { part, tpduHex, recipientDigits, submittedAtMs } of parts) {
    await insertPart(tx, {
      message_id: of.messageId,
      leg: of.leg,
      part,
      tpdu_hex: tpduHex,
      state: submittedAtMs === undefined ? 'pending' : 'submitting',
      lane: of.lane,
      recipient_digits: recipientDigits,
      submitted_at_ms: submittedAtMs ?? null,
    })
  }
}

const insertPart = preparedByShape((db, values: Insertable<PartsTable>) => db.insertInto('parts').values(values))

/** Changes one part of a leg; what `change` leaves out stays. */
export async function changePart(
  tx: DatabaseTransaction,
  of: { messageId: string; leg: number; part: number },
  change: Partial<Omit<PartRow, 'message_id' | 'leg' | 'part'>>,
): Promise<void> {
  await updatePart(tx, { ...change, ...of })
}

type PartKey = { messageId: string; leg: number; part: number }

const updatePart = preparedByShape(
  (db, { messageId, leg, part, ...change }: PartKey & Partial<Omit<PartRow, 'message_id' | 'leg' | 'part'>>) =>
    db
      .updateTable('parts')
      .set(change)
      .where('message_id', '=', messageId)
      .where('leg', '=', leg)
      .where('part', '=', part),
)

/**
 * As \`changePart\` with a new state, except that what a report has proved (\`delivered\`, \`failed\`) is not taken back. The
 * state that it is in then; undefined when there is no such part.
 */
export async function settlePart(
  tx: DatabaseTransaction,
  of: { messageId: string; leg: number; part: number },
  change: PartSettlement,
): Promise<PartState | undefined> {
  const [row] = await settle(tx, { ...change, ...of })
  return row?.state
}

type PartSettlement = { state: PartState } & Partial<Pick<PartRow, 'message_reference' | 'submitted_at_ms' | 'detail'>>

const settle = preparedByShape((db, { messageId, leg, part, state, ...change }: PartKey & PartSettlement) =>
  db
    .updateTable('parts')
    .set({ ...change, state: sql<PartState>`iif(state in ('delivered', 'failed'), state, ${state})` })
    .where('message_id', '=', messageId)
    .where('leg', '=', leg)
    .where('part', '=', part)
    .returning('state'),
)

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
): Promise<SubmittedPart[]> {
  return submittedTo(tx, { lane, recipientDigits, sinceMs, limit })
}

export type SubmittedPart = Pick<
  PartRow,
  'message_id' | 'leg' | 'part' | 'state' | 'message_reference' | 'submitted_at_ms' | 'centre_time_ms'
>

const submittedTo = prepared((db, $: { lane: string; recipientDigits: string; sinceMs: number; limit: number }) =>
  db
    .selectFrom('parts')
    .select(['message_id', 'leg', 'part', 'state', 'message_reference', 'submitted_at_ms', 'centre_time_ms'])
    .where('lane', '=', $.lane)
    .where('recipient_digits', '=', $.recipientDigits)
    .where('submitted_at_ms', 'is not', null)
    .where('submitted_at_ms', '>=', $.sinceMs)
    .orderBy('submitted_at_ms', 'desc')
    .limit($.limit),
)

/** The network took it, or may have. */
const COUNTS = sql<boolean>`parts.state <> 'pending' and (parts.state <> 'failed' or parts.message_reference is not null)`

/**
 * Parts that the network took from this modem, or may have, since `sinceMs` (the beginning of a day); also of messages that
 * are deleted. What it refused does not count.
 */
export async function countSubmitted(db: Database, lane: string, sinceMs: number): Promise<number> {
  const there = await db
    .selectFrom('parts')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('lane', '=', lane)
    .where('submitted_at_ms', 'is not', null)
    .where('submitted_at_ms', '>=', sinceMs)
    .where(COUNTS)
    .executeTakeFirstOrThrow()
  const forgotten = await db
    .selectFrom('forgotten_parts')
    .select(({ fn }) => fn.sum<number | null>('parts').as('count'))
    .where('lane', '=', lane)
    .where('day_ms', '>=', sinceMs)
    .executeTakeFirstOrThrow()
  return there.count + (forgotten.count ?? 0)
}

/** Before messages of a conversation are deleted: leaves the count of their parts to quotas, as long as those look back. */
export async function keepCounts(tx: DatabaseTransaction, conversationId: string, nowMs: number): Promise<void> {
  const { monthMs } = periods(nowMs)
  const parts = await tx
    .selectFrom('parts')
    .innerJoin('messages', 'messages.id', 'parts.message_id')
    .select(['parts.lane', 'parts.submitted_at_ms as atMs'])
    .where('messages.conversation_id', '=', conversationId)
    .where('parts.submitted_at_ms', '>=', monthMs)
    .where(COUNTS)
    .execute()
  await tx.deleteFrom('forgotten_parts').where('day_ms', '<', monthMs).execute()
  for (const { lane, atMs } of parts) {
    await tx
      .insertInto('forgotten_parts')
      .values({ lane, day_ms: periods(atMs ?? nowMs).dayMs, parts: 1 })
      .onConflict((conflict) => conflict.doUpdateSet({ parts: sql<number>`parts + 1` }))
      .execute()
  }
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
