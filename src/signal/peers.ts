/**
 * The people this account has met: which account (ACI), phone-number identity (PNI) and number belong together, their
 * profile keys, whether sealed messages reach them, whether they left.
 *
 * A row is one person as far as we know. Facts join rows: a number that a directory or a certificate names, a PNI whose
 * signature was verified. A number or PNI that turns up with another account has moved there.
 */
import type { Selectable } from 'kysely'
import type { Database } from '../store/database.ts'
import { prepared, rememberedByShape } from '../store/prepared.ts'
import type { SignalPeersTable } from '../store/tables/signal.ts'
import type { PeerIds } from './facts.ts'
import { isPni, peerOf } from './ids.ts'

type PeerRow = Selectable<SignalPeersTable>

export interface Peer extends PeerIds {
  profileKey: Uint8Array | undefined
  sealedRefused: boolean
  needsPniSignature: boolean
  unregistered: boolean
  /** We wrote to them, or the owner let them in. */
  accepted: boolean
}

export interface Learnt {
  peer: Peer
  /** Nobody of these ids was known before. */
  isNew: boolean
  /** Ids that were apart are now known to be one person's. */
  joined: boolean
}

/** A `Database`, or the open transaction inside of which the call happens. */
type Connection = Database

export async function findPeer(db: Connection, ids: PeerIds): Promise<Peer | undefined> {
  const rows = await matching(db, ids)
  const row =
    rows.find(({ aci }) => aci !== null && aci === ids.aci) ??
    rows.find(({ pni }) => pni !== null && pni === ids.pni) ??
    rows.find(({ e164 }) => e164 !== null && e164 === ids.e164)
  return row === undefined ? undefined : peerFrom(row)
}

/** The peer of this service id; one of which nothing else is known when it is new to us. */
export async function peerAt(db: Connection, serviceId: string): Promise<Peer> {
  const ids = peerOf(serviceId)
  return (await findPeer(db, ids)) ?? { ...ids, profileKey: undefined, ...unknownTraits }
}

const unknownTraits = { sealedRefused: false, needsPniSignature: false, unregistered: false, accepted: false }

/** Takes note that these ids belong to one person. */
export async function learnPeer(db: Connection, ids: PeerIds): Promise<Learnt> {
  const rows = await matching(db, ids)
  const byAci = rows.find(({ aci }) => aci !== null && aci === ids.aci)
  const byPni = rows.find(({ pni }) => pni !== null && pni === ids.pni)
  const byNumber = rows.find(({ e164 }) => e164 !== null && e164 === ids.e164)
  const fits = (row: PeerRow | undefined) =>
    row !== undefined && agrees(row.aci, ids.aci) && agrees(row.pni, ids.pni) ? row : undefined
  const base = byAci ?? fits(byPni) ?? fits(byNumber)
  const others = rows.filter((row) => row !== base)
  for (const row of others) await release(db, row, ids)

  const before = base
  const merged = {
    aci: ids.aci ?? base?.aci ?? null,
    pni: ids.pni ?? base?.pni ?? null,
    e164: ids.e164 ?? base?.e164 ?? null,
    profile_key: base?.profile_key ?? null,
    accepted: rows.some((row) => row.accepted === 1 && fits(row) !== undefined) ? (1 as const) : (0 as const),
  }
  const row =
    base === undefined
      ? await db.insertInto('signal_peers').values(merged).returningAll().executeTakeFirstOrThrow()
      : await merge(db, base, merged)
  const gained =
    before !== undefined && (['aci', 'pni', 'e164'] as const).some((id) => before[id] === null && row[id] !== null)
  return { peer: peerFrom(row), isNew: rows.length === 0, joined: gained || (base !== undefined && others.length > 0) }
}

/** Writes nothing where nothing is new, as with nearly everything that comes. */
async function merge(
  db: Connection,
  base: PeerRow,
  { aci, pni, e164, accepted }: Pick<PeerRow, 'aci' | 'pni' | 'e164' | 'accepted'>,
): Promise<PeerRow> {
  if (base.aci === aci && base.pni === pni && base.e164 === e164 && base.accepted === accepted) return base
  await db.updateTable('signal_peers').set({ aci, pni, e164, accepted }).where('id', '=', base.id).execute()
  return { ...base, aci, pni, e164, accepted }
}

