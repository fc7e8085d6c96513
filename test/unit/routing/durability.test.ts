/** Killed at any step, with jobs lost or doubled: nothing is lost, and nothing goes twice. */
import { describe, expect, it } from 'vitest'
import { CausewayError } from '../../../src/domain/errors.ts'
import { useWorld, world } from './use-world.ts'
import { ANA, BEN } from './world.ts'

useWorld()

const MINUTE = 60_000
const THREE_PARTS = 'part one..part two..three'

/** Each part at the network at most once. */
function expectNoDouble(): void {
  const keys = world.sms.network.map(({ messageId, part }) => `${messageId} ${part}`)
  expect(new Set(keys).size).toBe(keys.length)
}

describe('killed at any step of a text of three parts, nothing goes twice and reports settle the rest', () => {
  const steps: ['plan' | 'submitting' | 'taken' | 'accepted', number][] = [
    ['plan', 0],
    ['submitting', 1],
    ['taken', 1],
    ['accepted', 1],
    ['submitting', 2],
    ['taken', 2],
    ['accepted', 2],
    ['submitting', 3],
    ['taken', 3],
    ['accepted', 3],
  ]
  it.each(steps)('%s, part %i', async (step, part) => {
    let killed = false
    world.sms.at = async (at, number) => {
      if (killed || at !== step || number !== part) return
      killed = true
      throw await world.crash()
    }
    const { message } = await world.router.submit({ to: BEN, text: THREE_PARTS })
    await world.settle()
    expect(killed).toBe(true)
    await world.reboot()
    await world.pass(MINUTE)
    expectNoDouble()
    const lostInAir = step === 'submitting'
    expect(world.sms.network).toHaveLength(lostInAir ? 2 : 3)
    const known = await world.message(message.id)
    // What came of the last part is committed with the end of the attempt: cut off before that, it is not known.
    const isKnown = step === 'plan' || (step === 'accepted' && part < 3)
    expect(known.state).toBe(isKnown ? 'sent' : 'uncertain')
    await world.reportAll()
    await world.pass(2 * 3_600_000)
    expectNoDouble()
    expect(await world.message(message.id)).toMatchObject(
      lostInAir ? { state: 'uncertain', code: 'no-answer' } : { state: 'delivered' },
    )
    const ledger = await world.ledger(message.id)
    expect(ledger[0]).toMatch(/interrupted|uncertain|accepted/)
    expect(ledger.every((line) => !line.includes('null'))).toBe(true)
  })
})

