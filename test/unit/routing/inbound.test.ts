import { describe, expect, it } from 'vitest'
import type { InboundSegment } from '../../../src/domain/sink.ts'
import type { UnitOfWork } from '../../../src/domain/transport.ts'
import { listConversations } from '../../../src/store/mailbox.ts'
import { listQuarantine } from '../../../src/store/quarantine.ts'
import { useWorld, world } from './use-world.ts'
import { ANA, ANA_ACI, BEN } from './world.ts'

useWorld()

const MINUTE = 60_000

describe('inbound messages', () => {
  it('are stored once, however often they come', async () => {
    expect(await world.text(BEN, 'hello', { dedupeKey: 'pdu_1' })).toBe(true)
    expect(await world.text(BEN, 'hello', { dedupeKey: 'pdu_1' })).toBe(false)
    expect(await world.all()).toHaveLength(1)
  })

  it('two honest identical texts are two messages', async () => {
    await world.text(BEN, 'hello', { dedupeKey: 'pdu_1' })
    await world.text(BEN, 'hello', { dedupeKey: 'pdu_2' })
    expect(await world.all()).toHaveLength(2)
  })

  it('make an unread conversation with the newest message on top', async () => {
    await world.text(BEN, 'one')
    world.nowMs += 1000
    await world.text(BEN, 'two')
    const [view] = (await listConversations(world.db, { limit: 10 })).data
    expect(view).toMatchObject({ conversation: { unread: 2 }, contact: { e164: BEN }, lastMessage: { text: 'two' } })
    const id = view?.conversation.id ?? ''
    const before = await world.events.latest()
    await world.router.markRead(id)
    expect((await listConversations(world.db, { limit: 10 })).data[0]?.conversation.unread).toBe(0)
    // Whoever else looks hears of it, once.
    await world.router.markRead(id)
    expect((await world.events.since(before, 10)).map(({ type }) => type)).toEqual(['conversation.read'])
  })

  it('a rolled back driver transaction leaves nothing, and the same message is new again', async () => {
    const message = { dedupeKey: 'envelope-1' }
    await expect(
      world.db.transaction().execute(async (tx) => {
        const unit = tx as unknown as UnitOfWork
        await world.router.sink.message(
          {
            transport: 'signal',
            lane: 'signal',
            from: { address: ANA, aci: ANA_ACI, pni: undefined, name: undefined },
            text: 'hello',
            sentAtMs: world.nowMs,
            receivedAtMs: world.nowMs,
            encrypted: true,
            ...message,
          },
          unit,
        )
        throw new Error('the ratchet did not fit')
      }),
    ).rejects.toThrow('ratchet')
    expect(await world.all()).toEqual([])
    expect(await world.note(ANA_ACI, 'hello', ANA, message)).toBe(true)
  })

  it('listeners hear of a driver’s transaction when it says that it was committed', async () => {
    let heard = 0
    world.events.onAppended(() => {
      heard += 1
    })
    await world.db.transaction().execute(async (tx) => {
      await world.router.sink.quarantine(
        {
          transport: 'signal',
          lane: 'signal',
          raw: '00',
          code: 'garbage',
          detail: 'no message',
          dedupeKey: 'q',
          receivedAtMs: world.nowMs,
        },
        tx as unknown as UnitOfWork,
      )
    })
    expect(heard).toBe(0)
    world.router.sink.committed()
    expect(heard).toBe(1)
  })

  it('alphanumeric senders and short codes are people of their own', async () => {
    await world.text('MyBank', 'code 1234')
    await world.text('32665', 'ad')
    await world.text('mybank', 'other')
    const senders = (await world.db.selectFrom('contacts').select('sender').execute()).map(({ sender }) => sender)
    expect(senders.sort()).toEqual(['32665', 'MyBank', 'mybank'])
  })
})

