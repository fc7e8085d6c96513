/**
 * Who may write to us: whom the owner let in (or wrote to), whom they keep out, and how our own devices tell each other of
 * it. The list of blocked people is one of accounts, numbers and groups; the sync message always has all of it.
 */
import { sql } from 'kysely'
import type { DatabaseTransaction } from '../store/database.ts'
import { remembered } from '../store/prepared.ts'
import type { Author, PeerDecision } from './contract.ts'
import type { PeerIds, SignalSink } from './facts.ts'
import { decideToLetGroupIn, letGroupIn, setGroupBlocked } from './group-blocks.ts'
import { isPni, nobody, peerOf, readServiceId, serviceIdOctets } from './ids.ts'
import { findPeer, idsOf, learnPeer, type Peer, serviceIdOf, setTraits } from './peers.ts'
import type { SyncMessage } from './proto/messages.ts'
import type { BlockedList, MessageRequestResponse } from './proto/sync-parts.ts'
import { shutOutOfProfile } from './shut-out.ts'
import { makeStorageDue } from './storage-due.ts'

/** Entries of a list that are taken. */
const blockedMax = 10_000
const e164 = /^\+[1-9]\d{5,14}$/

/** MessageRequestResponse.Type. */
const responseTypes = { accept: 1, delete: 2, block: 3, blockAndDelete: 4, blockAndSpam: 6 } as const
const blocking: readonly number[] = [responseTypes.block, responseTypes.blockAndDelete, responseTypes.blockAndSpam]
const deleting: readonly number[] = [responseTypes.delete, responseTypes.blockAndDelete]

/** Whether the owner keeps this person out, by account or by number. */
export async function isBlocked(transaction: DatabaseTransaction, { aci, e164: number }: PeerIds): Promise<boolean> {
  if (aci !== undefined) {
    if ((await blockedAccount(transaction, { aci })).length > 0) return true
  }
  if (number === undefined) return false
  return (await blockedNumber(transaction, { number })).length > 0
}

/** Whether the owner has let this person in, or knows them from elsewhere. */
export async function isLetIn(transaction: DatabaseTransaction, sink: SignalSink, peer: Peer): Promise<boolean> {
  if (peer.accepted || peer.aci === undefined) return peer.accepted
  if (!(await sink.knows(idsOf(peer), transaction))) return false
  await setTraits(transaction, peer.aci, { accepted: true })
  return true
}

const blockedAccount = remembered('signal_blocked', (db, $: { aci: string }) =>
  db.selectFrom('signal_blocked').select('aci').where('aci', '=', $.aci),
)

const blockedNumber = remembered('signal_blocked_others', (db, $: { number: string }) =>
  db.selectFrom('signal_blocked_others').select('value').where('kind', '=', 'number').where('value', '=', $.number),
)

/** Notes that the owner lets this person in. */
async function noteAccepted(transaction: DatabaseTransaction, peer: PeerIds, atMs: number): Promise<void> {
  await setBlocked(transaction, peer, false, atMs)
  if (peer.aci === undefined) return
  await setTraits(transaction, peer.aci, { accepted: true })
  await noteDecided(transaction, peer.aci, atMs)
}

/** Notes that the owner keeps this person out, or no longer does (which lets nobody in yet). */
async function noteBlocked(
  transaction: DatabaseTransaction,
  peer: PeerIds,
  blocked: boolean,
  atMs: number,
): Promise<void> {
  await setBlocked(transaction, peer, blocked, atMs)
  if (peer.aci === undefined) return
  await noteDecided(transaction, peer.aci, atMs)
}

/**
 * Takes the phone's list in the place of ours, and tells the sink who came to it or went from it. Groups that did so are
 * returned.
 */
