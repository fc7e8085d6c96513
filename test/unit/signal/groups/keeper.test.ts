/** What is kept of a group: how often it is asked for when we are out of it, and what is told of it. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ServerSecretParams } from '@signalapp/libsignal-client/dist/zkgroup/index.js'
import { expect, test } from 'vitest'
import { signalError } from '../../../../src/signal/errors.ts'
import { GroupCipher } from '../../../../src/signal/groups/cipher.ts'
import { GroupFetching } from '../../../../src/signal/groups/fetching.ts'
import { GroupKeeper } from '../../../../src/signal/groups/keeper.ts'
import { findGroup } from '../../../../src/signal/groups/known.ts'
import { readGroup } from '../../../../src/signal/groups/state.ts'
import { actionsCodec, changedCodec } from '../../../../src/signal/proto/groups.ts'
import type { DatabaseTransaction } from '../../../../src/store/database.ts'
import { freshDatabase } from '../../../fresh-database.ts'

const hourMs = 3600_000
const masterKey = new Uint8Array(32).fill(2)
const { id } = new GroupCipher(masterKey)

test('a group that we are out of is asked for eight times, then only when there is news of it', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'causeway-keeper-'))
  const db = await freshDatabase({ path: join(directory, 'test.db'), key: new Uint8Array(32).fill(7) })
  try {
    let now = 1_790_000_000_000
    const asked: number[] = []
    const secret = ServerSecretParams.generate()
    const none = undefined as never
    const server = {
      get: () => {
        asked.push(now)
        return Promise.reject(signalError('group-forbidden'))
      },
    }
    const clock = { now: () => now, wait: async () => {} }
    const log = { debug() {}, info() {}, warn() {}, error() {} }
    const keeper = new GroupKeeper({
      db,
      params: secret.getPublicParams(),
      credentials: none,
      sink: none,
      clock,
      log,
    })
    const fetching = new GroupFetching({ db, server: server as never, keeper, own: '', sink: none, clock, log })
    const state = { ...readGroup({}, new GroupCipher(masterKey)), revision: 3 }
    const row = { id, master_key: masterKey, created_at_ms: now, state_json: JSON.stringify(state) }
    await db
      .insertInto('signal_groups')
      .values({ ...row, revision: 3, standing: 'out' })
      .execute()
    /** A message names the group; of one whose author we do not know the desk marks it as due, too. */
    const comes = async (revision: number, groupChange?: Uint8Array) => {
      await db.transaction().execute(async (tx) => {
        const group = await keeper.note({ masterKey, revision, ...(groupChange ? { groupChange } : {}) }, tx)
        if (group?.isDue === false) await keeper.markDue(id, tx)
      })
      await fetching.fetchDue()
    }
    // Somebody writes every minute for three hours.
    for (let minute = 0; minute < 180; minute += 1) {
      await comes(4)
      now += 60_000
    }
    expect(asked).toHaveLength(8)
    const waitsS = asked.slice(1).map((at, index) => (at - (asked[index] ?? 0)) / 1000)
    expect(waitsS).toEqual([60, 60, 120, 240, 480, 960, 1920])
    now += 30 * 24 * hourMs
    await comes(3)
    await fetching.fetchDue()
    expect(asked).toHaveLength(8)

    await comes(5)
    expect(asked).toHaveLength(9)
    await comes(5)
    now += 24 * hourMs
    await fetching.fetchDue()
    expect(asked).toHaveLength(9)

    const change = (by: ServerSecretParams) => {
      const octets = actionsCodec.encode({ groupId: Buffer.from(id, 'base64'), version: 5 })
      const serverSignature = by.sign(octets).serialize()
      return changedCodec.encode({ actions: octets, serverSignature })
    }
    await comes(5, change(ServerSecretParams.generate()))
    expect(asked).toHaveLength(9)
    await comes(5, change(secret))
    expect(asked).toHaveLength(10)
  } finally {
    await db.destroy()
    rmSync(directory, { recursive: true, force: true })
  }
})

test('that it was put away is told when another device has just said so, or with the first that is known of it', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'causeway-keeper-'))
  const db = await freshDatabase({ path: join(directory, 'test.db'), key: new Uint8Array(32).fill(7) })
  try {
    const told: (boolean | undefined)[] = []
    const clock = { now: () => 1_790_000_000_000, wait: async () => {} }
    const own = '11111111-1111-4111-8111-111111111111'
    const keeper = new GroupKeeper({
      db,
      params: ServerSecretParams.generate().getPublicParams(),
      credentials: { aci: own, pni: own, deviceId: 2 } as never,
      sink: { group: async ({ archived }: { archived: boolean | undefined }) => void told.push(archived) } as never,
      clock,
      log: { debug() {}, info() {}, warn() {}, error() {} },
    })
    const within = <T>(act: (tx: DatabaseTransaction) => Promise<T>) => db.transaction().execute(act)
    const listed = (archived: boolean) =>
      within((tx) => keeper.listed({ masterKey, blocked: false, archived, whitelisted: false }, tx))
    const fetched = async (revision: number) => {
      const state = { ...readGroup({}, new GroupCipher(masterKey)), revision }
      await within(async (transaction) => {
        const group = await findGroup(transaction, id)
        if (group === undefined) throw new Error('unknown')
        await keeper.save(group, [{ state, items: [], by: undefined }], { transaction })
      })
    }
    await listed(true)
    expect(told).toEqual([])
    await fetched(1)
    expect(told).toEqual([true])
    await fetched(2)
    await listed(true)
    await listed(false)
    expect(told).toEqual([true, undefined, false])
  } finally {
    await db.destroy()
    rmSync(directory, { recursive: true, force: true })
  }
})
