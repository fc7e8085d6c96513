import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Database as SqlCipher } from '@signalapp/sqlcipher'
import { sql } from 'kysely'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createIds } from '../../../src/domain/ids.ts'
import { closeAttempt, nextConcatReference, openAttempt } from '../../../src/store/attempts.ts'
import { ensureConversation, insertContact } from '../../../src/store/contacts.ts'
import { decodeCursor, encodeCursor } from '../../../src/store/cursor.ts'
import { type Database, openDatabase } from '../../../src/store/database.ts'
import { EventLog } from '../../../src/store/events.ts'
import { InboundPdus } from '../../../src/store/inbound-pdus.ts'
import { readKeyFile } from '../../../src/store/keyfile.ts'
import { listAttempts, listConversations, listMessages } from '../../../src/store/mailbox.ts'
import { insertMessage, nextTimestamp } from '../../../src/store/messages.ts'
import { createToken, listTokens, revokeToken, verifyToken } from '../../../src/store/tokens.ts'
import { freshDatabase } from '../../fresh-database.ts'

const KEY = new Uint8Array(32).fill(9)
let directory: string
let path: string
let db: Database
let nowMs = 1_790_000_000_000
let counter = 0
const clock = () => nowMs
const octets = (count: number) => Uint8Array.from({ length: count }, () => (counter = (counter * 31 + 17) % 256))
const ids = createIds(clock, octets)

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'causeway-store-'))
  path = join(directory, 'causeway.db')
  db = await freshDatabase({ path, key: KEY })
})
afterEach(async () => {
  await db.destroy()
  rmSync(directory, { recursive: true, force: true })
})

async function conversation(e164 = '+15550000101') {
  return db.transaction().execute(async (tx) => {
    const contact = await insertContact(tx, ids, { e164 }, nowMs)
    return ensureConversation(tx, ids, contact.id, nowMs)
  })
}

async function message(conversationId: string, more: object = {}) {
  return db.transaction().execute(async (tx) =>
    insertMessage(tx, {
      id: ids('msg'),
      conversation_id: conversationId,
      direction: 'out',
      text: 'hello',
      state: 'queued',
      valid_until_ms: nowMs + 1000,
      sent_timestamp_ms: await nextTimestamp(tx, nowMs),
      created_at_ms: nowMs,
      updated_at_ms: nowMs,
      ...more,
    }),
  )
}

describe('the schema says the rules', () => {
  const refused = (statement: string) => expect(sql.raw(statement).execute(db)).rejects.toThrow(/constraint/i)

  it('on contacts', async () => {
    await conversation()
    const columns = 'insert into contacts (id, e164, aci, policy, created_at_ms, updated_at_ms) values'
    await refused(`${columns} ('con_1', null, null, null, 0, 0)`)
    await refused(`${columns} ('con_1', '015112345', null, null, 0, 0)`)
    await refused(`${columns} ('con_1', '+15550000101', null, null, 0, 0)`)
    await refused(`${columns} ('con_1', '+15550000102', null, 'sometimes', 0, 0)`)
    await refused(`${columns} ('msg_1', '+15550000102', null, null, 0, 0)`)
  })

  it('on messages: states, directions, and a reason wherever one is due', async () => {
    const { id } = await conversation()
    const outgoing = await message(id)
    await refused(`update messages set state = 'gone'`)
    await refused(`update messages set state = 'received'`)
    await refused(`update messages set state = 'failed'`)
    await refused(`update messages set state = 'held', code = 'x'`)
    await refused(`update messages set valid_until_ms = null`)
    await expect(message(id, { sent_timestamp_ms: outgoing.sent_timestamp_ms })).rejects.toThrow(/unique/i)
    await expect(message('cnv_none')).rejects.toThrow(/foreign/i)
  })

  it('on attempts: one open at a time, and no end without a result', async () => {
    const { id } = await conversation()
    const { id: messageId } = await message(id)
    const attempt = { messageId, leg: 0, transport: 'sms' as const, lane: 'mdm_1', atMs: nowMs }
    const open = (attemptId: string) => db.transaction().execute((tx) => openAttempt(tx, { ...attempt, id: attemptId }))
    const first = ids('try')
    await open(first)
    await expect(open(ids('try'))).rejects.toThrow(/unique/i)
    await refused(`update attempts set ended_at_ms = 1`)
    await db
      .transaction()
      .execute((tx) => closeAttempt(tx, first, { result: 'retry', code: null, detail: 'busy' }, nowMs))
    await open(ids('try'))
    expect((await listAttempts(db, messageId)).map(({ n }) => n)).toEqual([1, 2])
  })
})

