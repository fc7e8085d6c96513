import { beforeEach, describe, expect, it } from 'vitest'
import { listLegs } from '../../../src/store/mailbox.ts'
import { useWorld, world } from './use-world.ts'
import { ANA, BEN, START_MS, type World } from './world.ts'

const MINUTE = 60_000
// The world begins at 14:13:20 UTC.
const END_MS = Date.parse('2026-09-21T16:00:00Z')

useWorld({ quietHours: '14:00-16:00', timeZone: 'UTC' })
beforeEach(async () => {
  expect(new Date(START_MS).toISOString()).toBe('2026-09-21T14:13:20.000Z')
})

/** Sent over Signal, and no receipt has come in time. */
async function unanswered(more: Parameters<World['send']>[2] = {}): Promise<string> {
  const { id } = await world.send(ANA, 'good night', more)
  await world.pass(15 * MINUTE + 1)
  return id
}

describe('in quiet hours', () => {
  it('a text that would follow by itself waits for their end, says why, and leaves then', async () => {
    const id = await unanswered()
    expect(await world.message(id)).toMatchObject({
      state: 'queued',
      transport: 'sms',
      code: 'quiet-hours',
      reason: 'waits: no text follows by itself in the quiet hours (14:00-16:00, UTC)',
      not_before_ms: END_MS,
    })
    await world.pass(END_MS - world.nowMs - 1_000)
    expect(world.sms.network).toEqual([])
    await world.pass(2_000)
    expect(world.sms.network).toMatchObject([{ messageId: id }])
    expect((await listLegs(world.db, id)).at(-1)?.reason).toBe(
      'no delivery receipt over Signal within 15 min; it waited for the end of the quiet hours (14:00-16:00, UTC)',
    )
  })

  it('a person can send it now all the same', async () => {
    const id = await unanswered()
    await world.router.sendAsText(id)
    await world.settle()
    expect(world.sms.network).toHaveLength(1)
    await expect(world.router.sendAsText(id)).rejects.toMatchObject({ code: 'wrong-state' })
  })

  it('what a person sent as a text, what is urgent, and what was a text from the start leave at once', async () => {
    const { id } = await world.send(ANA, 'now')
    await world.router.sendAsText(id)
    await world.send(BEN, 'no Signal')
    await world.settle()
    expect(world.sms.network).toHaveLength(2)
    const urgent = await unanswered({ priority: 'urgent' })
    expect(world.sms.network.at(-1)).toMatchObject({ messageId: urgent })
  })

  it('who turns out to have left Signal is written to at once', async () => {
    await world.send(ANA, 'known there')
    world.signal.registered.delete(ANA)
    const { id } = await world.send(ANA, 'now')
    expect(await world.message(id)).toMatchObject({ state: 'sent', transport: 'sms' })
  })

  it('changed or switched off, they hold for what waits', async () => {
    const id = await unanswered()
    await world.router.changeSettings({ quietHours: '14:00-15:00' })
    await world.settle()
    expect((await world.message(id)).not_before_ms).toBe(END_MS - 60 * MINUTE)
    await world.router.changeSettings({ quietHours: 'off' })
    await world.settle()
    expect(world.sms.network).toHaveLength(1)
  })

  it('over a restart it waits on, and a receipt that comes meanwhile makes the text needless', async () => {
    const id = await unanswered()
    await world.reboot()
    await world.settle()
    expect(await world.message(id)).toMatchObject({ state: 'queued', not_before_ms: END_MS })
    await world.receipt('delivered', await world.message(id))
    await world.pass(3 * 60 * MINUTE)
    expect([(await world.message(id)).state, world.sms.network]).toEqual(['delivered', []])
  })

  it('a message that nobody wants any more by then is not sent as a text', async () => {
    const id = await unanswered({ validityMs: 60 * MINUTE })
    await world.pass(3 * 60 * MINUTE)
    expect([(await world.message(id)).state, world.sms.network]).toEqual(['sent', []])
  })
})
