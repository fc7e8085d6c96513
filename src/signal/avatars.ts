/**
 * Pictures of others: where each lies their profile says (`profiles.ts`); of those whom the owner has let in it is fetched,
 * opened with their profile key, made a small square, and handed on. Of a stranger nothing is fetched, so that none learns
 * by it that somebody is here.
 *
 *   profile names another place ─► due ─► fetched ─► opened ─► square ─► kept as a file ─► sink
 *                                   ▲ back-off, `triesMax` times ┘   └─ no picture: none is shown until there is another
 *
 * What is due is on record, so that neither a restart nor a lost network forgets it.
 */
import { CausewayError } from '../domain/errors.ts'
import type { Portraits, StoredBlob } from '../domain/media.ts'
import { Rounds } from '../domain/rounds.ts'
import type { Log } from '../log.ts'
import type { Database, DatabaseTransaction } from '../store/database.ts'
import type { Clock } from './clock.ts'
import type { ContentServer } from './content-server.ts'
import { asCauseway } from './errors.ts'
import type { SignalSink } from './facts.ts'
import { peerOf } from './ids.ts'
import { findPeer, idsOf } from './peers.ts'
import { decryptPicture, pictureOverhead } from './profile-cipher.ts'

/** What the service lets anybody upload (reference/signal-service.md 8.3). */
const pictureOctetsMax = 10 * 1024 * 1024 + pictureOverhead
/** Of what is shown: three times a large disc. */
const edgePx = 320
/** Pictures in one run, one after the other. */
const fetchesMax = 50
const triesMax = 6
/** Of what the server does not have, or what is too large: a picture may only just be on its way behind its profile. */
const refusedTriesMax = 2
/** First wait before a repetition; each is four times as long as the one before, up to a day. */
const backOffMs = 10 * 60_000
const backOffMaxMs = 24 * 3600_000
/** Strangers of whom it is remembered that their picture waits. */
const withheldMax = 1_000
/** Where pictures of profiles lie; whoever has a profile could name any other place. */
const picturePlace = /^profiles\/[\w=-]{1,100}$/

interface Due {
  aci: string
  place: string
  failures: number
  profileKey: Uint8Array
}

/** The place that a profile names; undefined where it is none, or none that pictures have. */
export function placeIn(avatar: unknown): string | undefined {
  return typeof avatar === 'string' && picturePlace.test(avatar) ? avatar : undefined
}

/** Notes where somebody's picture lies now; undefined: they have none. True when one that they had is gone. */
export async function noteAvatar(
  transaction: DatabaseTransaction,
  aci: string,
  place: string | undefined,
  nowMs: number,
): Promise<boolean> {
  const known = await transaction.selectFrom('signal_avatars').select('place').where('aci', '=', aci).executeTakeFirst()
  if (place === undefined) {
    if (known === undefined) return false
    await transaction.deleteFrom('signal_avatars').where('aci', '=', aci).execute()
    return true
  }
  if (known?.place === place) return false
  await transaction
    .insertInto('signal_avatars')
    .orReplace()
    .values({ aci, place, due_at_ms: nowMs, failures: 0 })
    .execute()
  return false
}

export class AvatarDesk {
  readonly #db: Database
  readonly #server: ContentServer
  readonly #portraits: Portraits
  readonly #sink: SignalSink
  readonly #clock: Clock
  readonly #log: Log
  readonly #stopping = new AbortController()
  readonly #rounds: Rounds
  #withheld = new Set<string>()

