import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { broadcastSeverity } from '../../../modem/broadcast.ts'
import { septetsOfText, ucs2OfText } from '../../../modem/pdu/alphabet.ts'
import { decodeBroadcast, joinPages } from '../../../modem/pdu/broadcast.ts'
import { PduError } from '../../../modem/pdu/error.ts'
import { toHex } from '../../../modem/pdu/octets.ts'
import { packSeptets } from '../../../modem/pdu/septets.ts'
import { listConversations } from '../../../src/store/mailbox.ts'
import { listQuarantine } from '../../../src/store/quarantine.ts'
import { InboundRig } from './rig.ts'

let rig: InboundRig
beforeEach(async () => {
  rig = await InboundRig.open()
})
afterEach(() => rig.world.close())

const EXTREME = 4371
const GSM_PAGE_SEPTETS = 93

const be16 = (value: number) => [value >> 8, value & 255]
function gsmPage(id: number, serial: number, page: number, total: number, data: Uint8Array, dcs = 0x0f): string {
  return toHex(Uint8Array.from([...be16(serial), ...be16(id), dcs, (page << 4) | total, ...data]))
}

/** Pages of a 7-bit text, filled with CR. */
function gsmPages(text: string, id = EXTREME, serial = 0x4010, dcs = 0x0f): string[] {
  const septets = septetsOfText(text) ?? new Uint8Array()
  const total = Math.ceil(septets.length / GSM_PAGE_SEPTETS)
  return Array.from({ length: total }, (_, index) => {
    const piece = new Uint8Array(GSM_PAGE_SEPTETS).fill(0x0d)
    piece.set(septets.subarray(index * GSM_PAGE_SEPTETS, (index + 1) * GSM_PAGE_SEPTETS))
    return gsmPage(id, serial, index + 1, total, packSeptets(piece), dcs)
  })
}

const page = (hex: string, modemId = 'mdm_1') =>
  rig.take(hex, { kind: 'broadcast', source: 'direct', slot: undefined, modemId })
const shown = async () => (await rig.world.all()).map(({ severity, text }) => [severity, text])

describe('a cell broadcast', () => {
  it('that is a warning shows at once, in a conversation of its own, with its severity', async () => {
    await page(`401011130F11${toHex(packSeptets(septetsOfText('Flood warning') ?? new Uint8Array()))}`)
    const [view] = (await listConversations(rig.world.db, { limit: 5 })).data
    expect(view).toMatchObject({
      contact: { sender: 'Public warning' },
      conversation: { unread: 1 },
      lastMessage: {
        kind: 'broadcast',
        severity: 'extreme',
        text: 'Flood warning',
        state: 'received',
        transport: null,
      },
    })
    const [, event] = await rig.world.events.since(0, 10)
    expect([event?.type, JSON.parse(event?.data_json ?? '')]).toEqual([
      'broadcast.received',
      { severity: 'extreme', channel: 4371, serial: 0x4010, language: null },
    ])
  })

  it('of several pages is one message, in whatever order they come and however often', async () => {
    const text = 'Stay indoors, close all windows. '.repeat(7).trim()
    const pages = gsmPages(text)
    expect(pages).toHaveLength(3)
    for (const at of [2, 0, 2, 0, 1, 0, 1, 2]) await page(pages[at] ?? '')
    expect(await shown()).toEqual([['extreme', text]])
  })

  it('repeated by the network is one; after a day without it, it is news again; changed, it is another', async () => {
    const hours = async (count: number) => {
      rig.world.nowMs += count * 3_600_000
      for (const hex of gsmPages('Test')) await page(hex)
    }
    for (const count of [0, 0, 20, 20, 20]) await hours(count)
    expect(await shown()).toHaveLength(1)
    await hours(25)
    expect(await shown()).toHaveLength(2)
    for (const hex of gsmPages('Test', EXTREME, 0x4011)) await page(hex)
    expect(await shown()).toHaveLength(3)
    for (const hex of gsmPages('Test', EXTREME, 0x4011)) await page(hex, 'mdm_2')
    expect(await shown()).toHaveLength(3)
  })

  it('of information has a conversation for each channel', async () => {
    for (const id of [50, 51, 50]) for (const hex of gsmPages(`cell ${id}`, id)) await page(hex)
    const { data } = await listConversations(rig.world.db, { limit: 5 })
    expect(data.map(({ contact }) => contact?.sender).sort()).toEqual(['Cell broadcast 50', 'Cell broadcast 51'])
    expect(await shown()).toEqual([
      ['information', 'cell 50'],
      ['information', 'cell 51'],
    ])
  })

  it('that makes no sense is quarantined with its octets', async () => {
    await page('40101113')
    expect((await listQuarantine(rig.world.db, { limit: 5 })).data).toMatchObject([
      { raw: '40101113', code: 'truncated', detail: expect.stringMatching(/DCS/) },
    ])
  })

  it('whose pages never all come costs little', async () => {
    for (let serial = 0; serial < 100; serial++) await page(gsmPages('x'.repeat(100), EXTREME, serial)[0] ?? '')
    // The oldest were given up; the newest are still waited for.
    for (const serial of [0, 99]) await page(gsmPages('x'.repeat(100), EXTREME, serial)[1] ?? '')
    expect(await shown()).toHaveLength(1)
  })
})

