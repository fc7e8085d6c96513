/** A transport that is away, that refuses, or whose directory is busy: who waits for it, and what goes the other way. */
import { describe, expect, it } from 'vitest'
import { listLegs } from '../../../src/store/mailbox.ts'
import { refusal } from './fake-transports.ts'
import { useWorld, world } from './use-world.ts'
import { ANA, BEN } from './world.ts'

useWorld()

const MINUTE = 60_000
const DAY = 86_400_000

describe('a transport that is away', () => {
  it('Signal: held for fallback_after, then a text with the reason', async () => {
    await world.receipt('delivered', await world.send(ANA, 'before'))
    world.signal.setAvailable(false)
    const sent = await world.send(ANA, 'hello')
    expect(sent).toMatchObject({ state: 'queued', transport: 'signal' })
    await world.pass(15 * MINUTE + 1)
    expect(await world.message(sent.id)).toMatchObject({
      state: 'sent',
      transport: 'sms',
      fallback_code: 'signal-unreachable',
    })
  })

  it('Signal: somebody never seen there is not kept waiting for it', async () => {
    world.signal.setAvailable(false)
    const sent = await world.send(ANA, 'alert')
    expect(sent).toMatchObject({ state: 'queued', transport: 'signal' })
    await world.pass(20_001)
    expect(await world.message(sent.id)).toMatchObject({
      state: 'sent',
      transport: 'sms',
      fallback_code: 'signal-unreachable',
      fallback_reason: 'Signal could not be reached within 20 s',
    })
  })

  it.each([
    ['while the message waited for the directory', { inFlight: false }],
    ['in the middle of the attempt', { inFlight: true }],
  ])('Signal goes away %s: somebody never seen there is not kept waiting either', async (_, { inFlight }) => {
    world.signal.directoryBusyMs = inFlight ? 0 : MINUTE
    world.signal.before = () => {
      world.signal.setAvailable(false)
      throw refusal('signal-unreachable')
    }
    const sent = await world.send(ANA, 'alert')
    expect(sent).toMatchObject({ state: 'queued', transport: 'signal' })
    expect(world.signal.sends.length).toBe(inFlight ? 1 : 0)
    world.signal.setAvailable(false)
    await world.pass(20_001)
    expect(await world.message(sent.id)).toMatchObject({
      state: 'sent',
      transport: 'sms',
      fallback_code: 'signal-unreachable',
    })
  })

  it('Signal: back before that, it goes encrypted at once', async () => {
    await world.receipt('delivered', await world.send(ANA, 'before'))
    world.signal.setAvailable(false)
    const sent = await world.send(ANA, 'hello')
    await world.pass(5 * MINUTE)
    world.signal.setAvailable(true)
    await world.settle()
    expect(await world.message(sent.id)).toMatchObject({ state: 'sent', transport: 'signal' })
  })

  it('Signal: an account that the owner gave up is not waited for; what follows, or waits by then, is a text, and says why', async () => {
    await world.receipt('delivered', await world.send(ANA, 'before'))
    world.signal.setAvailable(false)
    const waiting = await world.send(ANA, 'hello')
    const { message: bound } = await world.router.submit({ to: ANA, text: 'only so', policy: 'signal_only' })
    expect(waiting).toMatchObject({ state: 'queued', transport: 'signal' })
    world.signal.lane = []
    world.signal.setAvailable(false)
    await world.settle()
    const code = 'signal-no-account'
    const left = {
      state: 'sent',
      transport: 'sms',
      fallback_code: code,
      fallback_reason: 'there is no Signal account here',
    }
    expect(await world.message(waiting.id)).toMatchObject(left)
    const next = await world.send(ANA, 'next')
    expect(next).toMatchObject({ state: 'sent', transport: 'sms' })
    expect(await listLegs(world.db, next.id)).toMatchObject([{ code, reason: 'there is no Signal account here' }])
    // What may go no other way waits for another account.
    expect(await world.message(bound.id)).toMatchObject({ state: 'queued', transport: 'signal' })
  })

  it('Signal with signal_only: waits however long, drains when it is back', async () => {
    world.signal.setAvailable(false)
    const { message: sent } = await world.router.submit({ to: ANA, text: 'hello', policy: 'signal_only' })
    await world.pass(20 * 3_600_000)
    expect(await world.message(sent.id)).toMatchObject({ state: 'queued', transport: 'signal' })
    world.signal.setAvailable(true)
    await world.settle()
    expect(await world.message(sent.id)).toMatchObject({ state: 'sent' })
    expect(world.sms.sends).toEqual([])
  })

  it('Signal fails while sending: backs off, does not hammer, and falls back in time', async () => {
    world.signal.before = () => {
      throw refusal('signal-unreachable')
    }
    const sent = await world.send(ANA, 'hello')
    await world.pass(15 * MINUTE + 1)
    expect(world.signal.sends.length).toBeGreaterThan(3)
    expect(world.signal.sends.length).toBeLessThan(14)
    expect(await world.message(sent.id)).toMatchObject({ state: 'sent', transport: 'sms' })
  })

  it('the modem: a text waits until validity ends, and says why', async () => {
    world.sms.setAvailable(false)
    const sent = await world.send(BEN, 'hello')
    expect(sent.state).toBe('queued')
    await world.pass(DAY + 1)
    const expired = await world.message(sent.id)
    expect(expired).toMatchObject({ state: 'expired', code: 'validity-expired' })
    expect(expired.reason).toContain('1 day')
  })

  it('the modem: another one that is there takes the text', async () => {
    world.sms.setAvailable(false, 'mdm_1')
    expect(await world.send(BEN, 'hello')).toMatchObject({ state: 'sent', lane: 'mdm_2' })
    world.sms.setAvailable(true, 'mdm_1')
    // The conversation keeps the number it has.
    expect(await world.send(BEN, 'again')).toMatchObject({ state: 'sent', lane: 'mdm_2' })
  })

  it('the modem, for a stale contact: Signal after all', async () => {
    await world.send(ANA, 'one')
    await world.text(ANA, 'hm')
    world.sms.setAvailable(false)
    expect(await world.send(ANA, 'two')).toMatchObject({ state: 'sent', transport: 'signal' })
  })

  it('the modem goes while a stale contact’s text is queued: Signal after all', async () => {
    await world.send(ANA, 'one')
    await world.text(ANA, 'hm')
    world.sms.before = () => {
      throw refusal('modem-unavailable')
    }
    const queued = await world.send(ANA, 'two')
    expect(queued).toMatchObject({ state: 'queued', transport: 'sms' })
    world.sms.setAvailable(false)
    await world.settle()
    expect(await world.message(queued.id)).toMatchObject({ state: 'sent', transport: 'signal' })
  })

  it('a modem’s return ends the back-off of what waited for it', async () => {
    world.sms.before = () => {
      throw refusal('modem-unavailable', 300_000)
    }
    const sent = await world.send(BEN, 'hello')
    expect(sent).toMatchObject({ state: 'queued', code: 'modem-unavailable' })
    world.sms.setAvailable(false)
    await world.settle()
    world.sms.before = () => {}
    world.sms.setAvailable(true)
    await world.settle()
    expect(await world.message(sent.id)).toMatchObject({ state: 'sent' })
  })

  it('a captcha: held; the text goes after fallback_after; solved before, it goes encrypted', async () => {
    world.signal.before = () => {
      throw refusal('signal-challenge')
    }
    const one = await world.send(ANA, 'one')
    expect(one).toMatchObject({ state: 'held', code: 'signal-challenge' })
    await world.pass(15 * MINUTE + 1)
    expect(await world.message(one.id)).toMatchObject({ state: 'sent', transport: 'sms' })
    const two = await world.send(ANA, 'two')
    expect(two).toMatchObject({ state: 'held' })
    world.signal.setAvailable(false)
    await world.settle()
    world.signal.before = () => {}
    world.signal.setAvailable(true)
    await world.settle()
    expect(await world.message(two.id)).toMatchObject({ state: 'sent', transport: 'signal' })
  })
})

