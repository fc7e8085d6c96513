/** What is no receipt, and what is an answer that somebody is not there: a text follows, is asked about, or does not. */
import { describe, expect, it } from 'vitest'
import { listLegs } from '../../../src/store/mailbox.ts'
import { useWorld, world } from './use-world.ts'
import { ANA, BEN } from './world.ts'

useWorld()

const MINUTE = 60_000
const DAY = 86_400_000

describe('soft evidence', () => {
  it('a text of a fallback is never shown as encrypted, also when its report is quicker than the modem’s answer', async () => {
    world.sms.at = async (step) => {
      const taken = world.sms.network.at(-1)
      if (step === 'taken' && taken !== undefined) await world.report(taken)
    }
    const sent = await world.send(ANA, 'hello')
    expect(await world.message(sent.id)).toMatchObject({ state: 'sent', transport: 'signal', encrypted: 1 })
    await world.pass(15 * MINUTE + 1)
    expect(await world.message(sent.id)).toMatchObject({ state: 'delivered', transport: 'sms', encrypted: 0 })
  })

  it('auto: no receipt in time, a text with its note; the late receipt repairs, and says that both went', async () => {
    const sent = await world.send(ANA, 'hello')
    await world.pass(15 * MINUTE - 1)
    expect(world.sms.network).toHaveLength(0)
    await world.pass(2)
    const fallen = await world.message(sent.id)
    expect(fallen).toMatchObject({
      state: 'sent',
      transport: 'sms',
      fallback_from: 'signal',
      fallback_code: 'no-receipt',
      fallback_reason: 'no delivery receipt over Signal within 15 min',
      fallback_values_json: '{"after":"PT15M","code":"no-receipt"}',
    })
    expect((await listLegs(world.db, sent.id)).map(({ code, values_json: json }) => [code, json])).toEqual([
      ['encrypted-first', null],
      ['no-receipt', '{"after":"PT15M","code":"no-receipt"}'],
    ])
    expect(await world.ledger(sent.id)).toEqual(['1 signal accepted', '2 sms accepted'])
    await world.receipt('delivered', sent)
    expect(await world.message(sent.id)).toMatchObject({
      state: 'delivered',
      transport: 'signal',
      twin_transport: 'sms',
      encrypted: 1,
    })
    expect(world.sms.network).toHaveLength(1)
  })

  it('a receipt in time: the deadline finds nothing to do', async () => {
    const sent = await world.send(ANA, 'hello')
    await world.receipt('delivered', sent)
    await world.pass(DAY)
    expect(world.sms.network).toEqual([])
  })

  it('a late receipt while the text waits for the modem takes the text back', async () => {
    const sent = await world.send(ANA, 'hello')
    world.sms.setAvailable(false)
    await world.pass(16 * MINUTE)
    expect(await world.message(sent.id)).toMatchObject({ state: 'queued', transport: 'sms' })
    await world.receipt('delivered', sent)
    world.sms.setAvailable(true)
    await world.pass(MINUTE)
    expect(await world.message(sent.id)).toMatchObject({
      state: 'delivered',
      transport: 'signal',
      fallback_from: null,
      twin_transport: null,
    })
    expect(world.sms.network).toEqual([])
  })

  it('fallback_after of the message wins', async () => {
    await world.send(ANA, 'hello', { fallbackAfterMs: MINUTE })
    await world.pass(MINUTE + 1)
    expect(world.sms.network).toHaveLength(1)
  })

  it('the time of a contact holds, below that of a message and above that of the settings', async () => {
    await world.receipt('delivered', await world.send(ANA, 'before'))
    const { id } = await world.contact(ANA)
    await world.router.updateContact(id, { fallbackAfterMs: 5 * MINUTE })
    const [own, said] = [await world.send(ANA, 'one'), await world.send(ANA, 'two', { fallbackAfterMs: 7 * MINUTE })]
    await world.pass(5 * MINUTE + 1)
    const note = 'no delivery receipt over Signal within 5 min'
    expect(await world.message(own.id)).toMatchObject({ transport: 'sms', fallback_reason: note })
    expect(await world.message(said.id)).toMatchObject({ transport: 'signal', state: 'sent' })
    await world.pass(2 * MINUTE)
    expect(await world.message(said.id)).toMatchObject({ transport: 'sms' })
    await world.router.updateContact(id, { fallbackAfterMs: null })
    const usual = await world.send(ANA, 'three')
    await world.pass(14 * MINUTE)
    expect(await world.message(usual.id)).toMatchObject({ transport: 'signal', state: 'sent' })
    await world.pass(MINUTE + 1)
    expect(await world.message(usual.id)).toMatchObject({ transport: 'sms' })
  })

  it('what waits already keeps its time when that of the contact is changed', async () => {
    const sent = await world.send(ANA, 'hello')
    await world.router.updateContact((await world.contact(ANA)).id, { fallbackAfterMs: MINUTE })
    await world.pass(14 * MINUTE)
    expect(await world.message(sent.id)).toMatchObject({ transport: 'signal', state: 'sent' })
    await world.pass(MINUTE + 1)
    expect(await world.message(sent.id)).toMatchObject({ transport: 'sms' })
  })

  it('ask: held with its reason, nothing sent until a person agrees', async () => {
    const sent = await world.send(ANA, 'hello', { policy: 'ask' })
    await world.pass(16 * MINUTE)
    const held = await world.message(sent.id)
    expect(held).toMatchObject({ state: 'held', code: 'consent-needed' })
    expect(held.reason).toContain('no delivery receipt over Signal within 15 min')
    expect(world.sms.network).toEqual([])
    await world.router.approve(sent.id)
    await world.settle()
    expect(await world.message(sent.id)).toMatchObject({ state: 'sent', transport: 'sms' })
    expect(world.sms.network).toHaveLength(1)
    expect((await listLegs(world.db, sent.id)).at(-1)?.reason).toMatch(
      /; it waited for consent, which a person has given$/,
    )
  })

  it('ask: declined, it stays sent over Signal; a late receipt delivers it', async () => {
    const sent = await world.send(ANA, 'hello', { policy: 'ask' })
    await world.pass(16 * MINUTE)
    expect(await world.router.cancel(sent.id)).toMatchObject({ state: 'sent', transport: 'signal' })
    await world.pass(DAY * 2)
    expect(world.sms.network).toEqual([])
    await world.receipt('delivered', sent)
    expect(await world.message(sent.id)).toMatchObject({ state: 'delivered' })
  })

  it('ask: a receipt while it is held delivers it', async () => {
    const sent = await world.send(ANA, 'hello', { policy: 'ask' })
    await world.pass(16 * MINUTE)
    await world.receipt('delivered', sent)
    expect(await world.message(sent.id)).toMatchObject({ state: 'delivered' })
  })

  it('after validity nobody wants the text any more', async () => {
    const sent = await world.send(ANA, 'hello', { validityMs: 10 * MINUTE })
    await world.pass(DAY)
    expect(await world.message(sent.id)).toMatchObject({ state: 'sent', transport: 'signal' })
    expect(world.sms.network).toEqual([])
  })
})