export async function applyBlocked(
  transaction: DatabaseTransaction,
  sink: SignalSink,
  list: BlockedList,
  atMs: number,
): Promise<readonly string[]> {
  const { acis = [], acisBinary = [], numbers = [], groupIds = [] } = list
  const told = [
    ...acis.map((text) => readServiceId(undefined, text)),
    ...acisBinary.map((octets) => readServiceId(octets, undefined)),
  ]
  const accounts = new Set(told.filter((aci) => aci !== undefined && !isPni(aci)).slice(0, blockedMax))
  const wanted = new Set(numbers.filter((number) => e164.test(number)).slice(0, blockedMax))
  const before = await transaction.selectFrom('signal_blocked').select('aci').execute()
  const others = await transaction.selectFrom('signal_blocked_others').selectAll().execute()
  const known = new Set(before.map(({ aci }) => aci))
  const knownNumbers = new Set(others.filter(({ kind }) => kind === 'number').map(({ value }) => value))
  const tell = async (ids: PeerIds, blocked: boolean) => {
    if (blocked) await learnPeer(transaction, ids)
    const peer = idsOf((await findPeer(transaction, ids)) ?? ids)
    await setBlocked(transaction, ids, blocked, atMs)
    // One who is on it by account may have gone from it by number.
    await sink.peer({ kind: 'blocked', peer, blocked: await isBlocked(transaction, peer), atMs }, transaction)
  }
  for (const number of knownNumbers) {
    if (!wanted.has(number)) await tell({ ...nobody, e164: number }, false)
  }
  for (const aci of known) if (!accounts.has(aci)) await tell(peerOf(aci), false)
  for (const number of wanted) if (!knownNumbers.has(number)) await tell({ ...nobody, e164: number }, true)
  for (const aci of accounts) if (aci !== undefined && !known.has(aci)) await tell(peerOf(aci), true)
  const groups = new Set(groupIds.slice(0, blockedMax).map((id) => Buffer.from(id).toString('base64')))
  const knownGroups = new Set(others.filter(({ kind }) => kind === 'group').map(({ value }) => value))
  const gone = [...knownGroups].filter((id) => !groups.has(id))
  const fresh = [...groups].filter((id) => !knownGroups.has(id))
  for (const id of gone) await setGroupBlocked(transaction, id, false)
  for (const id of fresh) await setGroupBlocked(transaction, id, true)
  return [...gone, ...fresh]
}

/** The whole list, as our other devices take it. */
export async function blockedList(transaction: DatabaseTransaction): Promise<BlockedList> {
  const accounts = await transaction.selectFrom('signal_blocked').select('aci').orderBy('aci').execute()
  const others = await transaction.selectFrom('signal_blocked_others').selectAll().orderBy('value').execute()
  const of = (wanted: 'number' | 'group') => others.filter(({ kind }) => kind === wanted).map(({ value }) => value)
  return {
    acis: accounts.map(({ aci }) => aci),
    acisBinary: accounts.map(({ aci }) => serviceIdOctets(aci)),
    numbers: of('number'),
    groupIds: of('group').map(groupOctets),
  }
}

/** Notes what the owner decides about this person, or (accepted and declined alone) about a group. */
export async function noteDecision(
  transaction: DatabaseTransaction,
  ids: Author,
  decision: PeerDecision,
  atMs: number,
): Promise<Author> {
  if (ids.groupId !== undefined) {
    if (decision.kind === 'accepted') await decideToLetGroupIn(transaction, ids.groupId, atMs)
    return ids
  }
  const peer = idsOf((await findPeer(transaction, ids)) ?? ids)
  if (decision.kind === 'accepted') await noteAccepted(transaction, peer, atMs)
  else if (decision.kind !== 'declined') await noteBlocked(transaction, peer, decision.kind === 'blocked', atMs)
  return peer
}

/** How a decision of the owner is told to their other devices. */
export async function syncOf(
  transaction: DatabaseTransaction,
  { aci, groupId }: Author,
  decision: PeerDecision,
): Promise<SyncMessage[]> {
  const types = {
    accepted: responseTypes.accept,
    declined: responseTypes.delete,
    blocked: decision.kind === 'blocked' && decision.deleted ? responseTypes.blockAndDelete : responseTypes.block,
    unblocked: undefined,
  }
  const type = types[decision.kind]
  const person = aci === undefined ? undefined : { threadAci: aci, threadAciBinary: serviceIdOctets(aci) }
  const thread = groupId === undefined ? person : { groupId: groupOctets(groupId) }
  const response: SyncMessage[] =
    thread === undefined || type === undefined ? [] : [{ messageRequestResponse: { ...thread, type } }]
  if (decision.kind !== 'blocked' && decision.kind !== 'unblocked') return response
  return [{ blocked: await blockedList(transaction) }, ...response]
}

