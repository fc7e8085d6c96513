import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { portsElement } from '../../../modem/pdu/udh.ts'
import { listDataMessages, pruneDataMessages } from '../../../src/store/data-messages.ts'
import { listConversations } from '../../../src/store/mailbox.ts'
import { listQuarantine } from '../../../src/store/quarantine.ts'
import { InboundRig, part } from './rig.ts'

let rig: InboundRig
beforeEach(async () => {
  rig = await InboundRig.open()
})
afterEach(() => rig.world.close())

const octets = (...values: number[]) => Uint8Array.from(values)
const waitingOf = async () => {
  const [view] = (await listConversations(rig.world.db, { limit: 5 })).data
  return JSON.parse(view?.conversation.waiting_json ?? '{}') as object
}
const dataMessages = async (port?: number) => (await listDataMessages(rig.world.db, { limit: 50, port })).data

describe('what a message asks of its receiver', () => {
  it('class 0 is marked as flash, the other classes are not', async () => {
    for (const dcs of [0x10, 0x11, 0xf0, 0xf1, 0x00]) await rig.receive({ dcs, data: dcs.toString(16) })
    expect(await rig.texts()).toEqual(['10 (flash)', '11', 'f0 (flash)', 'f1', '0'])
  })

  it('type 0 is acknowledged and leaves no trace, in parts, binary or with a port', async () => {
    await rig.receive({ pid: 0x40, data: 'are you there' })
    await rig.receive({ pid: 0x40, udh: [part(1, 1)], data: 'are you there' })
    await rig.receive({ pid: 0x40, dcs: 4, udh: [portsElement({ dst: 5, src: 5, bits: 16 })], data: octets(1) })
    expect([await rig.texts(), await rig.eventTypes(), await dataMessages()]).toEqual([[], [], []])
    expect((await listQuarantine(rig.world.db, { limit: 5 })).data).toEqual([])
  })

  it('a replacing message takes the place of the last one of its number and sender, which stays in the history', async () => {
    await rig.receive({ pid: 0x41, data: 'goal 1' })
    await rig.receive({ pid: 0x42, data: 'weather 1' })
    await rig.receive({ pid: 0x41, from: '+15550000103', data: 'someone else' })
    await rig.receive({ data: 'plain' })
    await rig.receive({ pid: 0x41, data: 'goal 2' })
    await rig.receive({ pid: 0x41, data: 'goal 3' })
    expect(await rig.texts()).toEqual([
      'goal 1 (replaced)',
      'weather 1',
      'someone else',
      'plain',
      'goal 2 (replaced)',
      'goal 3',
    ])
    const [first, , , , second, third] = await rig.world.all()
    expect([first?.replaced_by, second?.replaced_by]).toEqual([second?.id, third?.id])
    expect((await rig.eventTypes()).filter((type) => type === 'message.replaced')).toHaveLength(2)
  })

  it('a replacing message that is read twice replaces nothing twice', async () => {
    const pdu = await rig.receive({ pid: 0x47, data: 'once' })
    await rig.inbound.incoming(pdu)
    expect(await rig.texts()).toEqual(['once'])
  })
})

describe('waiting indications', () => {
  it('of the discard group change the state and store no text', async () => {
    await rig.receive({ dcs: 0xc8, data: 'You have voicemail' })
    expect(await waitingOf()).toMatchObject({ voicemail: { count: null } })
    await rig.receive({ dcs: 0xc0, data: '' })
    expect([await waitingOf(), await rig.texts()]).toEqual([{}, []])
  })

  it('of the store groups keep the text, in both alphabets', async () => {
    await rig.receive({ dcs: 0xd9, data: 'A fax' })
    await rig.receive({ dcs: 0xea, data: Uint8Array.from(Buffer.from('005A0064', 'hex')) })
    expect(await rig.texts()).toEqual(['A fax', 'Zd'])
    expect(await waitingOf()).toMatchObject({ fax: { count: null }, email: { count: null } })
  })

  it('of the header tell how many; without text there is no message', async () => {
    await rig.receive({ udh: [{ iei: 1, data: octets(0x80, 3) }], data: '' })
    expect([await waitingOf(), await rig.texts()]).toMatchObject([{ voicemail: { count: 3 } }, []])
    await rig.receive({ udh: [{ iei: 1, data: octets(0x80, 4) }], data: 'Four now' })
    await rig.receive({ udh: [{ iei: 1, data: octets(0x00, 2) }], data: 'never shown' })
    expect([await waitingOf(), await rig.texts()]).toMatchObject([{ voicemail: { count: 2 } }, ['Four now']])
    await rig.receive({ udh: [{ iei: 1, data: octets(0x00, 0) }], data: '' })
    expect(await waitingOf()).toEqual({})
  })

  it('that say nothing new are no event', async () => {
    for (const count of [2, 2, 1, 1]) {
      await rig.receive({ udh: [{ iei: 1, data: octets(0, count) }], data: '' })
    }
    expect(await rig.eventTypes()).toEqual(['conversation.waiting', 'conversation.waiting'])
  })
})

describe('messages for programs', () => {
  const wap = portsElement({ dst: 2948, src: 9200, bits: 16 })

  it('to a port are put together and handed on whole, whatever the order, and never as a text', async () => {
    await rig.receive({ dcs: 4, udh: [part(2, 2), wap], data: octets(3, 4) })
    expect(await dataMessages()).toEqual([])
    await rig.receive({ dcs: 4, udh: [part(1, 2), wap], data: octets(0, 255) })
    expect(await dataMessages()).toMatchObject([
      { from_address: '+15550000102', destination_port: 2948, source_port: 9200, dcs: 4, data_hex: '00FF0304' },
    ])
    expect([await rig.texts(), await rig.eventTypes()]).toEqual([[], ['data.received']])
  })

  it('need to name their port in one part only', async () => {
    await rig.receive({ dcs: 4, udh: [part(1, 2), wap], data: octets(1) })
    await rig.receive({ dcs: 4, udh: [part(2, 2)], data: octets(2) })
    expect(await dataMessages(2948)).toMatchObject([{ data_hex: '0102' }])
    expect(await dataMessages(2949)).toEqual([])
  })

  it('hold text where it is text, and octets where it is not; without a port too', async () => {
    await rig.receive({ udh: [portsElement({ dst: 16000, src: 0, bits: 16 })], data: '//SCKL' })
    await rig.receive({ dcs: 0xf6, pid: 0x7f, data: octets(0xd0, 1) })
    await rig.receive({ dcs: 4, data: octets(7) })
    expect(
      (await dataMessages()).map(({ destination_port, pid, data_hex, text }) => [
        destination_port,
        pid,
        data_hex,
        text,
      ]),
    ).toEqual([
      [null, 0, '07', null],
      [null, 0x7f, 'D001', null],
      [16000, 0, null, '//SCKL'],
    ])
    expect(await rig.texts()).toEqual([])
  })

  it('compressed text is kept as it came', async () => {
    await rig.receive({ dcs: 0x20, data: octets(1, 2, 3) })
    expect(await dataMessages()).toMatchObject([{ dcs: 0x20, data_hex: '010203' }])
  })

  it('are kept once, however often they are read', async () => {
    const pdu = await rig.receive({ dcs: 4, udh: [wap], data: octets(1) })
    await rig.inbound.incoming(pdu)
    await rig.inbound.released(pdu)
    await rig.inbound.incoming(pdu)
    expect(await dataMessages()).toHaveLength(2)
    await pruneDataMessages(rig.world.db)
    expect(await dataMessages()).toHaveLength(2)
  })
})
