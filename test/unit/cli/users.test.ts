import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Rig, startRig } from '../http/rig.ts'
import { run } from './run.ts'

let rig: Rig
beforeAll(async () => {
  rig = await startRig()
})
afterAll(() => rig.stop())

const causeway = (words: string[], input = '') => run([...words, '--socket', rig.socketPath], { input })
const signIn = async (name: string, password: string) =>
  (await rig.call('POST', '/api/v1/session', { json: { name, password } })).status

test('the setup code of the command line makes the first admin, and is refused once there is one', async () => {
  const printed = await causeway(['setup-code'])
  expect([printed.code, printed.out]).toEqual([0, expect.stringMatching(/^[A-Z]+-\d\d-[A-Z]+\n$/)])
  const json = { code: printed.out.trim(), password: 'correct horse battery', name: 'Ada' }
  expect((await rig.call('POST', '/api/v1/setup', { json })).status).toBe(201)
  const again = await causeway(['setup-code'])
  expect([again.code, again.err]).toEqual([1, 'There is an admin already (setup-done)\n'])
})

test('people are added, listed, given another password, and removed by hand', async () => {
  const added = await causeway(['user', 'add', 'Zoë', '--role', 'sender'], 'ten letters\n')
  expect([added.code, added.out]).toEqual([0, 'Zoë may sign in as sender.\n'])
  expect(await signIn('zoë', 'ten letters')).toBe(200)
  expect((await causeway(['user'])).out).toMatch(/^Ada +admin +seen .*\nZoë +sender +seen /)
  const changed = await causeway(['user', 'passwd', 'ZOË'], 'eleven letters')
  expect([changed.code, changed.out]).toEqual([0, 'Zoë has a new password, and is signed out everywhere.\n'])
  expect([await signIn('Zoë', 'ten letters'), await signIn('Zoë', 'eleven letters')]).toEqual([401, 200])
  expect((await causeway(['user', 'remove', 'Zoë'])).out).toBe('Zoë is removed.\n')
  const gone = await causeway(['user', 'remove', 'Zoë'])
  expect([gone.code, gone.err]).toEqual([1, expect.stringMatching(/nobody called Zoë/)])
})

test('what cannot be is said in words', async () => {
  expect((await causeway(['user', 'remove', 'ada'])).err).toMatch(/Nobody else is an admin/)
  expect((await causeway(['user', 'add', 'x', '--role', 'viewer'], 'short\n')).err).toMatch(/password/)
  expect((await causeway(['user', 'add', 'x', '--role', 'king'], 'ten letters\n')).code).toBe(1)
  expect((await causeway(['user', 'add', 'x', '--role', 'viewer'])).code).toBe(64)
})