describe('at rest', () => {
  it('the file does not open with another key, nor show what is in it', async () => {
    const { id } = await conversation()
    await message(id, { text: 'a very secret sentence' })
    await db.destroy()
    expect(readFileSync(path).toString('latin1')).not.toContain('secret')
    await expect(openDatabase({ path, key: new Uint8Array(32) })).rejects.toMatchObject({ code: 'db-key' })
    db = await openDatabase({ path, key: KEY })
    expect((await listMessages(db, { limit: 1 })).data[0]?.text).toBe('a very secret sentence')
  })

  it('a file of before, with larger pages, opens as it is; a new one has small pages', async () => {
    const pages = async () =>
      (await sql<{ cipher_page_size: string }>`pragma cipher_page_size`.execute(db)).rows[0]?.cipher_page_size
    await db.destroy()
    db = await openDatabase({ path: join(directory, 'new.db'), key: KEY })
    expect(await pages()).toBe('1024')
    await db.destroy()
    const older = join(directory, 'older.db')
    const cipher = new SqlCipher(older)
    cipher.pragma(`key = "x'${Buffer.from(KEY).toString('hex')}'"`)
    cipher.exec('create table of_before (word text)')
    cipher.close()
    db = await openDatabase({ path: older, key: KEY })
    expect(await pages()).toBe('4096')
    const { id } = await conversation()
    await message(id, { text: 'as ever' })
    expect((await listMessages(db, { limit: 1 })).data[0]?.text).toBe('as ever')
    await db.destroy()
    await expect(openDatabase({ path: older, key: new Uint8Array(32) })).rejects.toMatchObject({ code: 'db-key' })
    db = await openDatabase({ path: older, key: KEY })
  })

  it('the key file is made once, for its owner alone, and read again', async () => {
    const file = join(directory, 'secrets', 'db.key')
    const key = await readKeyFile(file, { mayCreate: true })
    expect(key).toHaveLength(32)
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(await readKeyFile(file, { mayCreate: true })).toEqual(key)
    chmodSync(file, 0o644)
    await expect(readKeyFile(file, { mayCreate: true })).rejects.toMatchObject({ code: 'key-file-open' })
  })

  it('a missing key is not made up where there must be one, and a broken one is not replaced', async () => {
    const file = join(directory, 'db.key')
    await expect(readKeyFile(file, { mayCreate: false })).rejects.toMatchObject({ code: 'key-file-missing' })
    writeFileSync(file, 'short\n', { mode: 0o600 })
    await expect(readKeyFile(file, { mayCreate: true })).rejects.toMatchObject({ code: 'key-file-invalid' })
    expect(readFileSync(file, 'utf8')).toBe('short\n')
  })
})

describe('timestamps of our messages', () => {
  it('are strictly increasing, whatever the clock does', async () => {
    const { id } = await conversation()
    const made: number[] = []
    for (const step of [0, 0, -5000, 10, 0, -1]) {
      nowMs += step
      made.push((await message(id)).sent_timestamp_ms)
    }
    expect([...new Set(made)].sort((a, b) => a - b)).toEqual(made)
  })
})

describe('PDUs in the modem’s memory', () => {
  const pdu = (index: number, pduHex: string) => ({
    modemId: 'mdm_1',
    slot: { memory: 'SM', index },
    pduHex,
    receivedAtMs: nowMs,
  })
  const pdus = () => new InboundPdus(db, ids, clock)
  const open = (one: Parameters<InboundPdus['open']>[0]) => pdus().together((unit) => pdus().open(one, unit))

  it('the same octets in the same slot are the same until released, and a new message after', async () => {
    const key = await open(pdu(1, '0A0B'))
    expect(await open(pdu(1, '0a0b'))).toBe(key)
    await pdus().release(pdu(1, '0A0B'))
    expect(await open(pdu(1, '0A0B'))).not.toBe(key)
  })

  it('two slots with the same octets are two messages', async () => {
    expect(await open(pdu(1, '0A0B'))).not.toBe(await open(pdu(2, '0A0B')))
  })

  it('other octets in a slot mean that it was emptied in between', async () => {
    const key = await open(pdu(1, '0A0B'))
    await open(pdu(1, 'FFFF'))
    expect(await open(pdu(1, '0A0B'))).not.toBe(key)
  })

  it('an inventory releases what is gone, of that modem and memory alone', async () => {
    const kept = await open(pdu(1, '01'))
    const gone = await open(pdu(2, '02'))
    const elsewhere = await open({ ...pdu(2, '02'), slot: { memory: 'ME', index: 2 } })
    await pdus().inventory('mdm_1', 'SM', [1])
    expect(await open(pdu(1, '01'))).toBe(kept)
    expect(await open(pdu(2, '02'))).not.toBe(gone)
    expect(await open({ ...pdu(2, '02'), slot: { memory: 'ME', index: 2 } })).toBe(elsewhere)
    await pdus().inventory('mdm_1', 'SM', [])
    expect(await open(pdu(1, '01'))).not.toBe(kept)
  })

  it('handed over directly: the same until acknowledged, or until the network would no longer repeat it', async () => {
    const direct = { ...pdu(0, '0A'), slot: undefined }
    const key = await open(direct)
    expect(await open(direct)).toBe(key)
    await pdus().release(direct)
    const second = await open(direct)
    expect(second).not.toBe(key)
    nowMs += 3_600_001
    expect(await open(direct)).not.toBe(second)
  })
})

