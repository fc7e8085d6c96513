/**
 * A backup of a running gateway, made through its command line and put in the place of one that is gone. The judges are
 * the simulated network's ledger and what the mock devices decrypted.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, renameSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { House } from '../../../src/sandbox/house.ts'

interface Backups {
  data: { name: string }[]
  runs: { state: string; code: string | null }[]
  restored: { held: number } | null
}

let house: House
let key = ''

beforeAll(async () => {
  house = await House.open()
})
afterAll(() => house?.close())

/** `causeway …` in a process of its own, with `input` on standard input. */
async function causeway(words: readonly string[], input = '') {
  // Not `spawnSync`: the world runs in this process.
  const child = spawn(process.execPath, [resolve('dist/program/main.js'), ...words])
  child.stdin.end(input)
  const [stdout, stderr, [status]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  return { status: Number(status), stdout, stderr }
}

const folder = () => join(house.directory, 'data', 'backups')
const backups = () => house.api.call<Backups>('GET', '/api/v1/system/backup')

it('killed with −9 in the middle of a backup leaves none that is listed, and makes the next one', async () => {
  const made = await causeway(['backup', 'key', '--config', house.configFile])
  expect(made.status).toBe(0)
  key = made.stdout.trim()
  for (let round = 0; round < 3; round++) {
    await house.api.call('POST', '/api/v1/system/backup')
    if (round > 0) {
      await house.eventually('it writes', () => {
        const work = readdirSync(join(house.directory, 'data')).includes('backup-work')
        return work || readdirSync(folder()).length > 0
      })
    }
    await house.kill()
    await house.start()
    const { data, runs } = await backups()
    // It may have been quick enough to be whole, which its key then proves.
    for (const { name } of data) {
      expect((await causeway(['backup', 'verify', join(folder(), name)], `${key}\n`)).status).toBe(0)
    }
    expect(runs.every(({ state }) => state !== 'running')).toBe(true)
  }
  await house.modemsReady()
  await house.signalConnected()
  const { status, stdout } = await causeway(['backup', 'create', '--json', '--config', house.configFile])
  expect(status).toBe(0)
  const { file } = JSON.parse(stdout) as { file: string }
  expect((await backups()).data[0]?.name).toBe(file)
  expect(readdirSync(folder()).filter((name) => name.startsWith('.'))).toEqual([])
})

it('restored, everything is there, nothing is sent twice, and Signal goes on', { timeout: 240_000 }, async () => {
  const ana = house.world.person('ana')
  const ben = house.world.person('ben')
  const [modem] = house.world.modems
  await house.reaches(await house.send(ana.number, 'to ana, before'), 'delivered')
  await house.reaches(await house.send(ben.number, 'to ben, before'), 'delivered')
  await ana.signal?.sendText(house.world.gatewayNumber, 'from ana, before')
  modem?.modem.setCoverage('none')
  const waiting = await house.send(ben.number, 'waits while the backup is made')
  const { stdout } = await causeway(['backup', 'create', '--json', '--config', house.configFile])
  const { file } = JSON.parse(stdout) as { file: string }
  modem?.modem.setCoverage('home')
  // The old gateway goes on: what the backup holds as waiting is sent, and the sessions turn.
  await house.reaches(waiting, 'delivered')
  for (const n of [1, 2, 3]) await house.reaches(await house.send(ana.number, `to ana, after ${n}`), 'delivered')
  await ana.signal?.sendText(house.world.gatewayNumber, 'from ana, after')
  await house.eventually('it is here', async () =>
    (await house.messages('&direction=in')).some((one) => one.text === 'from ana, after'),
  )
  const before = (await house.messages()).map((one) => one.text)

  const restore = ['restore', join(house.directory, 'gone', 'backups', file), '--config', house.configFile]
  expect((await causeway([...restore, '--takeover'], `${key}\n`)).stderr).toMatch(/A gateway runs/)
  await house.kill()
  renameSync(join(house.directory, 'data'), join(house.directory, 'gone'))
  expect((await causeway([...restore, '--takeover'], `${'1'.repeat(30)}\n`)).stderr).toMatch(
    /digit of the recovery key is wrong/,
  )
  expect((await causeway(restore, `${key}\n`)).stderr).toMatch(/--takeover/)
  const restored = await causeway([...restore, '--takeover', '--json'], `${key}\n`)
  expect([restored.stderr, restored.status]).toEqual(['', 0])
  expect(JSON.parse(restored.stdout)).toMatchObject({ held: 1 })

  await house.start()
  await house.modemsReady()
  await house.signalConnected()
  expect((await backups()).restored).toMatchObject({ held: 1 })
  const after = await house.messages()
  const lost = before.filter((words) => !after.some((one) => one.text === words))
  expect(lost.sort()).toEqual(['from ana, after', ...[1, 2, 3].map((n) => `to ana, after ${n}`)])
  expect(await house.message(waiting)).toMatchObject({ status: 'held', code: 'restored-from-backup' })
  const { stdout: findings } = await causeway(['doctor', '--json', '--config', house.configFile])
  expect(findings).toContain('backup.restored')

  // Both ways, over sessions that the old copy cannot have spoilt.
  await house.reaches(await house.send(ana.number, 'to ana, restored'), 'delivered')
  await ana.signal?.sendText(house.world.gatewayNumber, 'from ana, restored')
  await house.eventually('it is here', async () =>
    (await house.messages('&direction=in')).some((one) => one.text === 'from ana, restored'),
  )
  await house.reaches(await house.send(ben.number, 'to ben, restored'), 'delivered')
  for (const words of ['to ben, before', 'waits while the backup is made', 'to ben, restored']) {
    expect([words, house.world.network.ledger.count(ben.number, words)]).toEqual([words, { whole: 1, most: 1 }])
  }
  for (const words of ['to ana, before', 'to ana, after 1', 'to ana, restored']) {
    expect([words, ana.signal?.texts.filter((one) => one.text === words).length]).toEqual([words, 1])
  }
  expect((await house.message(waiting)).status).toBe('held')
  await house.api.call('POST', `/api/v1/messages/${waiting}/cancel`)
  expect((await causeway(['backup', 'acknowledge', '--config', house.configFile])).status).toBe(0)
  expect((await backups()).restored).toBe(null)
})
