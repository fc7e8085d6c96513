/** `causeway setup` on a PTY, against the real gateway on a simulated modem whose SIM asks for its PIN. */
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { House } from '../../../src/sandbox/house.ts'
import { run } from '../../unit/cli/run.ts'
import { CTRL_C, DOWN, ENTER, Terminal } from './terminal.ts'

let house: House
let socket: string
let terminal: Terminal | undefined

beforeAll(async () => {
  house = await House.open({ signal: false, config: { profile: 'live' } })
  socket = join(house.directory, 'run', 'api.sock')
  const { modem } = house.world.modem('a')
  modem.card.setPin('4321')
  modem.reboot()
})
afterAll(() => house?.close())
afterEach(({ task }) => {
  if (task.result?.state === 'fail') process.stderr.write(terminal?.shown ?? '')
  terminal?.close()
})

const sit = (...words: string[]) => {
  terminal = new Terminal(['setup', ...words, '--socket', socket])
  return terminal
}
const states = async () => {
  const { steps } = await house.api.call<{ steps: { step: string; state: string }[] }>('GET', '/api/v1/setup')
  return steps.map(({ state }) => state)
}
const DO_IT = ENTER
const SKIP = DOWN + ENTER
const LEAVE = DOWN + DOWN + ENTER

test('without a terminal it says how the steps stand and what does each, as JSON too', async () => {
  const told = await run(['setup', '--socket', socket])
  expect([told.code, told.err]).toEqual([2, ''])
  expect(told.out).toMatch(/^password +open +causeway user add NAME --role admin/)
  expect(told.out).toContain(join(house.directory, 'data'))
  const { out } = await run(['setup', '--json', '--socket', socket])
  expect(JSON.parse(out)).toMatchObject({ next: 'password', steps: expect.arrayContaining([expect.any(Object)]) })
  expect((await run(['setup', 'nothing', '--socket', socket])).code).toBe(64)
})

test('the first account and the modem, whose SIM refuses one PIN and takes the next; then the rest is left', async () => {
  const person = sit()
  await person.answers('First account', DO_IT)
  await person.answers('Name of the first administrator', ENTER)
  await person.answers('Password', 'correct horse battery', ENTER)
  await person.answers('Once more', 'correct horse battery', ENTER)
  await person.sees('admin may sign in')
  await person.answers('Modem and SIM', DO_IT)
  await person.sees('3 tries are left')
  await person.answers('PIN of the SIM', '1111', ENTER)
  await person.answers('Remember it', ENTER)
  await person.sees('Tries left: 2.')
  await person.answers('Modem and SIM', DO_IT)
  await person.answers('PIN of the SIM', '4321', ENTER)
  await person.answers('Remember it', ENTER)
  await person.sees('its PIN is kept for it')
  await person.answers('Send a test text? It costs what the plan of its SIM says.', ENTER)
  await person.answers('To (its own number', ENTER)
  await person.sees('Test text: ✓')
  await person.answers('Mode', LEAVE)
  await person.sees('Later: causeway setup mode')
  expect(await person.ended).toBe(2)
  expect(await states()).toEqual(['done', 'done', 'open', 'open', 'open', 'open'])
  expect(person.shown).not.toContain('4321')
})

test('it goes on where the wizard in the inbox was left, and the other way round', async () => {
  await house.api.call('POST', '/api/v1/setup/steps/mode', { action: 'done' })
  const person = sit()
  await person.answers('Signal account', SKIP)
  await person.answers('Key of the data', DO_IT)
  await person.sees('db.key')
  await person.answers('Make a recovery key now', 'y')
  await person.answers('Is a copy in a safe place', 'y')
  await person.answers('Notifications', CTRL_C)
  expect(await person.ended).not.toBe(0)
  expect(await states()).toEqual(['done', 'done', 'done', 'skipped', 'done', 'open'])
})

test('one step alone: a number is registered once it is meant, and its code is read from the modem', async () => {
  const person = sit('signal')
  await person.answers('Signal account', DO_IT)
  await person.answers('Register a number', ENTER)
  await person.answers('Number to register', ENTER)
  await person.sees('Signal signs it out')
  await person.answers('Is that meant?', 'y')
  await person.answers('Answer (signalcaptcha://…)', 'signalcaptcha://anything', ENTER)
  await person.sees('is here.')
  await person.ended
  expect(await states()).toEqual(['done', 'done', 'done', 'done', 'done', 'open'])
})