/** How it is told to them that the owner keeps a group out, or no longer; it is noted already. */
export async function groupSyncOf(
  transaction: DatabaseTransaction,
  id: string,
  blocked: boolean,
): Promise<SyncMessage[]> {
  const type = blocked ? responseTypes.block : responseTypes.accept
  return [{ blocked: await blockedList(transaction) }, { messageRequestResponse: { groupId: groupOctets(id), type } }]
}

function groupOctets(id: string): Uint8Array {
  return new Uint8Array(Buffer.from(id, 'base64'))
}

/** What the owner has decided about a stranger, or a group, on another device; the group, if it is one. */
export async function applyResponse(
  transaction: DatabaseTransaction,
  sink: SignalSink,
  { threadAciBinary, threadAci, groupId, type = 0 }: MessageRequestResponse,
  atMs: number,
): Promise<string | undefined> {
  if (groupId !== undefined && groupId.length > 0) {
    const id = Buffer.from(groupId).toString('base64')
    if (blocking.includes(type)) await setGroupBlocked(transaction, id, true)
    else if (type === responseTypes.accept) {
      await setGroupBlocked(transaction, id, false)
      await letGroupIn(transaction, id)
    }
    // Whether the phone has left it as well, the group itself says.
    if (deleting.includes(type)) {
      await sink.removed({ with: { ...nobody, groupId: id }, what: 'conversation', atMs }, transaction)
    }
    return id
  }
  const aci = readServiceId(threadAciBinary, threadAci)
  if (aci === undefined || isPni(aci)) return undefined
  const { peer } = await learnPeer(transaction, peerOf(aci))
  const ids = idsOf(peer)
  if (type === responseTypes.accept) {
    await noteAccepted(transaction, ids, atMs)
    await sink.peer({ kind: 'accepted', peer: ids, atMs }, transaction)
    return undefined
  }
  if (blocking.includes(type)) {
    await noteBlocked(transaction, ids, true, atMs)
    await sink.peer({ kind: 'blocked', peer: ids, blocked: true, atMs }, transaction)
  }
  if (deleting.includes(type)) {
    await sink.removed({ with: ids, what: 'conversation', atMs }, transaction)
  }
  return undefined
}

/** Whom the owner shuts out is let in no more, and does not see what our profile says from now on. */
export async function shutOut(transaction: DatabaseTransaction, ids: PeerIds, atMs: number): Promise<void> {
  await shutOutOfProfile(transaction, ids, atMs)
  const serviceId = serviceIdOf((await findPeer(transaction, ids)) ?? ids)
  if (serviceId !== undefined) await setTraits(transaction, serviceId, { accepted: false })
}

/** Blocks this account. The keys under which we write to groups that it is in give way to others, which it does not get. */
export async function keepOut(transaction: DatabaseTransaction, aci: string): Promise<void> {
  await transaction.insertInto('signal_blocked').orReplace().values({ aci }).execute()
  await transaction
    .updateTable('signal_groups')
    .set({ distribution_id: null, distribution_at_ms: null })
    .where(sql<boolean>`instr(state_json, ${aci}) > 0`)
    .execute()
}

async function setBlocked(transaction: DatabaseTransaction, ids: PeerIds, blocked: boolean, atMs: number) {
  const { aci, e164: number } = ids
  if (blocked) {
    await shutOut(transaction, ids, atMs)
    if (aci !== undefined) await keepOut(transaction, aci)
    if (number === undefined) return
    await transaction
      .insertInto('signal_blocked_others')
      .orReplace()
      .values({ kind: 'number', value: number })
      .execute()
    return
  }
  if (aci !== undefined) await transaction.deleteFrom('signal_blocked').where('aci', '=', aci).execute()
  if (number === undefined) return
  await transaction
    .deleteFrom('signal_blocked_others')
    .where('kind', '=', 'number')
    .where('value', '=', number)
    .execute()
}

/** Until the storage service says the same, its word does not count. */
async function noteDecided(transaction: DatabaseTransaction, aci: string, atMs: number): Promise<void> {
  await transaction.updateTable('signal_peers').set({ decided: 1 }).where('aci', '=', aci).execute()
  await makeStorageDue(transaction, atMs)
}
