import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { listLegs } from '../../../src/store/mailbox.ts'
import { ANA, ANA_ACI, BEN, refusal, World } from './world.ts'

let world: World
beforeEach(async () => {
  world = await World.open()
})
afterEach(() => world.close())

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
    })
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

describe('identity changed', () => {
  it('while sending: held, no text; consent sends it encrypted', async () => {
    let trusted = false
    world.signal.before = () => {
      if (!trusted) throw refusal('identity-changed')
    }
    const held = await world.send(ANA, 'hello')
    expect(held).toMatchObject({ state: 'held', code: 'identity-changed' })
    await world.pass(DAY / 2)
    expect(world.sms.sends).toEqual([])
    trusted = true
    await world.router.approve(held.id)
    await world.settle()
    expect(await world.message(held.id)).toMatchObject({ state: 'sent', transport: 'signal' })
    expect(world.signal.approved).toHaveLength(1)
    expect(await world.contact(ANA)).toMatchObject({ identity_changed_at_ms: null })
  })

  it('learnt by the way: what is sent next is held, and consent for the contact releases all of it', async () => {
    await world.send(ANA, 'before')
    await world.router.sink.capability({
      transport: 'signal',
      kind: 'identity-changed',
      recipient: { e164: undefined, aci: ANA_ACI, pni: undefined },
      atMs: world.nowMs,
    })
    const one = await world.send(ANA, 'one')
    const two = await world.send(ANA, 'two')
    expect([one.code, two.code]).toEqual(['identity-changed', 'identity-changed'])
    await world.router.approveIdentity((await world.contact(ANA)).id)
    await world.settle()
    expect(await world.message(one.id)).toMatchObject({ state: 'sent', transport: 'signal' })
    expect(await world.message(two.id)).toMatchObject({ state: 'sent', transport: 'signal' })
  })

  it('a message waiting for its receipt is not followed by a text once the identity has changed', async () => {
    const sent = await world.send(ANA, 'hello')
    await world.router.sink.capability({
      transport: 'signal',
      kind: 'identity-changed',
      recipient: { e164: ANA, aci: ANA_ACI, pni: undefined },
      atMs: world.nowMs,
    })
    await world.pass(20 * MINUTE)
    expect(world.sms.sends).toEqual([])
    expect((await world.message(sent.id)).transport).toBe('signal')
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

  it('Signal: back before that, it goes encrypted at once', async () => {
    await world.receipt('delivered', await world.send(ANA, 'before'))
    world.signal.setAvailable(false)
    const sent = await world.send(ANA, 'hello')
    await world.pass(5 * MINUTE)
    world.signal.setAvailable(true)
    await world.settle()
    expect(await world.message(sent.id)).toMatchObject({ state: 'sent', transport: 'signal' })
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

  describe('roaming', () => {
    function roam(roaming: boolean, id?: string): void {
      world.sms.lane = world.sms.lane.map((lane) => (id === undefined || lane.id === id ? { ...lane, roaming } : lane))
      world.sms.setAvailable(true)
    }

    it('never: texts wait until a modem is home', async () => {
      world.settings.whenRoaming = 'never'
      roam(true)
      const sent = await world.send(BEN, 'hello')
      expect(sent).toMatchObject({ state: 'queued', transport: 'sms' })
      roam(false)
      await world.settle()
      expect(await world.message(sent.id)).toMatchObject({ state: 'sent' })
    })

    it('always: texts go as they do at home', async () => {
      world.settings.whenRoaming = 'always'
      roam(true)
      expect(await world.send(BEN, 'hello')).toMatchObject({ state: 'sent' })
    })

    it('ask: a text is held with its reason, and goes when a person agrees', async () => {
      roam(true)
      const held = await world.send(BEN, 'hello')
      expect(held).toMatchObject({ state: 'held', code: 'consent-needed' })
      expect(held.reason).toContain('the modem is roaming, where a text may cost more, so a text needs your consent')
      expect(world.sms.network).toEqual([])
      await world.router.approve(held.id)
      await world.settle()
      expect(await world.message(held.id)).toMatchObject({ state: 'sent' })
    })

    it('ask: what was held for roaming alone goes by itself when the modem is home; what a policy holds does not', async () => {
      world.settings.mode = 'sms_only'
      await world.send(ANA, 'who is this')
      const ana = await world.contact(ANA)
      await world.router.updateContact(ana.id, { verified: true })
      roam(true)
      const price = await world.send(BEN, 'hello')
      const verified = await world.send(ANA, 'hello')
      roam(false)
      await world.settle()
      expect(await world.message(price.id)).toMatchObject({ state: 'sent' })
      expect(await world.message(verified.id)).toMatchObject({ state: 'held' })
    })

    it('ask: nobody is asked while another modem is at home, which goes first', async () => {
      await world.text(BEN, 'hello', { lane: 'mdm_1' })
      roam(true, 'mdm_1')
      expect(await world.send(BEN, 'hello')).toMatchObject({ state: 'sent', lane: 'mdm_2' })
    })

    it('over Signal nobody is asked', async () => {
      roam(true)
      expect(await world.send(ANA, 'hello')).toMatchObject({ state: 'sent', transport: 'signal' })
    })
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

describe('a person decides', () => {
  it('cancel: what has not left is taken back; what has left is not', async () => {
    world.sms.setAvailable(false)
    const waiting = await world.send(BEN, 'hello')
    expect(await world.router.cancel(waiting.id)).toMatchObject({ state: 'canceled' })
    world.sms.setAvailable(true)
    await world.pass(MINUTE)
    expect(world.sms.sends).toEqual([])
    const sent = await world.send(BEN, 'hello')
    await expect(world.router.cancel(sent.id)).rejects.toMatchObject({ code: 'wrong-state' })
    await expect(world.router.cancel('msg_0')).rejects.toMatchObject({ code: 'unknown-message' })
  })

  it('retry: a failed message is planned anew, old refusals forgotten', async () => {
    const failed = await world.send(BEN, 'hello', { policy: 'signal_only' })
    expect(failed.state).toBe('failed')
    world.signal.registered.set(BEN, 'b0000000-0000-4000-8000-000000000102')
    world.nowMs += 3_600_000
    await world.router.retry(failed.id)
    await world.settle()
    expect(await world.message(failed.id)).toMatchObject({ state: 'sent', transport: 'signal' })
  })

  it('a policy that no longer asks releases what was held', async () => {
    const sent = await world.send(ANA, 'hello', { fallbackAfterMs: MINUTE })
    const { id } = await world.contact(ANA)
    await world.router.updateContact(id, { policy: 'ask' })
    await world.pass(MINUTE + 1)
    expect(await world.message(sent.id)).toMatchObject({ state: 'held' })
    await world.router.updateContact(id, { policy: 'auto' })
    await world.settle()
    expect(await world.message(sent.id)).toMatchObject({ state: 'sent', transport: 'sms' })
  })

  it('a contact is changed only by who has seen it as it is', async () => {
    await world.send(ANA, 'hello')
    const { id, version } = await world.contact(ANA)
    await world.router.updateContact(id, { name: 'Ana' }, version)
    await expect(world.router.updateContact(id, { name: 'Eve' }, version)).rejects.toMatchObject({
      code: 'version-mismatch',
    })
  })

  it('a scheduled message leaves at its time, under that time, by the facts of then', async () => {
    const atMs = world.nowMs + 3 * 3_600_000
    const planned = await world.send(ANA, 'later', { scheduledAtMs: atMs })
    expect(planned).toMatchObject({ state: 'scheduled' })
    await world.pass(3 * 3_600_000 - 1000)
    expect(world.signal.sends).toEqual([])
    await world.pass(2000)
    const sent = await world.message(planned.id)
    expect(sent).toMatchObject({ state: 'sent', transport: 'signal' })
    expect(sent.sent_timestamp_ms).toBeGreaterThanOrEqual(atMs)
  })
})

describe('every state has a reason', () => {
  it('in words, for every held, failed, expired and uncertain message', async () => {
    world.sms.at = (step) => (step === 'taken' ? 'lost' : undefined)
    await world.send(BEN, 'uncertain')
    await world.send(BEN, 'failed', { policy: 'signal_only' })
    await world.send(ANA, 'held', { policy: 'ask', fallbackAfterMs: 1000 })
    await world.pass(2000)
    const states = await world.all()
    expect(states.map(({ state }) => state).sort()).toEqual(['failed', 'held', 'uncertain'])
    for (const { code, reason } of states) {
      expect(code).toMatch(/^[a-z0-9-]+$/)
      expect(reason?.length).toBeGreaterThan(10)
    }
  })
})