describe('between the claim of a text and its first octet', () => {
  it('it can still be canceled: nothing leaves, nothing stands in the ledger, the next one goes', async () => {
    const { message } = await world.router.submit({ to: BEN, text: 'never' })
    const { message: next } = await world.router.submit({ to: BEN, text: 'next' })
    world.sms.before = async ({ messageId }) => {
      if (messageId === message.id) await world.router.cancel(messageId)
    }
    await world.settle()
    expect(world.sms.network.map(({ messageId }) => messageId)).toEqual([next.id])
    expect(await world.message(message.id)).toMatchObject({ state: 'canceled', tries: 0 })
    expect(await world.ledger(message.id)).toEqual([])
    expect(await world.message(next.id)).toMatchObject({ state: 'sent' })
  })

  it('it is claimed: whoever comes for it meanwhile finds nothing to do', async () => {
    const { message } = await world.router.submit({ to: BEN, text: 'once' })
    let claims = 0
    world.sms.before = async () => {
      claims += 1
      await world.router.reconcile()
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    await world.settle()
    expect(claims).toBe(1)
    expectNoDouble()
    expect(await world.message(message.id)).toMatchObject({ state: 'sent', tries: 1 })
    expect(await world.ledger(message.id)).toHaveLength(1)
  })

  it('one that the transport refuses then is in the ledger all the same', async () => {
    world.sms.before = () => {
      throw new CausewayError({ code: 'modem-unavailable', message: 'It is away.', retry: 'same-transport' })
    }
    const { message } = await world.router.submit({ to: BEN, text: 'later' })
    await world.settle()
    expect(await world.message(message.id)).toMatchObject({ state: 'queued', tries: 1, code: 'modem-unavailable' })
    expect(await world.ledger(message.id)).toHaveLength(1)
  })
})

describe('killed while a Signal message is sent', () => {
  it.each(['before', 'after'] as const)('%s the server took it: sent under the same time, shown once', async (when) => {
    let killed = false
    world.signal[when] = async () => {
      if (killed) return
      killed = true
      throw await world.crash()
    }
    const { message } = await world.router.submit({ to: ANA, text: 'hello' })
    await world.settle()
    await world.reboot()
    await world.pass(MINUTE)
    expect(world.signal.sends).toHaveLength(2)
    expect(new Set(world.signal.sends.map(({ timestampMs }) => timestampMs)).size).toBe(1)
    expect([...world.signal.shown.values()]).toEqual(['hello'])
    expect(await world.message(message.id)).toMatchObject({ state: 'sent', transport: 'signal' })
    expect(await world.ledger(message.id)).toEqual(['1 signal interrupted interrupted', '2 signal accepted'])
  })
})

describe('jobs are hints', () => {
  it('all of them lost: the reconciler makes them again', async () => {
    world.signal.setAvailable(false)
    world.sms.setAvailable(false)
    for (const text of ['one', 'two', 'three']) await world.send(BEN, text)
    await world.send(ANA, 'four')
    world.outbox.jobs.clear()
    world.signal.lane = world.signal.lane.map((lane) => ({ ...lane, available: true }))
    world.sms.lane = world.sms.lane.map((lane) => ({ ...lane, available: true }))
    await world.router.reconcile()
    await world.settle()
    expect((await world.all()).map(({ state }) => state)).toEqual(['sent', 'sent', 'sent', 'sent'])
    expectNoDouble()
  })

  it('all of them doubled, at once: each message leaves once', async () => {
    const submitted = await Promise.all(
      Array.from({ length: 8 }, (_, index) => world.router.submit({ to: BEN, text: `text ${index}` })),
    )
    await world.settle()
    const old = world.outbox.attempts.slice()
    await Promise.all([...old, ...old].map((job) => world.outbox.handlers.attempt(job)))
    await world.settle()
    expectNoDouble()
    expect(world.sms.network).toHaveLength(submitted.length)
  })

  it('a deadline that comes early or twice does nothing', async () => {
    const sent = await world.send(ANA, 'hello')
    await world.outbox.handlers.deadline(sent.id)
    await world.outbox.handlers.deadline(sent.id)
    await world.outbox.handlers.deadline('msg_unknown')
    await world.settle()
    expect(world.sms.network).toEqual([])
    await world.pass(16 * MINUTE)
    expect(world.sms.network).toHaveLength(1)
  })

  it('everything is planned again after a restart: schedules, fallbacks, validity', async () => {
    const sent = await world.send(ANA, 'falls back')
    const later = await world.send(BEN, 'scheduled', { scheduledAtMs: world.nowMs + 20 * MINUTE })
    await world.reboot()
    await world.pass(21 * MINUTE)
    expect(await world.message(sent.id)).toMatchObject({ transport: 'sms', fallback_code: 'no-receipt' })
    expect(await world.message(later.id)).toMatchObject({ state: 'sent' })
  })
})

describe('at start', () => {
  it('an account that is still being loaded does not turn what waits for Signal into plaintext', async () => {
    await world.receipt('delivered', await world.send(ANA, 'before'))
    world.signal.setAvailable(false)
    const waiting = await world.send(ANA, 'hello')
    // Until it is known whether there is one, its lane is away and not gone (test/unit/signal/account-state.test.ts).
    world.signal.lane = world.signal.lane.map((lane) => ({ ...lane, reason: 'the Signal account is being loaded' }))
    await world.reboot()
    world.sms.setAvailable(false)
    await world.settle()
    world.sms.setAvailable(true)
    await world.settle()
    expect(await world.message(waiting.id)).toMatchObject({ state: 'queued', transport: 'signal' })
    world.signal.setAvailable(true)
    await world.settle()
    expect(await world.message(waiting.id)).toMatchObject({ state: 'sent', transport: 'signal' })
    expect(world.sms.sends).toEqual([])
  })
})
