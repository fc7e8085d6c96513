/** Which transport a message takes, over both at once, in each mode, and when it moves. */
import { describe, expect, it } from 'vitest'
import { useWorld, world } from './use-world.ts'
import { ANA, ANA_ACI, BEN } from './world.ts'

useWorld()

const MINUTE = 60_000
const DAY = 86_400_000

describe('each message takes the best transport', () => {
  it('someone on Signal gets it encrypted, and receipts move it on', async () => {
    const sent = await world.send(ANA, 'hello')
    expect(sent).toMatchObject({ state: 'sent', transport: 'signal', encrypted: 1 })
    await world.receipt('delivered', sent)
    expect(await world.message(sent.id)).toMatchObject({ state: 'delivered', due_at_ms: null })
    await world.receipt('read', sent)
    expect(await world.message(sent.id)).toMatchObject({ state: 'read' })
    expect(world.sms.network).toEqual([])
    expect(await world.ledger(sent.id)).toEqual(['1 signal accepted'])
  })

  it('someone who is not on Signal gets a text at once, and its report delivers it', async () => {
    const sent = await world.send(BEN, 'hello')
    expect(sent).toMatchObject({ state: 'sent', transport: 'sms', encrypted: 0, lane: 'mdm_1' })
    expect(await world.contact(BEN)).toMatchObject({ signal_standing: 'not-registered' })
    const [taken] = world.sms.network
    if (taken === undefined) throw new Error('no text left')
    await world.report(taken)
    expect(await world.message(sent.id)).toMatchObject({ state: 'delivered' })
    expect(world.signal.sends).toEqual([])
  })

  it('a flash message is a text also to someone on Signal, and takes no files', async () => {
    const sent = await world.send(ANA, 'look up', { flash: true })
    expect(sent).toMatchObject({ state: 'sent', transport: 'sms', flash: 1, fallback_from: null })
    expect([world.sms.sends.map(({ flash }) => flash), world.signal.sends]).toEqual([[true], []])
    const wrong = { to: ANA, text: 'look', flash: true }
    const refused = { code: 'invalid-request' }
    await expect(world.router.submit({ ...wrong, media: ['att_1'] })).rejects.toMatchObject(refused)
    await expect(world.router.submit({ ...wrong, policy: 'signal_only' })).rejects.toMatchObject(refused)
  })

  it('one conversation holds what comes and goes on both transports', async () => {
    await world.send(ANA, 'one')
    await world.text(ANA, 'two')
    await world.note(ANA_ACI, 'three', ANA)
    const all = await world.all()
    expect(new Set(all.map(({ conversation_id }) => conversation_id)).size).toBe(1)
    expect(all.map(({ transport }) => transport)).toEqual(['signal', 'sms', 'signal'])
  })

  it('short codes get texts, Signal is never asked about them', async () => {
    const sent = await world.send('32665', 'STOP')
    expect(sent).toMatchObject({ state: 'sent', transport: 'sms' })
    expect(world.sms.sends[0]?.recipient.e164).toBe('32665')
    expect(world.signal.lookUps).toEqual([])
  })

  it('an undelivered report fails it, and a later one repairs it', async () => {
    const sent = await world.send(BEN, 'hello')
    const [taken] = world.sms.network
    if (taken === undefined) throw new Error('no text left')
    await world.report(taken, { outcome: 'permanent-failure', status: 0x41, detail: 'unknown subscriber' })
    expect(await world.message(sent.id)).toMatchObject({ state: 'failed', code: 'undelivered' })
    expect((await world.message(sent.id)).reason).toContain('unknown subscriber')
  })
})