  constructor(parts: {
    db: Database
    server: ContentServer
    portraits: Portraits
    sink: SignalSink
    clock: Clock
    log: Log
  }) {
    this.#db = parts.db
    this.#server = parts.server
    this.#portraits = parts.portraits
    this.#sink = parts.sink
    this.#clock = parts.clock
    this.#log = parts.log
    this.#rounds = new Rounds(
      () => this.#run(),
      (error) => this.#log.info({ code: asCauseway(error).code }, 'pictures of profiles wait'),
    )
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#rounds.stop()
  }

  /** Fetches what is due. Never rejects; what could not be fetched stays due. */
  async fetch(): Promise<void> {
    await this.#rounds.run()
  }

  /** The owner writes to them: what was withheld may come now. Costs nothing where nothing was. */
  letIn(aci: string | undefined): void {
    if (aci !== undefined && this.#withheld.delete(aci)) void this.fetch()
  }

  async #run(): Promise<boolean> {
    for (const due of await this.#due()) {
      if (this.#stopping.signal.aborted) return false
      await this.#fetchOne(due)
    }
    const waiting = await this.#wanted()
      .select('signal_avatars.aci')
      .where('accepted', '=', 0)
      .limit(withheldMax)
      .execute()
    this.#withheld = new Set(waiting.map(({ aci }) => aci))
    return false
  }

  #wanted() {
    return this.#db
      .selectFrom('signal_avatars')
      .innerJoin('signal_peers', 'signal_peers.aci', 'signal_avatars.aci')
      .where('due_at_ms', 'is not', null)
      .where('signal_avatars.aci', 'not in', (db) => db.selectFrom('signal_blocked').select('aci'))
  }

  async #due(): Promise<Due[]> {
    const rows = await this.#wanted()
      .select(['signal_avatars.aci', 'place', 'failures', 'profile_key'])
      .where('accepted', '=', 1)
      .where('due_at_ms', '<=', this.#clock.now())
      .orderBy('due_at_ms')
      .limit(fetchesMax)
      .execute()
    return rows.flatMap(({ profile_key: profileKey, ...row }) => (profileKey === null ? [] : [{ ...row, profileKey }]))
  }

  async #fetchOne(due: Due): Promise<void> {
    let picture: StoredBlob | undefined
    try {
      picture = await this.#fetched(due)
    } catch (error) {
      if (this.#stopping.signal.aborted) return
      const isRefused = CausewayError.is(error, 'signal-attachment')
      await this.#putOff(due, isRefused ? refusedTriesMax : triesMax)
      // Without a network the others need not be tried.
      if (asCauseway(error).code === 'signal-unreachable') throw error
      this.#log.info({ code: asCauseway(error).code, failures: due.failures + 1 }, 'a picture of a profile waits')
      return
    }
    const isTold = await this.#tell(due, picture).catch(async (error: unknown) => {
      if (picture !== undefined) await this.#portraits.discard(picture.id)
      throw error
    })
    if (isTold) this.#sink.committed()
    else if (picture !== undefined) await this.#portraits.discard(picture.id)
  }

  /** Undefined where there is no picture, whatever lies there. Rejects where another time may do. */
  async #fetched({ place, profileKey }: Due): Promise<StoredBlob | undefined> {
    const sealed = await this.#server.downloadPicture(place, pictureOctetsMax, this.#stopping.signal)
    const plain = decryptPicture(profileKey, sealed)
    const square = plain === undefined ? 'no-picture' : await this.#portraits.square(plain, edgePx)
    if (square === 'busy') throw new Error('the picture could not be looked into now')
    return square === 'no-picture' ? undefined : await this.#portraits.keep(square)
  }

  /** False when their profile names another picture by now, or they have been blocked. */
  async #tell({ aci, place }: Due, picture: StoredBlob | undefined): Promise<boolean> {
    return await this.#db.transaction().execute(async (transaction) => {
      const { numUpdatedRows } = await transaction
        .updateTable('signal_avatars')
        .set({ due_at_ms: null, failures: 0 })
        .where('aci', '=', aci)
        .where('place', '=', place)
        .where('aci', 'not in', (db) => db.selectFrom('signal_blocked').select('aci'))
        .executeTakeFirst()
      if (numUpdatedRows === 0n) return false
      const peer = idsOf((await findPeer(transaction, peerOf(aci))) ?? peerOf(aci))
      await this.#sink.peer({ kind: 'avatar', peer, picture, atMs: this.#clock.now() }, transaction)
      return true
    })
  }

  async #putOff({ aci, place, failures: before }: Due, mostTries: number): Promise<void> {
    const failures = before + 1
    const waitMs = Math.min(backOffMs * 4 ** before, backOffMaxMs)
    const due_at_ms = failures >= mostTries ? null : this.#clock.now() + waitMs
    await this.#db
      .updateTable('signal_avatars')
      .set({ failures, due_at_ms })
      .where('aci', '=', aci)
      .where('place', '=', place)
      .execute()
  }
}