describe('refusals', () => {
  it('never: failed with the driver’s words', async () => {
    world.sms.before = () => {
      throw refusal('text-too-long')
    }
    expect(await world.send(BEN, 'hello')).toMatchObject({ state: 'failed', code: 'text-too-long' })
  })

  it('the network refuses the number: Signal when they are there, else failed with the network’s code', async () => {
    world.sms.before = () => {
      throw refusal('cms-1')
    }
    expect(await world.send(BEN, 'hello')).toMatchObject({ state: 'failed', code: 'cms-1' })
    await world.send(ANA, 'one')
    await world.text(ANA, 'hm')
    expect(await world.send(ANA, 'two')).toMatchObject({ state: 'sent', transport: 'signal', fallback_from: 'sms' })
  })

  it('the directory is busy: the message waits for it, and falls back in time', async () => {
    world.signal.directoryBusyMs = 5 * MINUTE
    const sent = await world.send(ANA, 'hello')
    expect(sent).toMatchObject({ state: 'queued', code: 'directory-unavailable' })
    expect(world.signal.lookUps).toHaveLength(1)
    world.signal.directoryBusyMs = undefined
    await world.pass(5 * MINUTE + 1)
    expect(await world.message(sent.id)).toMatchObject({ state: 'sent', transport: 'signal' })
    expect(world.signal.lookUps).toHaveLength(2)
  })

  it('a transport that breaks is tried again, not trusted', async () => {
    let broken = true
    world.signal.before = () => {
      if (broken) throw new TypeError('a bug')
    }
    const sent = await world.send(ANA, 'hello')
    expect(sent).toMatchObject({ state: 'queued', code: 'internal' })
    broken = false
    await world.pass(MINUTE)
    expect(await world.message(sent.id)).toMatchObject({ state: 'sent' })
  })
})
