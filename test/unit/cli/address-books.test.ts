/** Contacts joined, taken apart, read from a file and written to one, at the command line. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Rig, startRig } from '../http/rig.ts'
import { run } from './run.ts'

let rig: Rig
let directory: string
beforeAll(async () => {
  rig = await startRig()
  directory = mkdtempSync(join(tmpdir(), 'causeway-book-'))
})
afterAll(async () => {
  rmSync(directory, { recursive: true, force: true })
  await rig.stop()
})

const causeway = (...words: string[]) => run(['contacts', ...words, '--socket', rig.socketPath])
const ACCOUNT = 'signal:e0000000-0000-4000-8000-000000000401'

test('a file is looked at, taken in, and comes out again', async () => {
  const book = join(directory, 'book.csv')
  writeFileSync(book, 'Name,Phone\nAna,+15550000401\nPolice,112\n')
  const dry = await causeway('import', book, '--dry-run')
  expect([dry.code, dry.out]).toEqual([
    0,
    expect.stringContaining('Would be: 1 new, 0 changed, 0 as before, 1 refused.'),
  ])
  expect(dry.out).toMatch(/line 3 +refused +Police +112 +This is an emergency number/)
  expect((await causeway('import', book)).out).toContain('1 new, 0 changed')
  const out = join(directory, 'out.vcf')
  expect((await causeway('export', 'Ana', '-o', out)).code).toBe(0)
  expect(readFileSync(out, 'utf8')).toContain('FN:Ana\r\n')
  expect((await causeway('export')).out).toContain('TEL;TYPE=CELL:+15550000401')
  expect((await causeway('import', join(directory, 'none.csv'))).code).toBe(64)
})

test('two are made one and taken apart, and a modem is preferred', async () => {
  await rig.call('POST', '/api/v1/contacts', { local: true, json: { address: ACCOUNT, name: 'Bo' } })
  await rig.call('POST', '/api/v1/contacts', { local: true, json: { address: '+15550000402' } })
  const one = await causeway('merge', '+15550000402', 'Bo', '--json')
  expect(JSON.parse(one.out)).toMatchObject({ number: '+15550000402', name: 'Bo', aci: ACCOUNT.slice(7) })
  const set = await causeway('set', 'Bo', '--modem', 'mdm_490154203237518')
  expect(set.out).toContain('texts over mdm_490154203237518')
  const parts = JSON.parse((await causeway('split', '+15550000402', '--take', 'account', '--json')).out)
  expect(parts).toMatchObject({ contact: { aci: null }, taken: { number: null } })
  expect((await causeway('split', '+15550000402', '--take', 'half')).code).toBe(64)
  const refused = await causeway('split', '+15550000402', '--take', 'number')
  expect([refused.code, refused.err]).toEqual([1, expect.stringContaining('nothing to take apart')])
})
