import { beforeEach, describe, expect, it } from 'vitest'
import { useWorld, world } from './use-world.ts'
import { ANA, BEN } from './world.ts'

useWorld()

const MINUTE = 60_000

describe('settings that are changed while it runs', () => {
  it('hold for the next message, over a restart, and until they are left to the configuration again', async () => {
    await world.router.changeSettings({ fallbackAfterMs: 5 * MINUTE })
    const first = await world.send(ANA, 'one')
    await world.pass(5 * MINUTE + 1)
    expect(await world.message(first.id)).toMatchObject({
      transport: 'sms',
      fallback_reason: 'no delivery receipt over Signal within 5 min',
    })
    await world.reboot()
    expect(world.router.settings.fallbackAfterMs).toBe(5 * MINUTE)
    expect(world.router.settings.chosen).toEqual({ fallbackAfterMs: 5 * MINUTE })
    await world.router.changeSettings({ fallbackAfterMs: null })
    expect(world.router.settings.fallbackAfterMs).toBe(15 * MINUTE)
    await world.reboot()
    expect(world.router.settings.chosen).toEqual({})
  })

  it('a wait that has begun stays as long as it was to be, and its end asks the settings of then', async () => {
    const waiting = await world.send(ANA, 'one')
    await world.router.changeSettings({ fallbackAfterMs: MINUTE, defaultPolicy: 'ask' })
    await world.pass(2 * MINUTE)
    expect(await world.message(waiting.id)).toMatchObject({ state: 'sent', transport: 'signal' })
    await world.pass(14 * MINUTE)
    expect(await world.message(waiting.id)).toMatchObject({ state: 'held', code: 'consent-needed' })
    expect(world.sms.network).toEqual([])
  })

  it('what a later version wrote there, or nobody could have, counts for nothing', async () => {
    for (const [key, value] of [
      ['fallback_after_ms', '"soon"'],
      ['default_policy', '"whatever"'],
      ['when_roaming', '7'],
      ['mode', 'null'],
    ] as const) {
      await world.db.replaceInto('settings').values({ key, value_json: value }).execute()
    }
    await world.reboot()
    expect(world.router.settings.chosen).toEqual({})
  })

  it('a change is an event, the mode of its own', async () => {
    await world.router.changeSettings({ mode: 'sms_only', whenRoaming: 'always' })
    const events = await world.events.since(0, 100)
    expect(events.map(({ type, data_json: data }) => [type, JSON.parse(data)])).toEqual([
      ['settings.mode', { mode: 'sms_only' }],
      ['settings.fallback', { whenRoaming: 'always' }],
    ])
  })
})

describe('a modem that is chosen for a message', () => {
  beforeEach(() => world.router.changeSettings({ mode: 'sms_only' }))

  it('carries its text, against prefix, price and habit', async () => {
    world.sms.order('mdm_1', { prefixes: ['+1555'], costPerPart: 0 })
    world.sms.order('mdm_2', { costPerPart: 1 })
    await world.send(BEN, 'one')
    await world.send(BEN, 'two', { modem: 'mdm_2' })
    expect(world.sms.network.map(({ lane }) => lane)).toEqual(['mdm_1', 'mdm_2'])
  })

  it('is waited for while another one could send, and says so', async () => {
    world.sms.setAvailable(false, 'mdm_2')
    const waiting = await world.send(BEN, 'two', { modem: 'mdm_2' })
    await world.pass(60 * MINUTE)
    expect([world.sms.network, (await world.message(waiting.id)).state]).toEqual([[], 'queued'])
    world.sms.setAvailable(true, 'mdm_2')
    await world.settle()
    expect(world.sms.network.map(({ lane }) => lane)).toEqual(['mdm_2'])
  })

  it('its quota is kept: the text waits for the day to end rather than leave over another number', async () => {
    world.sms.order('mdm_2', { dailyTexts: 1 })
    await world.send(BEN, 'one', { modem: 'mdm_2' })
    const second = await world.send(BEN, 'two', { modem: 'mdm_2' })
    expect(second.state).toBe('queued')
    expect(world.sms.network).toHaveLength(1)
  })

  it('must be one that is here', async () => {
    const refused = { code: 'no-such-modem' }
    await expect(world.router.submit({ to: BEN, text: 'x', modem: 'mdm_9' })).rejects.toMatchObject(refused)
    await expect(world.router.submit({ to: BEN, text: 'x', modem: 'signal' })).rejects.toMatchObject(refused)
  })

  it('says nothing against Signal, and holds for the text that follows', async () => {
    await world.router.changeSettings({ mode: 'integrated' })
    const sent = await world.send(ANA, 'one', { modem: 'mdm_2' })
    expect(sent).toMatchObject({ transport: 'signal', state: 'sent' })
    await world.pass(15 * MINUTE + 1)
    expect(world.sms.network.map(({ lane }) => lane)).toEqual(['mdm_2'])
  })
})