describe('the codec of pages', () => {
  const umts = (id: number, serial: number, dcs: number, pages: Uint8Array[]) =>
    toHex(
      Uint8Array.from([
        1,
        ...be16(id),
        ...be16(serial),
        dcs,
        pages.length,
        ...pages.flatMap((data) => [...data, ...new Uint8Array(82 - data.length), data.length]),
      ]),
    )

  it('reads a whole message of UMTS and LTE, to fifteen pages', () => {
    const text = 'é'.repeat(41)
    const hex = umts(4370, 7, 0x48, [ucs2OfText(text), ucs2OfText('end')])
    expect(decodeBroadcast(hex).map(({ page, total }) => [page, total])).toEqual([
      [1, 2],
      [2, 2],
    ])
    expect(joinPages(decodeBroadcast(hex))).toEqual({ text: `${text}end`, language: null })
    const most = umts(
      4370,
      7,
      0x48,
      Array.from({ length: 15 }, () => ucs2OfText(text)),
    )
    expect(joinPages(decodeBroadcast(most)).text).toBe(text.repeat(15))
  })

  it('joins escapes and surrogate pairs that a page boundary has parted', () => {
    const split = `${'a'.repeat(92)}€uro`
    expect(joinPages(gsmPages(split).flatMap((hex) => decodeBroadcast(hex))).text).toBe(split)
    const octets = ucs2OfText(`${'b'.repeat(40)}😀`)
    const pages = [octets.subarray(0, 82), octets.subarray(82)].map((data, at) => gsmPage(1, 1, at + 1, 2, data, 0x48))
    expect(joinPages(pages.flatMap((hex) => decodeBroadcast(hex))).text).toBe(`${'b'.repeat(40)}😀`)
  })

  it('tells the language that stands in front', () => {
    const [gsm = ''] = gsmPages('de\rHochwasser', 1, 1, 0x10)
    expect(joinPages(decodeBroadcast(gsm))).toEqual({ text: 'Hochwasser', language: 'de' })
    const ucs2 = Uint8Array.from([
      ...packSeptets(septetsOfText('ru') ?? new Uint8Array()),
      ...ucs2OfText('Паводок\r\r'),
    ])
    expect(joinPages(decodeBroadcast(gsmPage(1, 1, 1, 1, ucs2, 0x11)))).toEqual({ text: 'Паводок', language: 'ru' })
  })

  it('takes an impossible page number for a message of one page, and data for data', () => {
    expect(decodeBroadcast(gsmPage(1, 1, 3, 2, new Uint8Array(82)))).toMatchObject([{ page: 1, total: 1 }])
    expect(joinPages(decodeBroadcast(gsmPage(1, 1, 1, 1, new Uint8Array(82), 0x44))).text).toBeNull()
  })

  it('throws nothing but PduError, whatever comes', () => {
    let state = 42
    const next = () => {
      state = (state * 1_103_515_245 + 12_345) % 2 ** 31
      return state / 2 ** 31
    }
    let read = 0
    for (let round = 0; round < 3_000; round++) {
      const octets = Uint8Array.from({ length: Math.floor(next() * 200) }, () => Math.floor(next() * 256))
      if (octets.length > 88) octets.set([1, 17, 18, 0, 1, 0, Math.floor(next() * 17)])
      try {
        joinPages(decodeBroadcast(toHex(octets)))
        read += 1
      } catch (error) {
        if (!(error instanceof PduError)) throw error
      }
    }
    expect(read).toBeGreaterThan(500)
  })

  it('knows the warnings by their ids', () => {
    const of = (...ids: number[]) => ids.map(broadcastSeverity)
    expect(of(4352, 4353, 4355, 4370, 4372, 4373, 4378, 4379, 4380)).toEqual([
      'earthquake',
      'tsunami',
      'test',
      'presidential',
      'extreme',
      'severe',
      'severe',
      'amber',
      'test',
    ])
    expect(of(4383, 4385, 4391, 4396, 4399, 4400, 50)).toEqual([
      'presidential',
      'extreme',
      'severe',
      'public-safety',
      'test',
      'information',
      'information',
    ])
  })
})
