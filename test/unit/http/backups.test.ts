/** Backups over the API, made of the rig's own encrypted database. */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openBackup, verifyBackup } from '../../../src/backup/open.ts'
import { parseRecoveryKey } from '../../../src/backup/recovery-key.ts'
import { type Answer, present } from './answer.ts'
import { type Rig, startRig } from './rig.ts'

let rig: Rig
let key = ''
beforeAll(async () => {
  rig = await startRig()
})
afterAll(() => rig.stop())

const call = (method: string, path = '', json?: unknown, headers: Record<string, string> = {}) =>
  rig.call(method, `/api/v1/system/backup${path}`, { local: true, headers, ...(json === undefined ? {} : { json }) })

async function ended(id: string): Promise<Answer['runs'][number]> {
  for (;;) {
    const { body } = await call('GET')
    const run = present(body.runs.find((each) => each.id === id))
    if (run.state !== 'running') return run
    await sleep(50)
  }
}

test('without a recovery key there is no backup, and one is never replaced by accident', async () => {
  const refused = await call('POST')
  expect([refused.status, refused.body.code]).toEqual([409, 'backup-no-key'])
  const made = await call('POST', '/key', {})
  expect(made.status).toBe(201)
  key = made.body.recovery_key
  expect(parseRecoveryKey(key)).toHaveLength(30)
  const again = await call('POST', '/key', {})
  expect([again.status, again.body.code]).toEqual([409, 'backup-key-exists'])
  const kept = JSON.stringify(await rig.db.selectFrom('backup_lock').selectAll().execute())
  expect(kept).not.toContain(parseRecoveryKey(key))
  const status = (await call('GET')).body
  expect([status.key_made_at === null, status.data, status.next_at]).toEqual([false, [], status.key_made_at])
})

test('one is made at a time, told of as an event, and can be fetched by ranges', async () => {
  const begun = await call('POST')
  expect([begun.status, begun.body.state]).toEqual([202, 'running'])
  expect((await call('POST')).body.code).toBe('backup-running')
  const run = await ended(begun.body.id)
  expect(run).toMatchObject({ state: 'made', cause: 'person', code: null })
  const [event] = await rig.db.selectFrom('events').selectAll().where('type', '=', 'system.backup').execute()
  expect(JSON.parse(event?.data_json ?? '{}')).toMatchObject({ id: run.id, result: 'made', code: null })
  const { manifest } = await verifyBackup(
    await openBackup(join(rig.directory, 'backups', run.file), parseRecoveryKey(key)),
  )
  expect(manifest.version).toBe('0.1.0')
  const path = `/files/${run.file}`
  const part = await call('GET', path, undefined, { range: 'bytes=0-7' })
  expect([part.status, part.text, part.headers['content-range']]).toEqual([206, 'CWBACKUP', `bytes 0-7/${run.bytes}`])
  expect((await call('GET', path, undefined, { range: `bytes=${run.bytes}-` })).status).toBe(416)
  for (const name of ['causeway-20200101T000000Z.cwbackup', '..%2Fcauseway.db']) {
    expect((await call('GET', `/files/${name}`)).body.code).toBe('unknown-backup')
  }
})

test('one that fails says why, leaves nothing, and is tried again an hour later', async () => {
  const folder = join(rig.directory, 'backups')
  rmSync(folder, { recursive: true })
  writeFileSync(folder, 'in the way')
  const run = await ended((await call('POST')).body.id)
  expect(run).toMatchObject({ state: 'failed', code: 'backup-folder', file: null })
  rmSync(folder)
  mkdirSync(folder)
  expect(readdirSync(rig.directory)).not.toContain('backup-work')
  const { next_at: next, runs } = (await call('GET')).body
  expect(Date.parse(next) - Date.parse(runs[0].began_at)).toBeGreaterThanOrEqual(3_600_000)
})

test('the warning of a restored gateway stays until somebody has read it', async () => {
  await rig.db.insertInto('restorations').values({ at_ms: 2, taken_at_ms: 1, held: 3 }).execute()
  expect((await call('GET')).body.restored).toEqual({
    at: '1970-01-01T00:00:00.002Z',
    taken_at: '1970-01-01T00:00:00.001Z',
    held: 3,
  })
  expect((await call('DELETE', '/restored')).status).toBe(204)
  expect((await call('GET')).body.restored).toBe(null)
})