describe('concatenation references', () => {
  it('count up for each recipient and wrap at 256', async () => {
    const next = (to: string) => db.transaction().execute((tx) => nextConcatReference(tx, to))
    const first: number[] = []
    for (let index = 0; index < 257; index++) first.push(await next('+15550000101'))
    expect(first.slice(0, 256)).toEqual(Array.from({ length: 256 }, (_, index) => index))
    expect(first[256]).toBe(0)
    expect(await next('+15550000102')).toBe(0)
  })
})

describe('bearer tokens', () => {
  const make = () => createToken(db, { ids, randomOctets: octets, clock }, { name: 'phone', scopes: ['messages:send'] })

  it('open what their scopes say, and the secret is not in the database', async () => {
    const { id, token } = await make()
    expect(await verifyToken(db, token, nowMs)).toMatchObject({ id, scopes: ['messages:send'] })
    const secret = token.split('_').slice(2).join('_')
    expect(JSON.stringify(await db.selectFrom('tokens').selectAll().execute())).not.toContain(secret)
  })

  it('do not open with another secret, another id, a form that is none, or once revoked', async () => {
    const { id, token } = await make()
    const last = token.endsWith('A') ? 'B' : 'A'
    for (const wrong of [`${token.slice(0, -1)}${last}`, token.replace(/_0/, '_1'), '', 'cw__', `${token}x`]) {
      expect(await verifyToken(db, wrong, nowMs)).toBeUndefined()
    }
    expect(await revokeToken(db, id, nowMs)).toBe(true)
    expect(await revokeToken(db, id, nowMs)).toBe(false)
    expect(await verifyToken(db, token, nowMs)).toBeUndefined()
    expect(await listTokens(db)).toMatchObject([{ id, revokedAtMs: nowMs }])
  })
})

describe('pages', () => {
  it('give every row once, in order, also among rows of the same millisecond, forwards and backwards', async () => {
    const { id } = await conversation()
    const made: string[] = []
    for (let index = 0; index < 23; index++) {
      if (index % 4 === 0) nowMs += 1
      made.push((await message(id)).id)
    }
    for (const order of ['newest', 'oldest'] as const) {
      const seen: string[] = []
      for (let cursor: string | undefined; ; ) {
        const page = await listMessages(db, { limit: 5, cursor, order })
        seen.push(...page.data.map((row) => row.id))
        cursor = page.nextCursor
        if (cursor === undefined) break
      }
      expect(seen).toEqual(order === 'oldest' ? made : [...made].reverse())
    }
  })

  it('conversations come by their newest message', async () => {
    for (const e164 of ['+15550000101', '+15550000102', '+15550000103']) {
      nowMs += 10
      await conversation(e164)
    }
    const first = await listConversations(db, { limit: 2 })
    expect(first.data.map(({ contact }) => contact?.e164)).toEqual(['+15550000103', '+15550000102'])
    const second = await listConversations(db, { limit: 2, cursor: first.nextCursor })
    expect(second.data.map(({ contact }) => contact?.e164)).toEqual(['+15550000101'])
    expect(second.nextCursor).toBeUndefined()
  })

  it('a cursor that is not ours is refused', () => {
    expect(decodeCursor(encodeCursor({ ms: 12, id: 'msg_1' }))).toEqual({ ms: 12, id: 'msg_1' })
    for (const wrong of [
      '',
      'x',
      Buffer.from('12.').toString('base64url'),
      Buffer.from("1.' or 1").toString('base64url'),
    ]) {
      expect(() => decodeCursor(wrong)).toThrow(expect.objectContaining({ code: 'invalid-cursor' }))
    }
  })
})

describe('the event log', () => {
  it('numbers only grow, also after pruning and reopening; a rolled back event was never there', async () => {
    const events = new EventLog(db, clock)
    await events.record({ type: 'one' })
    await expect(
      db.transaction().execute(async (tx) => {
        await events.append(tx, { type: 'never' })
        throw new Error('back')
      }),
    ).rejects.toThrow('back')
    await events.record({ type: 'two' })
    const last = await events.latest()
    nowMs += 31 * 86_400_000
    await events.prune()
    expect(await events.since(0, 10)).toEqual([])
    await db.destroy()
    db = await openDatabase({ path, key: KEY })
    const reopened = new EventLog(db, clock)
    await reopened.record({ type: 'three' })
    const rows = await reopened.since(0, 10)
    expect(rows.map(({ type }) => type)).toEqual(['three'])
    expect(rows[0]?.id).toBeGreaterThan(last)
    expect(await reopened.since(rows[0]?.id ?? 0, 10)).toEqual([])
  })
})
