/** Groups as kept in the database: reading a row into what the others work with, and what the house is shown of it. */
import type { Selectable } from 'kysely'
import type { Database } from '../../store/database.ts'
import type { SignalTables } from '../../store/tables/signal.ts'
import { levelOf, linkState } from './actions.ts'
import { GroupCipher } from './cipher.ts'
import type { GroupView } from './contract.ts'
import type { Endorsements } from './endorsements.ts'
import { writeInviteLink } from './links.ts'
import { type GroupState, isAdmin, roles, type Standing, standingIn } from './state.ts'

export interface KnownGroup {
  id: string
  cipher: GroupCipher
  /** Undefined until it was fetched once. */
  state: GroupState | undefined
  standing: Standing | 'unknown'
  wantedRevision: number
  /** It is on record that it must be fetched. */
  isDue: boolean
  failures: number
  endorsements: Endorsements | undefined
  distribution: { id: string; sinceMs: number } | undefined
  blocked: boolean
  /** A stranger has added us, and the owner has not let it in; undefined: who has is not known, or we are out. */
  asks: boolean | undefined
  /** As the owner has set it on their phone. */
  archived: boolean
}

/** A `Database`, or the open transaction inside of which the call happens. */
export async function findGroup(db: Database, id: string): Promise<KnownGroup | undefined> {
  const row = await db.selectFrom('signal_groups').selectAll().where('id', '=', id).executeTakeFirst()
  return row === undefined ? undefined : groupFrom(row)
}

export function groupFrom(row: Selectable<SignalTables['signal_groups']>): KnownGroup {
  return {
    id: row.id,
    cipher: cipherOf(row.master_key),
    state: row.state_json === null ? undefined : (JSON.parse(row.state_json) as GroupState),
    standing: row.standing,
    wantedRevision: row.wanted_revision,
    isDue: row.due_at_ms !== null,
    failures: row.failures,
    blocked: row.blocked === 1,
    asks: row.asks === null ? undefined : row.asks === 1,
    archived: row.archived === 1,
    endorsements:
      row.endorsements_json === null
        ? undefined
        : { byAci: JSON.parse(row.endorsements_json), expireAtMs: row.endorsements_expire_at_ms },
    distribution:
      row.distribution_id === null ? undefined : { id: row.distribution_id, sinceMs: row.distribution_at_ms ?? 0 },
  }
}

/** Whether it waits for the owner to let it in. */
export function isRequest({ asks, standing, blocked }: Pick<KnownGroup, 'asks' | 'standing' | 'blocked'>): boolean {
  return asks === true && standing === 'member' && !blocked
}

/** Deriving a group's keys takes a while, and the same few groups are asked for again and again. */
const ciphers = new Map<string, GroupCipher>()
const ciphersMax = 200

export function cipherOf(masterKey: Uint8Array): GroupCipher {
  const key = Buffer.from(masterKey).toString('base64')
  const known = ciphers.get(key)
  if (known !== undefined) return known
  const made = new GroupCipher(masterKey)
  if (ciphers.size >= ciphersMax) ciphers.clear()
  ciphers.set(key, made)
  return made
}

/** The group as the house is shown it. */
export function viewOf(
  state: GroupState,
  cipher: GroupCipher,
  self: { aci: string; pni: string },
): Omit<GroupView, 'blocked'> {
  const link = linkState(state.access.link)
  const password = state.linkPassword
  return {
    id: cipher.id,
    title: state.title,
    description: state.description,
    revision: state.revision,
    standing: state.terminated ? 'ended' : standingIn(state, self),
    admin: isAdmin(state, self.aci),
    announcementsOnly: state.announcementsOnly,
    timerSeconds: state.timerSeconds,
    whoEdits: levelOf(state.access.attributes),
    whoAdds: levelOf(state.access.members),
    link,
    linkUrl:
      link === 'off' || password === undefined ? undefined : writeInviteLink({ masterKey: cipher.masterKey, password }),
    avatar: state.avatarUrl !== undefined,
    members: state.members.map(({ aci, role }) => ({ aci, admin: role === roles.admin })),
    invited: state.invited.map(({ serviceId }) => serviceId),
    requesting: state.requesting.map(({ aci }) => aci),
    banned: state.banned.map(({ serviceId }) => serviceId),
  }
}
