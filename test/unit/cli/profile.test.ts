/** `causeway signal profile`: shows and changes what contacts see. */
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Rig, startRig } from '../http/rig.ts'
import { run } from './run.ts'

let rig: Rig
beforeAll(async () => {
  rig = await startRig()
})
afterAll(() => rig.stop())

const here = (...words: string[]) => run(['signal', 'profile', ...words, '--socket', rig.socketPath])

test('shows the profile, and changes what is named and nothing else', async () => {
  expect((await here()).out).toMatch(/name {5}Home\nabout {4}\(nothing\)\npicture {2}\(none\)/)
  const { code, out } = await here('--about', 'beneath\u001b[2J')
  expect(code).toBe(0)
  expect(out).toContain('Home')
  expect(out).toContain('beneath')
  expect(out).not.toContain('\u001b')
  expect(rig.calls.filter((call) => call.startsWith('profile'))).toEqual(['profile {"about":"beneath\\u001b[2J"}'])
})

test('sets a picture from a file, and takes it away', async () => {
  const file = join(mkdtempSync(join(tmpdir(), 'causeway-cli-')), 'me.jpg')
  writeFileSync(file, Buffer.from([0xff, 0xd8, 0xff, 0xe0, 1]))
  expect((await here('--avatar', file)).out).toMatch(/picture {2}set/)
  expect((await here('--no-avatar')).out).toMatch(/picture {2}\(none\)/)
  expect(rig.calls).toEqual(expect.arrayContaining(['profile picture 5', 'profile picture none']))
  const missing = await here('--avatar', `${file}.not`)
  expect(missing.code).not.toBe(0)
  expect(missing.err).toContain('there is no such file')
})
