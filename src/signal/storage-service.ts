/**
 * What the account's devices share at the storage service: contacts with their names, the blocked, the groups' keys,
 * settings. A linked device reads it when it was linked, when another device says that it changed, and daily; a primary
 * also writes its own contacts and account into it.
 *
 *   manifest (version, ids) → items that it names → records → peers, sink, groups
 *
 * That it is due is on record, so that neither a restart nor a lost connection forgets it. A write begins with a read and
 * appends to what is there: fields and records that this version does not know stay as they are. Whoever wrote in between
 * is answered by reading anew.
 */
import type { Log } from '../log.ts'
import type { Database } from '../store/database.ts'
import type { Clock, Random } from './clock.ts'
import type { Credentials } from './credentials.ts'
import { asCauseway } from './errors.ts'
import {
  type ManifestRecord,
  manifestRecordCodec,
  readOperationCodec,
  storageItemsCodec,
  storageManifestCodec,
  storageRecordCodec,
  writeOperationCodec,
} from './proto/storage.ts'
import { itemKey, manifestKey, openStored, sealStored, storageKeyOf } from './storage-cipher.ts'
import type { StorageRecords, StoredRecord } from './storage-records.ts'
import type { StorageServer } from './storage-server.ts'

const recordTypes = { contact: 1, groupV2: 3, account: 4 } as const
/** The server takes 5120 ids at once; clients ask for 2500 at most. */
const idsPerRequest = 1_000
/** More than any account has. */
const idsMax = 50_000
/** Somebody else wrote in between this often: then another day. */
const writesMax = 5
const rawOctets = 16
const nonceOctets = 12
const rereadAfterMs = 24 * 3600_000

interface Contents {
  version: number
  manifest: ManifestRecord
  records: readonly StoredRecord[]
}

export class StorageService {
  readonly #db: Database
  readonly #server: StorageServer
  readonly #records: StorageRecords
  readonly #credentials: Credentials
  readonly #clock: Clock
  readonly #random: Random
  readonly #log: Log
  readonly #written: () => Promise<void>
  readonly #stopping = new AbortController()
  #running: Promise<void> | undefined
  #again = false

  constructor(parts: {
    db: Database
    server: StorageServer
    records: StorageRecords
    credentials: Credentials
    clock: Clock
    random: Random
    log: Log
    /** We have written: our other devices are to read. */
    written: () => Promise<void>
  }) {
    this.#db = parts.db
    this.#server = parts.server
    this.#records = parts.records
    this.#credentials = parts.credentials
    this.#clock = parts.clock
    this.#random = parts.random
    this.#log = parts.log
    this.#written = parts.written
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#running
  }

