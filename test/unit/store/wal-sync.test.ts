import { closeSync, fstatSync, mkdtempSync, openSync, rmSync, statSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type Database, openDatabase, withoutWaiting } from '../../../src/store/database.ts'
import { WalSync } from '../../../src/store/wal-sync.ts'

/** A disk whose syncs end when the test says so. */
class Disk {
  readonly begun: { end: () => void; fail: (error: Error) => void }[] = []
  readonly sync = () =>
    new Promise<void>((end, fail) => {
      this.begun.push({ end, fail })
    })
}

async function settled(promise: Promise<unknown>): Promise<boolean> {
  let is = false
  promise.then(
    () => {
      is = true
    },
    () => {
      is = true
    },
  )
  for (let i = 0; i < 20; i++) await Promise.resolve()
  return is
}

describe('commits share their syncs', () => {
  it('the first begins one at once; those that come meanwhile wait for the next, together', async () => {
    const disk = new Disk()
    const wal = new WalSync(disk.sync, () => {})
    const first = wal.synced()
    const second = wal.synced()
    const third = wal.synced()
    expect(disk.begun).toHaveLength(1)
    disk.begun[0]?.end()
    await first
    expect(await settled(second)).toBe(false)
    expect(disk.begun).toHaveLength(2)
    disk.begun[1]?.end()
    await Promise.all([second, third])
    expect(disk.begun).toHaveLength(2)
  })

  it('what nobody waits for shares the sync of whoever waits next, and comes by itself where nobody does', async () => {
    vi.useFakeTimers()
    try {
      const disk = new Disk()
      const wal = new WalSync(disk.sync, () => {})
      wal.soon()
      wal.soon()
      expect(disk.begun).toHaveLength(0)
      const waited = wal.synced()
      disk.begun[0]?.end()
      await waited
      await vi.advanceTimersByTimeAsync(1_000)
      expect(disk.begun).toHaveLength(1)
      wal.soon()
      await vi.advanceTimersByTimeAsync(1_000)
      expect(disk.begun).toHaveLength(2)
      // That one has begun: what comes now is not covered by it.
      wal.soon()
      await vi.advanceTimersByTimeAsync(1_000)
      disk.begun[1]?.end()
      await vi.advanceTimersByTimeAsync(0)
      expect(disk.begun).toHaveLength(3)
      disk.begun[2]?.end()
    } finally {
      vi.useRealTimers()
    }
  })

  it('the end waits for what nobody has waited for', async () => {
    const disk = new Disk()
    const wal = new WalSync(disk.sync, () => {})
    wal.soon()
    const idle = wal.idle()
    expect(disk.begun).toHaveLength(1)
    expect(await settled(idle)).toBe(false)
    disk.begun[0]?.end()
    await idle
  })

  it('one that comes during the second waits for a third', async () => {
    const disk = new Disk()
    const wal = new WalSync(disk.sync, () => {})
    const first = wal.synced()
    const second = wal.synced()
    disk.begun[0]?.end()
    await first
    await settled(second)
    const third = wal.synced()
    disk.begun[1]?.end()
    await second
    expect(await settled(third)).toBe(false)
    disk.begun[2]?.end()
    await third
  })

  it('a sync that failed fails all that wait, and all that come after: nothing more can be promised', async () => {
    const disk = new Disk()
    const told: string[] = []
    const wal = new WalSync(disk.sync, ({ code }) => told.push(code))
    const first = wal.synced()
    const second = wal.synced()
    disk.begun[0]?.fail(new Error('EIO'))
    for (const waiting of [first, second, wal.synced()]) {
      await expect(waiting).rejects.toMatchObject({ code: 'db-sync', retry: 'after-human' })
    }
    expect(disk.begun).toHaveLength(1)
    expect(told).toEqual(['db-sync'])
  })
})

describe('the database', () => {
  let directory: string
  let db: Database
  const path = () => join(directory, 'causeway.db')

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'causeway-wal-'))
    db = await openDatabase({ path: path(), key: new Uint8Array(32).fill(7) })
  })

  afterEach(async () => {
    await db.destroy()
    rmSync(directory, { recursive: true })
  })

  const put = (on: Database, key: string) =>
    on.transaction().execute((tx) => tx.replaceInto('settings').values({ key, value_json: '1' }).execute())

  it('what two faces of it write is one: both see it, in order', async () => {
    await Promise.all(Array.from({ length: 40 }, (_, i) => put(i % 2 === 0 ? db : withoutWaiting(db), `k${i}`)))
    const rows = await db.selectFrom('settings').select('key').execute()
    expect(rows).toHaveLength(40)
    expect(await withoutWaiting(db).selectFrom('settings').select('key').execute()).toHaveLength(40)
  })

  it('a transaction that throws writes nothing, and holds up nobody', async () => {
    const failing = withoutWaiting(db)
      .transaction()
      .execute(async (tx) => {
        await tx.replaceInto('settings').values({ key: 'a', value_json: '1' }).execute()
        throw new Error('changed its mind')
      })
    await expect(failing).rejects.toThrow('changed its mind')
    await put(db, 'b')
    expect(await db.selectFrom('settings').select('key').execute()).toEqual([{ key: 'b' }])
  })

  it('the log that is synced is the log that is written, also after it has begun anew', async () => {
    const log = openSync(`${path()}-wal`, 'r')
    try {
      const before = fstatSync(log).ino
      const value = JSON.stringify('x'.repeat(3_000))
      for (let i = 0; i < 2_500; i++) {
        await withoutWaiting(db)
          .replaceInto('settings')
          .values({ key: `k${i}`, value_json: value })
          .execute()
      }
      const { ino, size } = statSync(`${path()}-wal`)
      expect(ino).toBe(before)
      // It has been put into the database file at least once, else it would hold all of it.
      expect(statSync(path()).size).toBeGreaterThan(4_000_000)
      expect(size).toBeLessThan(40_000_000)
    } finally {
      closeSync(log)
    }
  })

  it('a commit resolves after its sync, one that does not wait before; many share a few', async () => {
    const probe = await open(path(), 'r')
    const disk = new Disk()
    const datasync = vi.spyOn(Object.getPrototypeOf(probe), 'datasync').mockImplementation(disk.sync)
    try {
      const first = put(db, 'first')
      await put(withoutWaiting(db), 'hasty')
      const others = Array.from({ length: 20 }, (_, i) => put(db, `k${i}`))
      await vi.waitFor(async () => {
        expect(await withoutWaiting(db).selectFrom('settings').select('key').execute()).toHaveLength(22)
      })
      expect(await settled(first)).toBe(false)
      disk.begun[0]?.end()
      await first
      expect(await settled(Promise.any(others))).toBe(false)
      disk.begun[1]?.end()
      await Promise.all(others)
      expect(disk.begun).toHaveLength(2)
    } finally {
      datasync.mockRestore()
      await probe.close()
    }
  })

  it('reading waits for no disk', async () => {
    const probe = await open(path(), 'r')
    const datasync = vi.spyOn(Object.getPrototypeOf(probe), 'datasync')
    try {
      await db.selectFrom('settings').selectAll().execute()
      await db.transaction().execute((tx) => tx.selectFrom('settings').selectAll().execute())
      expect(datasync).not.toHaveBeenCalled()
    } finally {
      datasync.mockRestore()
      await probe.close()
    }
  })
})
