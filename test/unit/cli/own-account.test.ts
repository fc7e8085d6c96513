/** `causeway signal devices rename`, `discoverable`, `delete-account` and `unlink`, and the routes behind them. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Rig, startRig } from '../http/rig.ts'
import { run } from './run.ts'

let rig: Rig
beforeAll(async () => {
  rig = await startRig()
})
afterAll(() => rig.stop())

const here = (...words: string[]) => run(['signal', ...words, '--socket', rig.socketPath])
const own = '+15550000101'

test('a device is given another name; what is not understood says how it is written', async () => {
  expect((await here('devices', 'rename', '2', 'Desk')).code).toBe(0)
  expect(rig.calls).toContain('rename device 2 Desk')
  expect(await here('devices', 'rename', '2')).toMatchObject({
    code: 64,
    err: expect.stringContaining('rename N NAME'),
  })
  const token = await rig.token('admin')
  const empty = await rig.call('PUT', '/api/v1/signal/devices/2/name', { token, json: { name: ' ' } })
  expect([empty.status, empty.body.errors[0].pointer]).toEqual([422, '/name'])
})

test('who finds the number is shown and set', async () => {
  expect((await here('discoverable')).out).toMatch(/Whoever knows the number finds/)
  expect((await here('discoverable', 'off')).code).toBe(0)
  expect(rig.calls).toContain('discoverable false')
  expect((await here('discoverable', 'maybe')).code).toBe(64)
})

test('the account is deleted only by whoever says its number, and that it is meant', async () => {
  rig.signal.e164 = own
  expect(await here('delete-account', own)).toMatchObject({
    code: 64,
    err: expect.stringMatching(/for ever[\s\S]*--yes/),
  })
  const reader = await rig.token('signal:read')
  const admin = await rig.token('admin')
  const path = '/api/v1/signal/account'
  const status = async (token: string, query: string) => (await rig.call('DELETE', `${path}${query}`, { token })).status
  expect(await status(reader, `?number=${encodeURIComponent(own)}`)).toBe(403)
  expect(await status(admin, '')).toBe(422)
  expect(await status(admin, '?number=%2B15550009999')).toBe(409)
  expect(rig.calls).not.toContain('delete account')
  expect((await here('delete-account', own, '--yes')).out).toMatch(/conversations are still here/)
  expect(rig.calls).toContain('delete account')
})

test('a linked device is unlinked only where that is meant, and says what became of it', async () => {
  expect(await here('unlink')).toMatchObject({ code: 64, err: expect.stringMatching(/phone keeps[\s\S]*--yes/) })
  const path = '/api/v1/signal/link'
  expect((await rig.call('DELETE', path, { token: await rig.token('signal:read') })).status).toBe(403)
  expect(rig.calls).not.toContain('unlink')
  expect((await here('unlink', '--yes')).out).toMatch(/unlinked[\s\S]*still here/)
  expect(rig.calls.filter((call) => call === 'unlink').length).toBe(1)
  const answer = await rig.call('DELETE', path, { token: await rig.token('admin') })
  expect([answer.status, answer.body.state]).toEqual([200, 'none'])
})
