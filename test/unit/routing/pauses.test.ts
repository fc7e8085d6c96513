import { describe, expect, it } from 'vitest'
import { useWorld, world } from './use-world.ts'
import { ANA, BEN } from './world.ts'

const ALL = { transport: null, lane: null }
const TEXTS = { transport: 'sms', lane: null } as const
const SIGNAL = { transport: 'signal', lane: null } as const
const MINUTE = 60_000

useWorld()

async function events(): Promise<string[]> {
  const all = await world.events.since(0, 200)
  return all.filter(({ type }) => type.startsWith('queue.')).map(({ type, data_json: data }) => `${type} ${data}`)
}

describe('while the queue is paused', () => {
  it('nothing leaves, over a restart too, and all of it leaves once when it is resumed', async () => {
    await world.router.pauses.pause(ALL)
    const [text, signal] = [await world.send(BEN, 'one'), await world.send(ANA, 'two')]
    await world.pass(2 * MINUTE)
    await world.reboot()
    await world.pass(2 * MINUTE)
    expect(world.router.pauses.all).toHaveLength(1)
    expect([(await world.message(text.id)).state, (await world.message(signal.id)).state]).toEqual(['queued', 'queued'])
    expect([world.sms.network, world.signal.sends]).toEqual([[], []])
    await world.router.pauses.resume(ALL)
    await world.settle()
    expect([world.sms.network.length, world.signal.sends.length]).toEqual([1, 1])
    await world.reboot()
    expect(world.router.pauses.all).toEqual([])
  })

  it('a message for Signal is not turned into a text, and gets the whole of its time when it goes on', async () => {
    await world.router.pauses.pause(SIGNAL)
    const { id } = await world.send(ANA, 'secret')
    await world.pass(60 * MINUTE)
    expect(await world.message(id)).toMatchObject({ state: 'queued', transport: 'signal' })
    world.signal.before = () => {
      throw new Error('still broken')
    }
    await world.router.pauses.resume(SIGNAL)
    await world.pass(14 * MINUTE)
    expect(await world.message(id)).toMatchObject({ state: 'queued', transport: 'signal' })
    await world.pass(2 * MINUTE)
    expect(await world.message(id)).toMatchObject({ transport: 'sms' })
  })

  it('its validity ends all the same', async () => {
    await world.router.pauses.pause(ALL)
    const { id } = await world.send(ANA, 'soon', { validityMs: 5 * MINUTE })
    await world.pass(7 * MINUTE)
    expect(await world.message(id)).toMatchObject({ state: 'expired', code: 'validity-expired' })
  })

  it('what has begun ends properly', async () => {
    world.sms.at = async (step, part) => {
      if (step === 'submitting' && part === 1) await world.router.pauses.pause(ALL)
    }
    const { id } = await world.send(BEN, 'three parts, of ten each')
    expect(await world.message(id)).toMatchObject({ state: 'sent' })
    expect(world.sms.network.map(({ part }) => part)).toEqual([1, 2, 3])
  })

  it('a text that was claimed and has not begun stays', async () => {
    world.sms.before = () => world.router.pauses.pause(TEXTS)
    const { id } = await world.send(BEN, 'one')
    expect(await world.message(id)).toMatchObject({ state: 'queued' })
    expect([world.sms.network, await world.ledger(id)]).toEqual([[], []])
    world.sms.before = () => {}
    await world.router.pauses.resume(TEXTS)
    await world.settle()
    expect(world.sms.network).toHaveLength(1)
  })

  it('of a paused modem the others do the work, of a paused transport the other', async () => {
    await world.router.pauses.pause({ transport: null, lane: 'mdm_1' })
    await world.send(BEN, 'one')
    expect(world.sms.network.map(({ lane }) => lane)).toEqual(['mdm_2'])
    await world.router.pauses.pause(TEXTS)
    await world.send(BEN, 'two')
    await world.send(ANA, 'three')
    expect([world.sms.network.length, world.signal.sends.length]).toEqual([1, 1])
  })

  it('what it holds up counts as waiting only from when it goes on', async () => {
    const since = () => world.router.pauses.oldestWaitingMs()
    await world.send(BEN, 'is known to have no Signal')
    expect(await since()).toBeUndefined()
    await world.router.pauses.pause(TEXTS)
    await world.send(BEN, 'one')
    await world.pass(20 * MINUTE)
    expect(await since()).toBeUndefined()
    world.signal.before = () => {
      throw new Error('still broken')
    }
    const { created_at_ms: writtenMs } = await world.send(ANA, 'two')
    expect(await since()).toBe(writtenMs)
    world.sms.at = () => {
      throw new Error('broken, too')
    }
    await world.pass(2 * MINUTE)
    await world.router.pauses.pause(SIGNAL)
    await world.router.pauses.resume(TEXTS)
    expect(await since()).toBe(world.nowMs)
    const goneOnMs = world.nowMs
    await world.pass(5 * MINUTE)
    expect(await since()).toBe(goneOnMs)
  })

  it('all modems paused one by one hold up what could leave through any of them', async () => {
    for (const lane of ['mdm_1', 'mdm_2']) await world.router.pauses.pause({ transport: null, lane })
    await world.send(BEN, 'one')
    await world.pass(60 * MINUTE)
    expect(await world.router.pauses.oldestWaitingMs()).toBeUndefined()
  })

  it('says so once in the stream, with what it concerns, and keeps its time', async () => {
    await world.router.pauses.pause(TEXTS)
    const [since] = world.router.pauses.all
    world.nowMs += MINUTE
    await world.router.pauses.pause(TEXTS)
    expect(world.router.pauses.all).toEqual([since])
    await world.router.pauses.resume(ALL)
    await world.router.pauses.resume(TEXTS)
    await world.router.pauses.resume(TEXTS)
    const what = '{"transport":"sms","modem":null}'
    expect(await events()).toEqual([`queue.paused ${what}`, `queue.resumed ${what}`])
    await expect(world.router.pauses.pause({ transport: null, lane: 'mdm_9' })).rejects.toMatchObject({
      code: 'no-such-modem',
    })
  })
})
