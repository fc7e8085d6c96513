import { rmSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Database, type DatabaseTransaction, openDatabase, undoneAlone } from '../../../src/store/database.ts'
import { listed, prepared, preparedByShape, remembered } from '../../../src/store/prepared.ts'

let directory: string
let db: Database

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'causeway-prepared-'))
  db = await openDatabase({ path: join(directory, 'db'), key: new Uint8Array(32).fill(1) })
})

afterEach(async () => {
  await db.destroy()
  rmSync(directory, { recursive: true, force: true })
})

const contact = { created_at_ms: 1, updated_at_ms: 2 }

describe('a prepared query', () => {
  it('is built once and bound anew each time, constants beside values', async () => {
    let built = 0
    const put = preparedByShape((on, values: { id: string; e164?: string | undefined; sender?: string }) => {
      built += 1
      return on.insertInto('contacts').values({ ...values, ...contact, policy: 'ask' })
    })
    await put(db, { id: 'con_1', e164: '+4915550001' })
    await put(db, { id: 'con_2', e164: '+4915550002' })
    await put(db, { id: 'con_3', sender: 'BANK', e164: undefined })
    expect(built).toBe(2)
    const asking = prepared((on, $: { ids: string; before: number }) =>
      on
        .selectFrom('contacts')
        .select(['id', 'e164', 'sender', 'policy'])
        .where('id', 'in', listed($.ids))
        .where('policy', '=', 'ask')
        .where('created_at_ms', '<', $.before)
        .orderBy('id'),
    )
    expect(await asking(db, { ids: '["con_1","con_3","con_9"]', before: 2 })).toEqual([
      { id: 'con_1', e164: '+4915550001', sender: null, policy: 'ask' },
      { id: 'con_3', e164: null, sender: 'BANK', policy: 'ask' },
    ])
    expect(await asking(db, { ids: '["con_1"]', before: 1 })).toEqual([])
  })

  it('is refused in a transaction that is over, also while another one is open', async () => {
    const put = prepared((on, $: { id: string }) =>
      on.insertInto('contacts').values({ id: $.id, sender: $.id, ...contact }),
    )
    let over: DatabaseTransaction | undefined
    await db.transaction().execute(async (tx) => {
      await put(tx, { id: 'con_1' })
      await put(tx, { id: 'con_2' })
      over = tx
    })
    await db.transaction().execute(async (tx) => {
      await put(tx, { id: 'con_3' })
      if (over !== undefined)
        await expect(put(over, { id: 'con_4' })).rejects.toThrow('Transaction is already committed')
    })
    expect(await db.selectFrom('contacts').select('id').orderBy('id').execute()).toEqual(
      ['con_1', 'con_2', 'con_3'].map((id) => ({ id })),
    )
  })

  it('is undone alone where its work throws, in the middle of a transaction', async () => {
    const put = prepared((on, $: { id: string }) =>
      on.insertInto('contacts').values({ id: $.id, sender: $.id, ...contact }),
    )
    await db.transaction().execute(async (tx) => {
      await undoneAlone(tx, () => put(tx, { id: 'con_1' }))
      const failing = undoneAlone(tx, async () => {
        await put(tx, { id: 'con_2' })
        throw new Error('no')
      })
      await expect(failing).rejects.toThrow('no')
      await put(tx, { id: 'con_3' })
    })
    expect(await db.selectFrom('contacts').select('id').orderBy('id').execute()).toEqual(
      ['con_1', 'con_3'].map((id) => ({ id })),
    )
  })

  it('belongs to the transaction that it is run in', async () => {
    const put = prepared((on, $: { id: string }) =>
      on.insertInto('contacts').values({ id: $.id, e164: '+1', ...contact }),
    )
    const all = prepared((on) => on.selectFrom('contacts').select('id'))
    await expect(
      db.transaction().execute(async (tx) => {
        await put(tx, { id: 'con_1' })
        expect(await all(tx, {})).toHaveLength(1)
        throw new Error('back')
      }),
    ).rejects.toThrow('back')
    expect(await all(db, {})).toEqual([])
  })

  it('is not run again in a transaction where it is remembered, until something is written to its table', async () => {
    const put = prepared((on, $: { id: string; e164: string }) =>
      on.insertInto('contacts').values({ id: $.id, e164: $.e164, ...contact }),
    )
    const named = remembered('contacts', (on, $: { e164: string }) =>
      on.selectFrom('contacts').selectAll().where('e164', '=', $.e164),
    )
    await put(db, { id: 'con_1', e164: '+1' })
    await db.transaction().execute(async (tx) => {
      // The first statement of a transaction goes another way.
      await named(tx, { e164: '+9' })
      const rows = await named(tx, { e164: '+1' })
      expect(rows).toMatchObject([{ id: 'con_1', name: null }])
      expect(await named(tx, { e164: '+1' })).toBe(rows)
      expect(await named(tx, { e164: '+2' })).toEqual([])
      await tx.insertInto('settings').values({ key: 'k', value_json: '1' }).execute()
      expect(await named(tx, { e164: '+1' })).toBe(rows)
      await tx.updateTable('contacts').set({ name: 'Ana' }).where('id', '=', 'con_1').execute()
      expect(await named(tx, { e164: '+1' })).toMatchObject([{ name: 'Ana' }])
      await put(tx, { id: 'con_2', e164: '+2' })
      expect(await named(tx, { e164: '+2' })).toMatchObject([{ id: 'con_2' }])
      const undone = undoneAlone(tx, async () => {
        await put(tx, { id: 'con_3', e164: '+3' })
        expect(await named(tx, { e164: '+3' })).toHaveLength(1)
        throw new Error('no')
      })
      await expect(undone).rejects.toThrow('no')
      expect(await named(tx, { e164: '+3' })).toEqual([])
      await tx.deleteFrom('contacts').where('id', '=', 'con_2').execute()
      expect(await named(tx, { e164: '+2' })).toEqual([])
    })
    await db.updateTable('contacts').set({ name: 'Bea' }).where('id', '=', 'con_1').execute()
    expect(await named(db, { e164: '+1' })).toMatchObject([{ name: 'Bea' }])
    await db.transaction().execute(async (tx) => {
      await named(tx, { e164: '+9' })
      expect(await named(tx, { e164: '+1' })).toMatchObject([{ name: 'Bea' }])
    })
  })

  it('tells an absent column from one that is null', async () => {
    await db
      .insertInto('contacts')
      .values({ id: 'con_1', e164: '+1', name: 'Ana', ...contact })
      .execute()
    const change = preparedByShape(
      (on, { id, ...values }: { id: string; name?: string | null | undefined; verified?: number }) =>
        on.updateTable('contacts').set(values).where('id', '=', id).returning(['name', 'verified']),
    )
    expect(await change(db, { id: 'con_1', name: undefined, verified: 1 })).toEqual([{ name: 'Ana', verified: 1 }])
    expect(await change(db, { id: 'con_1', name: null })).toEqual([{ name: null, verified: 1 }])
  })
})

describe('the way of a text that comes', () => {
  it('asks its conversation through indexes, however long that is', async () => {
    const plan = async (sql: string) => {
      const { sql: raw } = await import('kysely')
      const { rows } = await raw.raw<{ detail: string }>(`explain query plan ${sql}`).execute(db)
      return rows.map(({ detail }) => detail).join('; ')
    }
    expect(
      await plan(`select * from messages where conversation_id = 'c' and direction = 'in' and twin_transport is null
        and transport in ('sms', 'mms') and sent_timestamp_ms >= 1 and sent_timestamp_ms <= 2
        order by sent_timestamp_ms desc limit 50`),
    ).toMatch(
      /messages_inbound \(conversation_id=\? AND transport=\? AND sent_timestamp_ms>\? AND sent_timestamp_ms<\?\)/,
    )
    expect(
      await plan(`select * from messages where conversation_id = 'c' and direction = 'out' and
        (transport = 'signal' or fallback_from = 'signal') and sent_at_ms is not null
        order by created_at_ms desc, id desc limit 1`),
    ).toMatch(/messages_over_signal \(conversation_id=\?\)$/)
  })
})
