import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Rig, startRig } from './rig.ts'

let rig: Rig
let token: string
const PATH = '/api/v1/modems/mdm_490154203237518/pin'

beforeAll(async () => {
  rig = await startRig()
  token = await rig.token('admin')
})
afterAll(() => rig.stop())

const hand = async (json: object) => {
  const { status, body } = await rig.call('POST', PATH, { token, json })
  return [status, body.code ?? body.remembered]
}

test('a PIN is digits, goes to the modem with the owner’s wishes, and is forgotten on wish', async () => {
  expect(await hand({ pin: '4321', remember: true })).toEqual([200, true])
  expect(rig.calls.at(-1)).toBe(`pin mdm_490154203237518 {"pin":"4321","lastTry":false,"remember":true}`)
  for (const pin of ['12', '123456789', 'abcd', '1234"\rAT+CFUN=0']) {
    expect((await hand({ pin }))[1]).toBe('invalid-request')
  }
  expect((await rig.call('DELETE', PATH, { token })).status).toBe(200)
  expect(rig.calls.at(-1)).toBe('forget pin mdm_490154203237518')
  expect((await rig.call('POST', '/api/v1/modems/nobody/pin', { token, json: { pin: '4321' } })).status).toBe(404)
})

test('a refused PIN points at its field, and the last try wants the owner’s word', async () => {
  const refused = await rig.call('POST', PATH, { token, json: { pin: '1111' } })
  expect([refused.status, refused.body.code, refused.body.errors[0].pointer]).toEqual([422, 'sim-pin-refused', '/pin'])
  expect(await hand({ pin: '2222' })).toEqual([409, 'sim-pin-last-try'])
  expect(await hand({ pin: '2222', last_try: true })).toEqual([200, false])
})

test('only administrators hand one in', async () => {
  const other = await rig.token('modems:read')
  const reply = await rig.call('POST', PATH, { token: other, json: { pin: '4321' } })
  expect(reply.status).toBe(403)
})
