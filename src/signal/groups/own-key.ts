/**
 * Our profile key as our groups have it. A group that has another one than our present one is told, by the proof of it that
 * the service gives; one in which somebody is whom the owner keeps out is not, until they have gone or are let in again:
 * whoever is in a group sees the profiles of its members.
 */
import { sql } from 'kysely'
import type { CausewayError } from '../../domain/errors.ts'
import type { Log } from '../../log.ts'
import type { Database } from '../../store/database.ts'
import type { Clock } from '../clock.ts'
import type { Credentials } from '../credentials.ts'
import { asCauseway, signalError } from '../errors.ts'
import type { GroupAdmin } from './admin.ts'
import type { ProfileCredentials } from './profile-credentials.ts'
import type { GroupState } from './state.ts'

/** A group that does not take it is tried again after a time that doubles between these… */
const retryFirstMs = 60_000
const retryMaxMs = 24 * 3600_000
/** …so often. */
const triesMax = 8
/** When the service does not say how long to wait. */
const waitDefaultMs = 10 * 60_000
/** We are not in it any more, or nobody changes anything in it. */
const over: readonly string[] = ['group-forbidden', 'group-not-found', 'group-ended', 'unknown-group']

interface Parts {
  db: Database
  clock: Clock
  log: Log
  credentials: Credentials
  admin: Pick<GroupAdmin, 'change'>
  profiles: Pick<ProfileCredentials, 'presentation'>
}

export class OwnGroupKeys {
  readonly #parts: Parts

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /**
   * Tells the groups that have another key, one after the other. Resolves with when it wants to be called again (ms since
   * epoch; undefined: not for their sake). Throws CausewayError `signal-unreachable`.
   */
  async run(signal: AbortSignal): Promise<number | undefined> {
    const waits: number[] = []
    for (const { id, failures, notBeforeMs } of await this.#outdated()) {
      if (signal.aborted) return undefined
      if (this.#parts.clock.now() < notBeforeMs) {
        waits.push(notBeforeMs)
        continue
      }
      try {
        await this.#tell(id)
      } catch (error) {
        const failure = asCauseway(error)
        if (failure.code === 'signal-unreachable') throw failure
        const untilMs = await this.#putOff(id, failures, failure)
        if (untilMs !== undefined) waits.push(untilMs)
        this.#parts.log.info({ code: failure.code }, 'a group has not got our new profile key yet')
        if (failure.code === 'signal-rate-limited') break
      }
    }
    return waits.length === 0 ? undefined : Math.min(...waits)
  }

  async #outdated(): Promise<{ id: string; failures: number; notBeforeMs: number }[]> {
    const { db, credentials } = this.#parts
    const rows = await db
      .selectFrom('signal_groups')
      .select(['id', 'state_json', 'own_key_failures', 'own_key_not_before_ms'])
      .where('standing', '=', 'member')
      .where('blocked', '=', 0)
      // Strangers who have added us see nothing of the profile until the owner has let them in.
      .where(({ eb, or }) => or([eb('asks', 'is', null), eb('asks', '=', 0)]))
      .where('own_key_failures', '<', triesMax)
      // Nobody else has our key.
      .where(sql<boolean>`instr(state_json, ${presentKey(credentials)}) = 0`)
      .execute()
    if (rows.length === 0) return []
    const blocked = new Set((await db.selectFrom('signal_blocked').select('aci').execute()).map(({ aci }) => aci))
    return rows.flatMap(({ id, state_json: json, own_key_failures: failures, own_key_not_before_ms: notBeforeMs }) => {
      const state: GroupState | null = JSON.parse(json ?? 'null')
      const own = state?.members.find(({ aci }) => aci === credentials.aci)
      if (state === null || state.terminated || own?.profileKey === undefined) return []
      const seenBy = [...state.members.map(({ aci }) => aci), ...state.invited.map(({ serviceId }) => serviceId)]
      return seenBy.some((who) => blocked.has(who)) ? [] : [{ id, failures, notBeforeMs }]
    })
  }

  async #tell(id: string): Promise<void> {
    const { admin, profiles, credentials } = this.#parts
    const wanted = presentKey(credentials)
    const has = ({ members }: GroupState) =>
      members.some(({ aci, profileKey }) => aci === credentials.aci && profileKey === wanted)
    await admin.change(id, async ({ state, cipher }) => {
      if (has(state) || !state.members.some(({ aci }) => aci === credentials.aci)) return undefined
      const presentation = await profiles.presentation(cipher, credentials.aci)
      if (presentation === undefined) throw signalError('signal-failed', { detail: 'no proof of our profile key yet' })
      return { actions: { profileKeys: [{ presentation }] }, holds: has }
    })
  }

  /** Until when; undefined: for ever. */
  async #putOff(id: string, failures: number, { code, retryAfterMs }: CausewayError): Promise<number | undefined> {
    const { db, clock } = this.#parts
    const isLimited = code === 'signal-rate-limited'
    const count = isLimited ? failures : over.includes(code) ? triesMax : failures + 1
    const waitMs = isLimited
      ? (retryAfterMs ?? waitDefaultMs)
      : Math.min(retryMaxMs, retryFirstMs * 2 ** Math.min(failures, 20))
    const untilMs = clock.now() + waitMs
    const query = db.updateTable('signal_groups').set({ own_key_not_before_ms: untilMs })
    // What the service asks to wait with concerns all groups.
    if (isLimited) await query.where('own_key_not_before_ms', '<', untilMs).execute()
    else await query.set({ own_key_failures: count }).where('id', '=', id).execute()
    return count >= triesMax ? undefined : untilMs
  }
}

function presentKey({ profileKey }: Credentials): string {
  return Buffer.from(profileKey.serialize()).toString('base64')
}