/** Keeps a profile key (32 octets). True when it is a new one, which makes sealed messages worth another try. */
export async function learnProfileKey(db: Connection, aci: string, profileKey: Uint8Array): Promise<boolean> {
  const [row] = await profileKeyOf(db, { aci })
  if (row?.profile_key != null && Buffer.compare(row.profile_key, profileKey) === 0) return false
  await db
    .updateTable('signal_peers')
    .set({ profile_key: profileKey, sealed_refused: 0, profile_due_at_ms: 0 })
    .where('aci', '=', aci)
    .execute()
  return true
}

const profileKeyOf = prepared((db, $: { aci: string }) =>
  db.selectFrom('signal_peers').select('profile_key').where('aci', '=', $.aci),
)

/** Sets traits of the peer with this service id, which is added when it is new. */
export async function setTraits(
  db: Connection,
  serviceId: string,
  traits: {
    sealedRefused?: boolean
    needsPniSignature?: boolean
    unregisteredAtMs?: number | null
    accepted?: boolean
  },
): Promise<void> {
  await learnPeer(db, peerOf(serviceId))
  const column = isPni(serviceId) ? 'pni' : 'aci'
  const value = isPni(serviceId) ? serviceId.slice(4) : serviceId
  await db
    .updateTable('signal_peers')
    .set({
      ...(traits.sealedRefused === undefined ? {} : { sealed_refused: traits.sealedRefused ? 1 : 0 }),
      ...(traits.needsPniSignature === undefined ? {} : { needs_pni_signature: traits.needsPniSignature ? 1 : 0 }),
      ...(traits.accepted === undefined ? {} : { accepted: traits.accepted ? 1 : 0 }),
      ...(traits.unregisteredAtMs === undefined ? {} : { unregistered_at_ms: traits.unregisteredAtMs }),
    })
    .where(column, '=', value)
    .execute()
}

/** ACI first: sessions that we start go to the account, the phone-number identity only while that is all we know. */
export function serviceIdOf(ids: PeerIds): string | undefined {
  return ids.aci ?? (ids.pni === undefined ? undefined : `PNI:${ids.pni}`)
}

async function matching(db: Connection, ids: PeerIds): Promise<readonly PeerRow[]> {
  const wanted = (['aci', 'pni', 'e164'] as const).flatMap((column) => {
    const value = ids[column]
    return value === undefined ? [] : [{ column, value }]
  })
  if (wanted.length === 0) return []
  return await anyOf(db, Object.fromEntries(wanted.map(({ column, value }) => [column, value])))
}

const anyOf = rememberedByShape('signal_peers', (db, ids: { aci?: string; pni?: string; e164?: string }) =>
  db
    .selectFrom('signal_peers')
    .selectAll()
    .where((row) =>
      row.or((['aci', 'pni', 'e164'] as const).flatMap((id) => (ids[id] === undefined ? [] : [row(id, '=', ids[id])]))),
    ),
)

/** Takes from a row what now belongs to somebody else; a row that is left without any id goes. */
async function release(db: Connection, row: PeerRow, ids: PeerIds): Promise<void> {
  const left = {
    aci: row.aci === (ids.aci ?? null) ? null : row.aci,
    pni: row.pni === (ids.pni ?? null) ? null : row.pni,
    e164: row.e164 === (ids.e164 ?? null) ? null : row.e164,
  }
  if (left.aci === null && left.pni === null) {
    await db.deleteFrom('signal_peers').where('id', '=', row.id).execute()
    return
  }
  await db.updateTable('signal_peers').set(left).where('id', '=', row.id).execute()
}

function agrees(known: string | null, told: string | undefined): boolean {
  return known === null || told === undefined || known === told
}

function peerFrom(row: PeerRow): Peer {
  return {
    aci: row.aci ?? undefined,
    pni: row.pni ?? undefined,
    e164: row.e164 ?? undefined,
    profileKey: row.profile_key ?? undefined,
    sealedRefused: row.sealed_refused === 1,
    needsPniSignature: row.needs_pni_signature === 1,
    unregistered: row.unregistered_at_ms !== null,
    accepted: row.accepted === 1,
  }
}

/** Only the ids. */
export function idsOf(peer: PeerIds): PeerIds {
  return { aci: peer.aci, pni: peer.pni, e164: peer.e164 }
}
