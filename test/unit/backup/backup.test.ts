/** A backup: consistent under traffic, opened by its recovery key only, and whole or refused. Real SQLCipher. */
import { randomBytes } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ENVELOPE_BYTES, lockOf, seal } from '../../../src/backup/envelope.ts'
import { listBackups, pruneBackups, sweepPartials, writeBackup } from '../../../src/backup/folder.ts'
import { openBackup, verifyBackup } from '../../../src/backup/open.ts'
import { newRecoveryKey } from '../../../src/backup/recovery-key.ts'
import { restoreBackup } from '../../../src/backup/restore.ts'
import { SEALED_CHUNK_BYTES } from '../../../src/store/blob-cipher.ts'
import { openDatabase } from '../../../src/store/database.ts'
import { type Appliance, appliance, databaseKey } from './rig.ts'

let box: Appliance
/** A backup of it with a file of several chunks, not to be changed. */
let whole: Buffer
beforeAll(async () => {
  box = await appliance()
  box.storedFile(randomBytes(200_000))
  whole = readFileSync(await box.backup(1_700_000_000_000))
})
afterAll(() => box.stop())

/** The path of a file with these octets. */
function file(...parts: Uint8Array[]): string {
  const path = join(box.directory, 'given.cwbackup')
  writeFileSync(path, Buffer.concat(parts))
  return path
}

const restoreTo = (name: string, path: string, takeover = false) =>
  restoreBackup({
    path,
    recoveryKey: box.recoveryKey,
    target: box.target(name),
    takeover,
    clock: () => Date.now(),
  })

const verify = async (path: string, key = box.recoveryKey) => verifyBackup(await openBackup(path, key))

