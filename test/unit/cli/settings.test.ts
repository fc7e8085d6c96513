import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Rig, startRig } from '../http/rig.ts'
import { run } from './run.ts'

let rig: Rig
beforeAll(async () => {
  rig = await startRig()
})
afterAll(() => rig.stop())

const causeway = (...words: string[]) => run([...words, '--socket', rig.socketPath])

test('settings are shown with who said so, changed, and left to the configuration again', async () => {
  const before = await causeway('settings')
  expect([before.code, before.out]).toEqual([0, expect.stringMatching(/fallback\.after +PT15M +as the configuration/)])
  const changed = await causeway('settings', '--fallback-after', '5m', '--when-roaming', 'never')
  expect(changed.out).toMatch(/fallback\.after +PT5M +changed while it ran; the configuration says PT15M/)
  expect(changed.out).toMatch(/fallback\.when_roaming +never +changed/)
  const back = await causeway('settings', '--fallback-after', 'default', '--when-roaming', 'default', '--json')
  expect(JSON.parse(back.out)).toMatchObject({ fallback: { after: 'PT15M', when_roaming: 'ask' }, chosen: [] })
  const wrong = await causeway('settings', '--mode', 'both')
  expect([wrong.code === 0, wrong.err]).toEqual([false, expect.stringMatching(/mode/)])
})

test('what does not wait for Signal is not sent as a text', async () => {
  const sent = await causeway('send', '+15550000201', 'x', '--policy', 'sms_only', '--json')
  const ended = await causeway('send-as-text', JSON.parse(sent.out).id)
  expect([ended.code === 0, ended.err]).toEqual([false, expect.stringMatching(/Only a message that Signal carries/)])
})