describe('hard evidence', () => {
  it('unregistered while sending: a text at once, the contact is stale, and the next one goes as text directly', async () => {
    await world.receipt('delivered', await world.send(ANA, 'one'))
    world.signal.registered.clear()
    const second = await world.send(ANA, 'two')
    expect(second).toMatchObject({
      state: 'sent',
      transport: 'sms',
      fallback_from: 'signal',
      fallback_code: 'not-on-signal',
    })
    expect(await world.ledger(second.id)).toEqual(['1 signal other-transport not-on-signal', '2 sms accepted'])
    expect(await world.contact(ANA)).toMatchObject({ signal_standing: 'stale' })
    const attempts = world.signal.sends.length
    expect(await world.send(ANA, 'three')).toMatchObject({ transport: 'sms' })
    expect(world.signal.sends).toHaveLength(attempts)
  })

  it('signal_only to someone not there: failed, not-on-signal, no text', async () => {
    const sent = await world.send(BEN, 'hello', { policy: 'signal_only' })
    expect(sent).toMatchObject({ state: 'failed', code: 'not-on-signal' })
    expect(world.sms.sends).toEqual([])
  })

  it('a verified contact that left is asked about', async () => {
    const first = await world.send(ANA, 'one')
    await world.receipt('delivered', first)
    const { id } = await world.contact(ANA)
    await world.router.updateContact(id, { verified: true })
    world.signal.registered.clear()
    const second = await world.send(ANA, 'two')
    expect(second).toMatchObject({ state: 'held', code: 'consent-needed' })
    expect(world.sms.sends).toEqual([])
    await world.router.approve(second.id)
    await world.settle()
    expect(await world.message(second.id)).toMatchObject({ state: 'sent', transport: 'sms' })
  })
})