describe('a backup', () => {
  test('holds one state of the database while others write, and what that state names', async () => {
    let stop = false
    let last = 0
    // Two rows a transaction: a copy in the middle of one would show an odd number.
    const traffic = (async () => {
      while (!stop) {
        last += 1
        await box.db.transaction().execute(async (tx) => {
          for (const half of ['a', 'b']) {
            await tx
              .insertInto('settings')
              .values({ key: `t${last}${half}`, value_json: JSON.stringify('x'.repeat(500)) })
              .execute()
          }
        })
      }
    })()
    const content = randomBytes(200_000)
    const id = box.storedFile(content)
    const before = last
    const path = await box.backup()
    stop = true
    await traffic
    expect(last).toBeGreaterThan(before)
    await restoreTo('new', path)
    const target = box.target('new')
    const copy = await openDatabase({ path: join(target.dataDir, 'causeway.db'), key: databaseKey })
    const rows = await copy.selectFrom('settings').select('key').where('key', 'like', 't%').execute()
    await copy.destroy()
    expect(rows.length).toBeGreaterThanOrEqual(2 * before)
    expect(rows.length % 2).toBe(0)
    const numbers = rows.map(({ key }) => Number(key.slice(1, -1)))
    expect(Math.max(0, ...numbers) * 2).toBe(rows.length)
    expect(readFileSync(join(target.dataDir, 'files', id)).equals(content)).toBe(true)
    expect(readFileSync(target.keyFile, 'utf8').trim()).toBe(Buffer.from(databaseKey).toString('hex'))
    expect(statSync(target.keyFile).mode & 0o077).toBe(0)
    expect(readFileSync(join(target.dataDir, 'causeway.restored.yaml'), 'utf8')).toBe('region: GB\n')
    expect(readdirSync(target.dataDir)).not.toContain('.restoring')
  })

  test('says what is in it, and shows nothing of it without its key', async () => {
    const path = file(whole)
    const { manifest, files, filesBytes, hasConfig } = await verify(path)
    expect([manifest.takenAtMs, files, filesBytes, hasConfig]).toEqual([1_700_000_000_000, 1, 200_000, true])
    for (const plain of ['region', 'manifest', 'SQLite', Buffer.from(databaseKey)])
      expect(whole.includes(plain)).toBe(false)
    await expect(verify(path, newRecoveryKey(randomBytes))).rejects.toMatchObject({ code: 'backup-wrong-key' })
  })

  test('that was cut anywhere is refused', async () => {
    const chunkEnd = ENVELOPE_BYTES + SEALED_CHUNK_BYTES
    for (const length of [ENVELOPE_BYTES, ENVELOPE_BYTES + 5, chunkEnd - 1, chunkEnd, chunkEnd + 1, whole.length - 1]) {
      await expect(verify(file(whole.subarray(0, length)))).rejects.toMatchObject({
        code: 'backup-damaged',
        message: /end is missing/,
      })
    }
    await expect(verify(file(whole.subarray(0, ENVELOPE_BYTES - 1)))).rejects.toMatchObject({ code: 'backup-damaged' })
    await expect(verify(file())).rejects.toMatchObject({ code: 'backup-not-one' })
  })

  test('with one bit turned is refused, and a bit of its head is not told as a wrong key', async () => {
    const places = [9, 20, 40, 80, 100, ENVELOPE_BYTES, ENVELOPE_BYTES + SEALED_CHUNK_BYTES + 7, whole.length - 1]
    for (const at of places) {
      const turned = Buffer.from(whole)
      turned.writeUInt8(turned.readUInt8(at) ^ 4, at)
      await expect(verify(file(turned))).rejects.toMatchObject({ code: 'backup-damaged' })
    }
    const other = Buffer.from(whole)
    other.writeUInt8(7, 8)
    await expect(verify(file(other))).rejects.toMatchObject({ code: 'backup-version' })
  })

  test('with two chunks exchanged, or one of them twice, or something behind its end is refused', async () => {
    const chunk = (n: number) =>
      whole.subarray(ENVELOPE_BYTES + n * SEALED_CHUNK_BYTES, ENVELOPE_BYTES + (n + 1) * SEALED_CHUNK_BYTES)
    const rest = whole.subarray(ENVELOPE_BYTES + 2 * SEALED_CHUNK_BYTES)
    const head = whole.subarray(0, ENVELOPE_BYTES)
    const wrong = [
      [head, chunk(1), chunk(0), rest],
      [head, chunk(0), chunk(0), chunk(1), rest],
      [head, chunk(0), rest],
      [whole, Buffer.alloc(1)],
      [whole, chunk(0)],
    ]
    for (const parts of wrong) {
      await expect(verify(file(...parts))).rejects.toMatchObject({ code: 'backup-damaged' })
    }
  })

  test('that is damaged writes nothing where it should be restored', async () => {
    const turned = Buffer.from(whole)
    turned.writeUInt8(turned.readUInt8(turned.length - 1) ^ 1, turned.length - 1)
    await expect(restoreTo('nowhere', file(turned))).rejects.toMatchObject({ code: 'backup-damaged' })
    expect(existsSync(box.target('nowhere').dataDir)).toBe(false)
  })
})