describe('one person', () => {
  const conversations = () => world.db.selectFrom('conversations').select('id').execute()

  it('who writes from a number and from an account that Signal vouches for is one conversation', async () => {
    await world.text(ANA, 'by text')
    await world.note(ANA_ACI, 'by Signal', ANA)
    expect(await conversations()).toHaveLength(1)
    expect(await world.contact(ANA)).toMatchObject({ aci: ANA_ACI, signal_standing: 'registered' })
  })

  it('whose number is learnt later: the two conversations become one, with all messages and the stricter facts', async () => {
    await world.text(ANA, 'by text')
    await world.note(ANA_ACI, 'by Signal')
    expect(await conversations()).toHaveLength(2)
    const byAccount = await world.db
      .selectFrom('contacts')
      .selectAll()
      .where('aci', '=', ANA_ACI)
      .executeTakeFirstOrThrow()
    await world.router.updateContact(byAccount.id, { verified: true, policy: 'signal_only', fallbackAfterMs: 60_000 })
    await world.router.sink.capability({
      transport: 'signal',
      kind: 'linked',
      recipient: { e164: ANA, aci: ANA_ACI, pni: undefined },
      atMs: world.nowMs,
    })
    expect(await conversations()).toHaveLength(1)
    const kept = { verified: 1, policy: 'signal_only', fallback_after_ms: 60_000 }
    expect(await world.contact(ANA)).toMatchObject({ aci: ANA_ACI, ...kept })
    const all = await world.all()
    expect(new Set(all.map(({ conversation_id }) => conversation_id)).size).toBe(1)
    expect((await listConversations(world.db, { limit: 5 })).data[0]?.conversation.unread).toBe(2)
  })

  it('the directory joins them, too', async () => {
    await world.note(ANA_ACI, 'by Signal')
    const sent = await world.send(ANA, 'hello')
    expect(sent).toMatchObject({ state: 'sent', transport: 'signal' })
    expect(await conversations()).toHaveLength(1)
  })

  it('another account behind a known number is a changed identity: nothing more goes to it unasked', async () => {
    await world.send(ANA, 'hello')
    await world.note('b0000000-0000-4000-8000-00000000beef', 'new phone, who dis', ANA)
    expect(await world.send(ANA, 'secret')).toMatchObject({ state: 'held', code: 'identity-changed' })
  })

  it('who takes a new number keeps the conversation', async () => {
    await world.note(ANA_ACI, 'old number', ANA)
    await world.note(ANA_ACI, 'new number', '+15550000777')
    expect(await conversations()).toHaveLength(1)
    expect(await world.contact('+15550000777')).toMatchObject({ aci: ANA_ACI })
  })
})

describe('twins', () => {
  it.each([
    ['text first', true],
    ['Signal first', false],
  ])('the same words over both transports are one row, marked: %s', async (_name, textFirst) => {
    const both = [
      () => world.text(ANA, "Don't wait..."),
      () => world.note(ANA_ACI, 'Don’t wait…', ANA, { sentAtMs: world.nowMs - 15 * MINUTE }),
    ]
    for (const come of textFirst ? both : both.reverse()) expect(await come()).toBe(true)
    const all = await world.all()
    expect(all).toHaveLength(1)
    expect(all[0]).toMatchObject({ transport: 'signal', twin_transport: 'sms', encrypted: 1 })
  })

  it('are recognised by when they were sent, not by when they came', async () => {
    await world.text(ANA, 'hello')
    world.nowMs += 5 * 3_600_000
    await world.note(ANA_ACI, 'hello', ANA, { sentAtMs: world.nowMs - 5 * 3_600_000 - 14 * MINUTE })
    expect(await world.all()).toHaveLength(1)
  })

  it('a twin that comes twice is seen', async () => {
    await world.text(ANA, 'hello', { dedupeKey: 'a' })
    await world.note(ANA_ACI, 'hello', ANA, { dedupeKey: 'b' })
    expect(await world.note(ANA_ACI, 'hello', ANA, { dedupeKey: 'b' })).toBe(false)
  })

  it.each([
    ['other words', 'hello!', 0],
    ['too far apart', 'hello', 21 * MINUTE],
  ])('%s are two messages', async (_name, text, apartMs) => {
    await world.text(ANA, 'hello')
    await world.note(ANA_ACI, text, ANA, { sentAtMs: world.nowMs + apartMs })
    expect(await world.all()).toHaveLength(2)
  })

  it('a third copy is a message of its own', async () => {
    await world.text(ANA, 'yes')
    await world.note(ANA_ACI, 'yes', ANA)
    await world.note(ANA_ACI, 'yes', ANA)
    expect(await world.all()).toHaveLength(2)
  })
})