  /** Reads (a primary: and writes) what is due. Never throws; what could not be done stays due. */
  async sync(): Promise<void> {
    if (this.#stopping.signal.aborted) return
    if (this.#running !== undefined) {
      this.#again = true
      return await this.#running
    }
    this.#running = this.#run().finally(() => {
      this.#running = undefined
    })
    await this.#running
  }

  async #run(): Promise<void> {
    do {
      this.#again = false
      try {
        await this.#syncOnce()
      } catch (error) {
        if (this.#stopping.signal.aborted) return
        this.#log.info({ code: asCauseway(error).code }, 'the storage service waits')
        return
      }
    } while (this.#again && !this.#stopping.signal.aborted)
  }

  async #syncOnce(): Promise<void> {
    const row = await this.#db
      .selectFrom('signal_account')
      .select(['entropy_pool', 'storage_due_at_ms'])
      .executeTakeFirst()
    // A phone that has not told the pool yet will: it was asked.
    if (row === undefined || row.entropy_pool === '' || this.#clock.now() < row.storage_due_at_ms) return
    const storageKey = storageKeyOf(row.entropy_pool)
    const beganMs = this.#clock.now()
    const contents = await this.#read(storageKey)
    if (contents !== undefined) await this.#records.apply(contents.records)
    if (this.#credentials.deviceId === 1 && (await this.#write(storageKey, contents))) {
      await this.#records.settleForgotten(beganMs)
    }
    await this.#db
      .updateTable('signal_account')
      .set({ storage_due_at_ms: this.#clock.now() + rereadAfterMs })
      .where('storage_due_at_ms', '=', row.storage_due_at_ms)
      .execute()
  }

  /** Undefined where nothing was ever written, or nothing that our key opens. */
  async #read(storageKey: Uint8Array): Promise<Contents | undefined> {
    const { status, body } = await this.#server.ask('GET', '/v1/storage/manifest', undefined, this.#stopping.signal)
    if (status === 404) return undefined
    if (status !== 200) throw new Error(`the storage service answered ${status}`)
    let opened: { version: number; manifest: ManifestRecord }
    try {
      const { version = 0, value = new Uint8Array() } = storageManifestCodec.decode(body)
      const manifest = manifestRecordCodec.decode(openStored(manifestKey(storageKey, version), value))
      if (manifest.version !== version) throw new Error('the manifest names another version')
      opened = { version, manifest }
    } catch (cause) {
      this.#log.warn({ cause: String(cause) }, 'the storage manifest cannot be read')
      return undefined
    }
    return { ...opened, records: await this.#readItems(storageKey, opened.manifest) }
  }

  async #readItems(storageKey: Uint8Array, { identifiers = [], recordIkm }: ManifestRecord): Promise<StoredRecord[]> {
    const known: readonly number[] = Object.values(recordTypes)
    const wanted = identifiers
      .slice(0, idsMax)
      .flatMap(({ raw, type }) => (raw === undefined || !known.includes(type ?? 0) ? [] : [raw]))
    const records: StoredRecord[] = []
    for (let from = 0; from < wanted.length; from += idsPerRequest) {
      const readKey = wanted.slice(from, from + idsPerRequest)
      const question = readOperationCodec.encode({ readKey })
      const { status, body } = await this.#server.ask('PUT', '/v1/storage/read', question, this.#stopping.signal)
      if (status !== 200) throw new Error(`the storage service answered ${status}`)
      for (const { key: raw, value } of storageItemsCodec.decode(body).items ?? []) {
        if (raw === undefined || value === undefined) continue
        try {
          const octets = openStored(itemKey(storageKey, recordIkm, raw), value)
          records.push({ raw, octets, record: storageRecordCodec.decode(octets) })
        } catch {
          this.#log.warn({}, 'a record of the storage service cannot be read')
        }
      }
    }
    return records
  }

  /** False when it has to wait for another day. */
  async #write(storageKey: Uint8Array, contents: Contents | undefined): Promise<boolean> {
    let current = contents
    for (let writes = 0; writes < writesMax; writes += 1) {
      if (await this.#writeOnce(storageKey, current)) return true
      current = await this.#read(storageKey)
      if (current !== undefined) await this.#records.apply(current.records)
    }
    this.#log.warn({}, 'other devices keep writing to the storage service; our contacts wait')
    return false
  }

  /** False when somebody else wrote in between. */
  async #writeOnce(storageKey: Uint8Array, contents: Contents | undefined): Promise<boolean> {
    const changes = await this.#records.changes(contents?.records ?? [])
    if (changes.length === 0) return true
    const version = (contents?.version ?? 0) + 1
    const recordIkm = contents === undefined ? this.#random(32) : contents.manifest.recordIkm
    const written = changes.flatMap(({ record, type }) =>
      record === undefined ? [] : [{ raw: this.#random(rawOctets), record, type }],
    )
    const replaced = changes.flatMap(({ replaces }) => (replaces === undefined ? [] : [replaces]))
    const gone = new Set(replaced.map((raw) => Buffer.from(raw).toString('hex')))
    const kept = (contents?.manifest.identifiers ?? []).filter(
      ({ raw }) => raw === undefined || !gone.has(Buffer.from(raw).toString('hex')),
    )
    const manifest = manifestRecordCodec.encode({
      version,
      identifiers: [...kept, ...written.map(({ raw, type }) => ({ raw, type: recordTypes[type] }))],
      sourceDevice: this.#credentials.deviceId,
      ...(recordIkm === undefined ? {} : { recordIkm }),
    })
    const operation = writeOperationCodec.encode({
      manifest: { version, value: this.#seal(manifestKey(storageKey, version), manifest) },
      insertItem: written.map(({ raw, record }) => ({
        key: raw,
        value: this.#seal(itemKey(storageKey, recordIkm, raw), record),
      })),
      deleteKey: replaced,
    })
    const { status } = await this.#server.ask('PUT', '/v1/storage/', operation, this.#stopping.signal)
    if (status === 409) return false
    if (status !== 200) throw new Error(`the storage service answered ${status}`)
    await this.#written()
    return true
  }

  #seal(key: Uint8Array, plaintext: Uint8Array): Buffer {
    return sealStored(key, plaintext, this.#random(nonceOctets))
  }
}
