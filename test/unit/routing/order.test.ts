/** Messages to one person leave in the order in which they were written, and nobody holds up others. */
import { describe, expect, it } from 'vitest'
import { useWorld, world } from './use-world.ts'
import { ANA, BEN } from './world.ts'

useWorld()

const MINUTE = 60_000

describe('order within a conversation', () => {
  it('is kept by the database, whatever order the jobs come in', async () => {
    world.sms.setAvailable(false)
    const texts = Array.from({ length: 12 }, (_, index) => `text ${index}`)
    for (const text of texts) await world.send(BEN, text)
    world.sms.setAvailable(true)
    await world.settle()
    expect(world.sms.sends.map(({ text }) => text)).toEqual(texts)
  })

  it('one that backs off holds up the next for a minute, not for ever; other people are not held up at all', async () => {
    world.sms.before = ({ text }) => {
      if (text === 'first') throw Object.assign(new Error('busy'), { name: 'x' })
    }
    const first = await world.send(BEN, 'first')
    const second = await world.send(BEN, 'second')
    expect(await world.send('+15550000103', 'to another')).toMatchObject({ state: 'sent' })
    expect((await world.message(second.id)).state).toBe('queued')
    await world.pass(3 * MINUTE)
    await world.router.reconcile()
    await world.settle()
    expect((await world.message(first.id)).state).toBe('queued')
    expect((await world.message(second.id)).state).toBe('sent')
  })

  it('a held message holds up nobody', async () => {
    await world.send(ANA, 'first', { policy: 'ask', fallbackAfterMs: 1000 })
    await world.pass(2000)
    expect((await world.send(ANA, 'second')).state).toBe('sent')
  })

  it('64 at once to one person leave one after the other, under strictly increasing times', async () => {
    await world.send(ANA, 'hello')
    await Promise.all(Array.from({ length: 64 }, (_, index) => world.router.submit({ to: ANA, text: `n${index}` })))
    await world.settle()
    const times = world.signal.sends.map(({ timestampMs }) => timestampMs)
    expect(times).toHaveLength(65)
    expect([...times].sort((a, b) => a - b)).toEqual(times)
    expect(new Set(times).size).toBe(65)
  })
})
