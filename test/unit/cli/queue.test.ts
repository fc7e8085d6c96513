import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Rig, startRig } from '../http/rig.ts'
import { run } from './run.ts'

let rig: Rig
beforeAll(async () => {
  rig = await startRig()
})
afterAll(() => rig.stop())

const causeway = (...words: string[]) => run([...words, '--socket', rig.socketPath])

test('the queue is listed with reasons, paused and resumed, and a priority is handed on', async () => {
  const sent = await causeway('send', '+15550000201', 'x', '--priority', 'urgent', '--json')
  const paused = await causeway('queue', 'pause', '--transport', 'sms')
  expect([paused.code, paused.out]).toEqual([0, expect.stringMatching(/^Paused since .*: sms\.$/m)])
  const { out } = await causeway('queue')
  expect(out).toMatch(/^1 queued +sms/m)
  expect(out).toMatch(new RegExp(`${JSON.parse(sent.out).id} +waiting +sms +urgent +waits: text messages are paused`))
  expect((await causeway('queue', 'resume', '--transport', 'sms')).out).toBe('Nothing is paused.\n')
  const wrong = await causeway('queue', 'pause', '--transport', 'pigeon')
  expect([wrong.code === 0, wrong.err]).toEqual([false, expect.stringMatching(/transport/)])
})
