/** `causeway signal lock`, and the route behind it. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Rig, startRig } from '../http/rig.ts'
import { run } from './run.ts'

let rig: Rig
beforeAll(async () => {
  rig = await startRig()
})
afterAll(() => rig.stop())

const here = (...words: string[]) => run(['signal', 'lock', ...words, '--socket', rig.socketPath])
const path = '/api/v1/signal/registration-lock'

test('says in plain words what a PIN does, sets one, and takes it away', async () => {
  expect((await here()).out).toMatch(/No PIN protects the number[\s\S]*signal lock set/)
  expect((await here('set', '24680')).out).toMatch(
    /asked for it[\s\S]*forgotten[\s\S]*ten wrong tries[\s\S]*seven days/,
  )
  expect((await here('remove')).out).toMatch(/No PIN/)
  expect(rig.calls).toEqual(['lock of 5', 'lock removed'])
  expect((await here('--json')).out).toContain('"locked":false')
  expect(await here('open')).toMatchObject({ code: 64, err: expect.stringContaining('signal lock set') })
})

test('a PIN is never taken from a terminal that nobody sits at', async () => {
  expect(await here('set')).toMatchObject({ code: 64, err: expect.stringContaining('signal lock set PIN') })
})

test('only administrators set one; a short one points at its field', async () => {
  const [reader, admin] = [await rig.token('signal:read'), await rig.token('admin')]
  expect((await rig.call('GET', path, { token: reader })).body).toEqual({ locked: false, editable: true })
  expect((await rig.call('PUT', path, { token: reader, json: { pin: '24680' } })).status).toBe(403)
  expect((await rig.call('DELETE', path, { token: reader })).status).toBe(403)
  const short = await rig.call('PUT', path, { token: admin, json: { pin: '123' } })
  expect([short.status, short.body.errors[0].pointer]).toEqual([422, '/pin'])
  expect((await rig.call('PUT', path, { token: admin, json: { pin: '24680' } })).body).toEqual({
    locked: true,
    editable: true,
  })
})