describe('restoring', () => {
  test('overwrites no database and no key', async () => {
    const path = file(whole)
    await expect(restoreTo('old', path)).rejects.toMatchObject({ code: 'restore-not-empty' })
    await restoreTo('second', path)
    await expect(restoreTo('second', path)).rejects.toMatchObject({ code: 'restore-not-empty' })
    const keyFile = join(box.directory, 'other.key')
    writeFileSync(keyFile, `${'ab'.repeat(32)}\n`)
    const target = { ...box.target('third'), keyFile }
    const options = { path, recoveryKey: box.recoveryKey, target, takeover: false, clock: Date.now }
    await expect(restoreBackup(options)).rejects.toMatchObject({ code: 'restore-key-file' })
    expect(readFileSync(keyFile, 'utf8')).toBe(`${'ab'.repeat(32)}\n`)
    expect(existsSync(join(target.dataDir, 'causeway.db'))).toBe(false)
  })

  test('of a Signal account wants the word that the other copy will not run', async () => {
    const path = await box.backup(Date.now(), '+15550000101')
    await expect(restoreTo('fourth', path)).rejects.toMatchObject({ code: 'restore-second-copy' })
    expect(existsSync(box.target('fourth').dataDir)).toBe(false)
    expect((await restoreTo('fourth', path, true)).manifest.account).toBe('+15550000101')
  })

  test('holds what had not left, and lets nothing follow what had', async () => {
    const waiting = [await box.message('scheduled'), await box.message('queued'), await box.message('sending')]
    const gone = await box.message('sent', { due_at_ms: Date.now() + 900_000 })
    const done = await box.message('delivered')
    await box.db.insertInto('events').values({ at_ms: 1, type: 'message.sent', data_json: '{}' }).execute()
    const path = await box.backup()
    expect((await restoreTo('later', path)).held).toBe(3)
    const copy = await openDatabase({ path: join(box.target('later').dataDir, 'causeway.db'), key: databaseKey })
    const rows = await copy.selectFrom('messages').select(['id', 'state', 'code', 'due_at_ms']).execute()
    const state = (id: string) => rows.find((row) => row.id === id)
    for (const id of waiting) expect(state(id)).toMatchObject({ state: 'held', code: 'restored-from-backup' })
    expect(state(gone)).toMatchObject({ state: 'sent', due_at_ms: null })
    expect(state(done)).toMatchObject({ state: 'delivered' })
    const [next] = await copy
      .insertInto('events')
      .values({ at_ms: 2, type: 'x', data_json: '{}' })
      .returning('id')
      .execute()
    expect(next?.id).toBeGreaterThan(1_000_000)
    expect(await copy.selectFrom('restorations').select('held').execute()).toEqual([{ held: 3 }])
    await copy.destroy()
  })
})

describe('the folder', () => {
  test('lists only what is whole, and keeps the newest', async () => {
    const folder = join(box.directory, 'folder')
    const lock = await lockOf(box.recoveryKey, randomBytes)
    for (const takenAtMs of [1_700_000_000_000, 1_700_000_000_000, 1_700_086_400_000]) {
      await writeBackup(folder, takenAtMs, async (written) => {
        await written.write(seal(lock, takenAtMs).envelope.octets)
      })
    }
    writeFileSync(join(folder, 'notes.txt'), 'mine')
    writeFileSync(join(folder, 'causeway-20200101T000000Z.cwbackup'), 'not one')
    writeFileSync(join(folder, '.causeway-20200101T000000Z-1.partial'), 'half')
    const listed = await listBackups(folder)
    expect(listed.map(({ name }) => name)).toEqual([
      'causeway-20231115T221320Z.cwbackup',
      'causeway-20231114T221320Z.cwbackup',
      'causeway-20231114T221320Z-2.cwbackup',
    ])
    expect(await pruneBackups(folder, 2)).toEqual(['causeway-20231114T221320Z-2.cwbackup'])
    await sweepPartials(folder)
    expect(readdirSync(folder).sort()).toEqual([
      'causeway-20200101T000000Z.cwbackup',
      'causeway-20231114T221320Z.cwbackup',
      'causeway-20231115T221320Z.cwbackup',
      'notes.txt',
    ])
  })

  test('has nothing of a backup that failed', async () => {
    const folder = join(box.directory, 'empty')
    const failing = writeBackup(folder, Date.now(), async (file) => {
      await file.write(Buffer.from('half'))
      throw new Error('the disk is gone')
    })
    await expect(failing).rejects.toThrow('the disk is gone')
    expect(readdirSync(folder)).toEqual([])
    writeFileSync(join(box.directory, 'a-file'), '')
    const nowhere = writeBackup(join(box.directory, 'a-file', 'x'), Date.now(), async () => undefined)
    await expect(nowhere).rejects.toMatchObject({ code: 'backup-folder' })
  })
})