describe('modes', () => {
  it('data-only: no text is ever handed to a modem, whatever happens', async () => {
    await world.router.changeSettings({ mode: 'data_only' })
    const ana = await world.send(ANA, 'hello')
    const ben = await world.send(BEN, 'hello')
    await world.pass(2 * DAY)
    expect(await world.message(ana.id)).toMatchObject({ state: 'sent', transport: 'signal' })
    expect(ben).toMatchObject({ state: 'failed', code: 'not-on-signal' })
    expect(world.sms.sends).toEqual([])
  })

  it('data-only switched on while a message waits for its fallback: no text follows', async () => {
    await world.send(ANA, 'hello')
    await world.router.changeSettings({ mode: 'data_only' })
    await world.pass(DAY)
    expect(world.sms.sends).toEqual([])
  })

  it('data-only switched on while a text waits for its modem: it is not sent', async () => {
    world.sms.setAvailable(false)
    const sent = await world.send(BEN, 'hello')
    expect(sent).toMatchObject({ state: 'queued', transport: 'sms' })
    await world.router.changeSettings({ mode: 'data_only' })
    world.sms.setAvailable(true)
    await world.pass(MINUTE)
    expect(world.sms.sends).toEqual([])
    expect(await world.message(sent.id)).toMatchObject({ state: 'failed' })
  })

  it('sms-only: Signal is neither asked nor used', async () => {
    await world.router.changeSettings({ mode: 'sms_only' })
    expect(await world.send(ANA, 'hello')).toMatchObject({ state: 'sent', transport: 'sms' })
    expect(world.signal.lookUps).toEqual([])
    expect(world.signal.sends).toEqual([])
  })

  it('the chosen mode and a contact’s policy survive a restart', async () => {
    await world.send(ANA, 'hello')
    await world.router.updateContact((await world.contact(ANA)).id, { policy: 'sms_only' })
    await world.router.changeSettings({ mode: 'data_only' })
    await world.reboot()
    expect(await world.router.mode()).toBe('data_only')
    expect(await world.contact(ANA)).toMatchObject({ policy: 'sms_only' })
  })
})

describe('the conversation moves between the transports by itself', () => {
  it('reply in kind: they text while our Signal message is undelivered; next goes as text; any Signal sign brings it back', async () => {
    await world.send(ANA, 'one')
    await world.text(ANA, 'my phone is new')
    expect(await world.contact(ANA)).toMatchObject({ signal_standing: 'stale' })
    expect(await world.send(ANA, 'two')).toMatchObject({ transport: 'sms' })
    await world.note(ANA_ACI, 'back on Signal', ANA)
    expect(await world.contact(ANA)).toMatchObject({ signal_standing: 'registered' })
    expect(await world.send(ANA, 'three')).toMatchObject({ transport: 'signal' })
  })

  it('a delivered Signal message before their text is no evidence', async () => {
    await world.receipt('delivered', await world.send(ANA, 'one'))
    await world.text(ANA, 'just texting')
    expect(await world.contact(ANA)).toMatchObject({ signal_standing: 'registered' })
  })

  it('a late receipt brings a stale contact back', async () => {
    const sent = await world.send(ANA, 'one')
    await world.text(ANA, 'hm')
    await world.receipt('delivered', sent)
    expect(await world.contact(ANA)).toMatchObject({ signal_standing: 'registered' })
  })

  it('a stale contact is looked up again after a day, not before', async () => {
    await world.send(ANA, 'one')
    await world.text(ANA, 'hm')
    const before = world.signal.lookUps.length
    expect(await world.send(ANA, 'two')).toMatchObject({ transport: 'sms' })
    expect(world.signal.lookUps).toHaveLength(before)
    world.nowMs += DAY
    expect(await world.send(ANA, 'three')).toMatchObject({ transport: 'signal' })
    expect(world.signal.lookUps).toHaveLength(before + 1)
  })

  it('someone who joins Signal is found when the negative answer has run out', async () => {
    expect(await world.send(BEN, 'one')).toMatchObject({ transport: 'sms' })
    world.signal.registered.set(BEN, 'b0000000-0000-4000-8000-000000000102')
    expect(await world.send(BEN, 'two')).toMatchObject({ transport: 'sms' })
    world.nowMs += 3_600_000
    expect(await world.send(BEN, 'three')).toMatchObject({ transport: 'signal' })
  })
})