describe('segments', () => {
  const segment = (sequence: number, more: Partial<InboundSegment> = {}): InboundSegment => ({
    lane: 'mdm_1',
    fromAddress: BEN,
    reference: 7,
    referenceBits: 8,
    total: 3,
    sequence,
    payloadJson: JSON.stringify({ sequence }),
    receivedAtMs: world.nowMs,
    dedupeKey: `s${sequence}`,
    ...more,
  })
  const add = (sequence: number, more: Partial<InboundSegment> = {}) =>
    world.router.sink.segment(segment(sequence, more))
  const order = (whole: readonly InboundSegment[] | undefined) => whole?.map(({ sequence }) => sequence)

  it('are whole when all are there, in whatever order they came', async () => {
    expect(await add(3)).toBeUndefined()
    expect(await add(1)).toBeUndefined()
    expect(order(await add(2))).toEqual([1, 2, 3])
  })

  it('the last one read again gives the whole again, so that a crash in between loses nothing', async () => {
    await add(1)
    await add(2)
    await add(3)
    expect(order(await add(3))).toEqual([1, 2, 3])
  })

  it('survive a restart', async () => {
    await add(1)
    await world.reboot()
    await add(2)
    expect(order(await add(3))).toEqual([1, 2, 3])
  })

  it('a repeated one from another slot does not open a second set', async () => {
    await add(1)
    await add(1, { dedupeKey: 'again' })
    await add(2)
    expect(order(await add(3))).toEqual([1, 2, 3])
    expect(await world.db.selectFrom('segments').select('dedupe_key').execute()).toHaveLength(3)
  })

  it('the same text again under the same reference is a second text', async () => {
    for (const sequence of [1, 2, 3]) await add(sequence)
    await add(1, { dedupeKey: 't1' })
    await add(2, { dedupeKey: 't2' })
    expect(order(await add(3, { dedupeKey: 't3' }))).toEqual([1, 2, 3])
  })

  it.each([
    ['another sender', { fromAddress: ANA }],
    ['another reference', { reference: 8 }],
    ['a 16-bit reference of the same value', { referenceBits: 16 as const }],
    ['another total', { total: 4 }],
    ['another modem', { lane: 'mdm_2' }],
  ])('%s is another text', async (_name, more) => {
    await add(1)
    await add(2)
    expect(await add(3, more)).toBeUndefined()
  })

  it('that never become whole end in the quarantine, where people see them', async () => {
    await add(1)
    world.nowMs += 73 * 3_600_000
    const { expireSegments } = await import('../../../src/store/segments.ts')
    await expireSegments(world.db, world.nowMs)
    const { data } = await listQuarantine(world.db, { limit: 10 })
    expect(data).toMatchObject([{ code: 'segments-missing', detail: 'part 1 of 3; the others never came' }])
    expect(await world.db.selectFrom('segments').select('dedupe_key').execute()).toEqual([])
  })
})

describe('the quarantine', () => {
  it('is read in pages that leave nothing out, also where many came in the same millisecond', async () => {
    for (let n = 0; n < 7; n++) {
      await world.router.sink.quarantine({
        transport: 'sms',
        lane: 'mdm_1',
        raw: `0${n}`,
        code: 'truncated',
        detail: 'cut off',
        dedupeKey: `q:${n}`,
        receivedAtMs: world.nowMs,
      })
    }
    const seen: string[] = []
    for (let cursor: string | undefined, page = 0; page < 4; page++) {
      const { data, nextCursor } = await listQuarantine(world.db, { limit: 2, cursor })
      seen.push(...data.map(({ raw }) => raw))
      cursor = nextCursor
    }
    expect(seen).toEqual(['06', '05', '04', '03', '02', '01', '00'])
  })
})

describe('receipts', () => {
  it('from somebody else, or for a time that is not ours, move nothing', async () => {
    const sent = await world.send(ANA, 'hello')
    await world.receipt('delivered', sent, 'b0000000-0000-4000-8000-00000000beef')
    await world.receipt('delivered', { ...sent, sent_timestamp_ms: sent.sent_timestamp_ms + 1 })
    expect((await world.message(sent.id)).state).toBe('sent')
  })

  it('of the text after the Signal copy was delivered leave the message delivered over Signal', async () => {
    const sent = await world.send(ANA, 'hello')
    await world.pass(16 * MINUTE)
    await world.receipt('delivered', sent)
    for (const taken of world.sms.network) await world.report(taken)
    expect(await world.message(sent.id)).toMatchObject({
      state: 'delivered',
      transport: 'signal',
      twin_transport: 'sms',
    })
  })

  it('of Signal after the text was delivered mark the row', async () => {
    const sent = await world.send(ANA, 'hello')
    await world.pass(16 * MINUTE)
    for (const taken of world.sms.network) await world.report(taken)
    await world.receipt('delivered', sent)
    expect(await world.message(sent.id)).toMatchObject({
      state: 'delivered',
      transport: 'sms',
      twin_transport: 'signal',
    })
  })
})
