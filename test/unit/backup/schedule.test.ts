/** Backups by the schedule: when one is due, what a failed one does to it, and what is told of each. Real SQLCipher. */
import { randomBytes } from 'node:crypto'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { BackupDesk } from '../../../src/backup/desk.ts'
import { createIds } from '../../../src/domain/ids.ts'
import { EventLog } from '../../../src/store/events.ts'
import { type Appliance, appliance, databaseKey } from './rig.ts'

const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000
const MINUTE_MS = 60_000
const quiet = { debug() {}, info() {}, warn() {}, error() {} }

let box: Appliance
let desk: BackupDesk
let nowMs: number
let directory: string

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  box = await appliance()
  nowMs = 1_700_000_000_000
  directory = join(box.directory, 'scheduled')
  const clock = () => nowMs
  desk = new BackupDesk({
    db: box.db,
    events: new EventLog(box.db, clock),
    databaseKey,
    dataDir: join(box.directory, 'old'),
    configFile: undefined,
    settings: { directory, everyMs: DAY_MS, keep: 7 },
    account: () => undefined,
    version: '0.0.0',
    ids: createIds(clock, randomBytes),
    clock,
    randomOctets: randomBytes,
    log: quiet,
  })
  await desk.start()
})
afterEach(async () => {
  vi.useRealTimers()
  await desk.stop()
  await box.stop()
})

/** Time passes, the schedule is looked at, and what it begins ends: the results of all runs, the newest first, are these. */
async function pass(ms: number, results: readonly string[]): Promise<void> {
  nowMs += ms
  vi.advanceTimersByTime(MINUTE_MS)
  await vi.waitFor(
    async () => {
      const { runs, running } = await desk.status()
      expect(running).toBeUndefined()
      expect(runs.map(({ cause, code }) => `${cause} ${code ?? 'made'}`)).toEqual(results)
    },
    { timeout: 60_000 },
  )
}

test('nothing is made before there is a key, then the first one at once and the next a day later', async () => {
  await pass(2 * DAY_MS, [])
  await desk.makeKey({ replace: false })
  await pass(0, ['schedule made'])
  await pass(DAY_MS - 1, ['schedule made'])
  await pass(1, ['schedule made', 'schedule made'])
  expect(await desk.list()).toHaveLength(2)
  const told = await box.db.selectFrom('events').select('data_json').where('type', '=', 'system.backup').execute()
  expect(told.map(({ data_json: data }) => JSON.parse(data))).toMatchObject([
    { cause: 'schedule', result: 'made' },
    { cause: 'schedule', result: 'made' },
  ])
})

test('one that fails is told of with its reason, and tried again an hour later', async () => {
  await desk.makeKey({ replace: false })
  writeFileSync(directory, 'a file where the folder should be')
  await pass(0, ['schedule backup-folder'])
  await pass(HOUR_MS - 1, ['schedule backup-folder'])
  rmSync(directory)
  await pass(1, ['schedule made', 'schedule backup-folder'])
  const told = await box.db.selectFrom('events').select('data_json').where('type', '=', 'system.backup').execute()
  expect(told.map(({ data_json: data }) => JSON.parse(data).result)).toEqual(['failed', 'made'])
})
