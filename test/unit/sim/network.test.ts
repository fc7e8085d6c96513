/** The simulated service centre: store and forward, validity, reports, people, and a ledger that counts. */
import { expect, test } from 'vitest'
import { addressOf } from '../../../modem/pdu/address.ts'
import { encodeSubmit } from '../../../modem/pdu/encode.ts'
import { fromHex } from '../../../modem/pdu/octets.ts'
import { split } from '../../../modem/pdu/segments.ts'
import { decodeTpdu, type SmsStatusReport } from '../../../modem/pdu/tpdu.ts'
import { relativeValidity } from '../../../modem/pdu/validity.ts'
import type { MobileStation, OfferOutcome, Subscription } from '../../../modem/sim/station.ts'
import { HandClock } from './handclock.ts'
import { BEN, newNetwork, SIM } from './world.ts'

/** A station that answers as told and remembers what it was offered. */
class Handset implements MobileStation {
  readonly offers: Uint8Array[] = []
  outcome: OfferOutcome = 'taken'

  offer(tpdu: Uint8Array): Promise<OfferOutcome> {
    this.offers.push(tpdu)
    return Promise.resolve(this.outcome)
  }

  reports(): SmsStatusReport[] {
    return this.offers.flatMap((tpdu) => {
      const decoded = decodeTpdu(tpdu, 'mt')
      return decoded.type === 'status-report' ? [decoded] : []
    })
  }
}

function submit(subscription: Subscription, to: string, text: string, messageReference = 0, validMinutes?: number) {
  const [part] = split(text, { reference: 0 })
  if (part === undefined) throw new Error('a text has a part')
  return subscription.submit(
    encodeSubmit({
      ...part,
      address: addressOf(to),
      messageReference,
      statusReportRequest: true,
      validity: validMinutes === undefined ? null : relativeValidity(validMinutes),
    }),
  )
}

function newWorld(delays: { deliveryMs: number; reportMs: number } = { deliveryMs: 0, reportMs: 0 }) {
  const clock = new HandClock()
  const network = newNetwork({ clock, delays, offsetMinutes: 60 })
  const handset = new Handset()
  return { clock, network, handset, subscription: network.attach(SIM, handset) }
}

test('acceptance is booked before anything else happens', () => {
  const { network, subscription } = newWorld()
  network.person(BEN)
  expect(submit(subscription, BEN, 'hello', 9).accepted).toBe(true)
  expect(network.ledger.entries()).toMatchObject([
    { id: 1, from: SIM, to: BEN, text: 'hello', messageReference: 9, outcome: 'pending', offers: 0 },
  ])
})

test('delivery and report take the time they are given', async () => {
  const { clock, network, handset, subscription } = newWorld({ deliveryMs: 2_000, reportMs: 1_000 })
  const ben = network.person(BEN)
  submit(subscription, BEN, 'hello', 9)
  await clock.advance(1_999)
  expect(ben.inbox).toEqual([])
  await clock.advance(1)
  expect(ben.inbox).toMatchObject([{ from: SIM, text: 'hello', parts: 1 }])
  await clock.advance(999)
  expect(handset.reports()).toEqual([])
  await clock.advance(1)
  expect(handset.reports()).toMatchObject([
    {
      messageReference: 9,
      address: { display: BEN },
      outcome: 'delivered',
      scts: { local: '2026-03-01T13:00:00', offsetMinutes: 60 },
      dischargeTime: { local: '2026-03-01T13:00:02' },
    },
  ])
})

test('a text to a number that nobody has is accepted, then reported as failed', async () => {
  const { clock, network, handset, subscription } = newWorld()
  submit(subscription, '+49155599', 'anybody?')
  await clock.advance(0)
  expect(handset.reports()).toMatchObject([{ status: 0x43, outcome: 'permanent-failure' }])
  expect(network.ledger.entries()[0]).toMatchObject({ outcome: 'failed', status: 0x43, offers: 0, reportsTaken: 1 })
})

test('a phone that is off gets its texts in order when it is on again', async () => {
  const { clock, network, handset, subscription } = newWorld()
  const ben = network.person(BEN)
  ben.setPhone('off')
  for (const text of ['one', 'two', 'three']) submit(subscription, BEN, text)
  await clock.advance(3_600_000)
  expect(ben.inbox).toEqual([])
  expect(handset.reports()).toEqual([])
  ben.setPhone('on')
  await clock.advance(0)
  expect(ben.inbox.map(({ text }) => text)).toEqual(['one', 'two', 'three'])
  expect(handset.reports()).toHaveLength(3)
})

test('a full phone gets its texts once it has room', async () => {
  const { clock, network, subscription } = newWorld()
  const ben = network.person(BEN)
  ben.setPhone('full')
  submit(subscription, BEN, 'no room')
  await clock.advance(0)
  expect(network.ledger.entries()[0]).toMatchObject({ outcome: 'pending', offers: 1 })
  ben.setPhone('on')
  await clock.advance(0)
  expect(ben.inbox).toHaveLength(1)
})

test('without any news the network tries again after its retry time', async () => {
  const { clock, network, handset } = newWorld()
  handset.outcome = 'unreachable'
  network.person(BEN).send(SIM, 'knock')
  await clock.advance(0)
  expect(handset.offers).toHaveLength(1)
  handset.outcome = 'taken'
  await clock.advance(59_999)
  expect(handset.offers).toHaveLength(1)
  await clock.advance(1)
  expect(handset.offers).toHaveLength(2)
  expect(network.ledger.entries()[0]).toMatchObject({ outcome: 'taken', offers: 2 })
})

test('when validity ends the text is given up and reported as expired, at that moment', async () => {
  const { clock, network, handset, subscription } = newWorld()
  const ben = network.person(BEN)
  ben.setPhone('off')
  submit(subscription, BEN, 'soon stale', 3, 10)
  await clock.advance(10 * 60_000 - 1)
  expect(handset.reports()).toEqual([])
  await clock.advance(1)
  expect(handset.reports()).toMatchObject([{ messageReference: 3, status: 0x46, outcome: 'permanent-failure' }])
  ben.setPhone('on')
  await clock.advance(0)
  expect(ben.inbox).toEqual([])
  expect(network.ledger.entries()[0]).toMatchObject({ outcome: 'expired', status: 0x46 })
})

test('a report is offered until it is taken, and counted once', async () => {
  const { clock, network, handset, subscription } = newWorld()
  network.person(BEN)
  handset.outcome = 'not-acknowledged'
  submit(subscription, BEN, 'report')
  await clock.advance(120_000)
  expect(handset.reports()).toHaveLength(3)
  expect(network.ledger.entries()[0]?.reportsTaken).toBe(0)
  handset.outcome = 'taken'
  subscription.news('listening')
  await clock.advance(0)
  expect(handset.reports()).toHaveLength(4)
  expect(network.ledger.entries()[0]?.reportsTaken).toBe(1)
  await clock.advance(600_000)
  expect(handset.reports()).toHaveLength(4)
})

test('numbers dialled in the national way or with 00 reach the same subscriber', async () => {
  const { clock, network, subscription } = newWorld()
  const ben = network.person(BEN)
  for (const dialled of [BEN, BEN.slice(1), `00${BEN.slice(1)}`, `0${BEN.slice(3)}`]) submit(subscription, dialled, 'x')
  await clock.advance(0)
  expect(ben.inbox).toHaveLength(4)
})

test('a person gets long texts whole, from parts in any order', async () => {
  const { clock, network, subscription } = newWorld()
  const ben = network.person(BEN)
  const heard: string[] = []
  const deaf = ben.onText(({ text }) => heard.push(text))
  const text = 'Ünïcode 😀 '.repeat(30)
  const parts = split(text, { reference: 300, referenceBits: 16 })
  for (const part of [...parts].reverse()) subscription.submit(encodeSubmit({ ...part, address: addressOf(BEN) }))
  await clock.advance(0)
  expect(ben.inbox).toMatchObject([{ text, parts: parts.length }])
  deaf()
  submit(subscription, BEN, 'unheard')
  await clock.advance(0)
  expect(heard).toEqual([text])
})

test('a person sends long texts in parts, each in the ledger', async () => {
  const { clock, network, handset } = newWorld()
  const text = 'long '.repeat(100)
  const entries = network.person(BEN).send(SIM, text)
  expect(entries.map(({ part }) => part?.sequence)).toEqual([1, 2, 3, 4])
  await clock.advance(0)
  expect(handset.offers).toHaveLength(4)
  expect(network.ledger.count(SIM, text)).toEqual({ whole: 1, most: 1 })
})

test('octets of any kind can be offered', async () => {
  const { clock, network, handset } = newWorld()
  network.inject(SIM, '00ff')
  await clock.advance(0)
  expect(handset.offers).toEqual([fromHex('00FF')])
  expect(() => network.inject('+1', '00')).toThrow(RangeError)
})

test('a number is on the network once', () => {
  const { network } = newWorld()
  expect(() => network.attach(SIM, new Handset())).toThrow(RangeError)
  expect(() => network.person(SIM)).toThrow(RangeError)
  expect(network.person(BEN)).toBe(network.person(BEN))
})

test('after stop nothing is delivered any more', async () => {
  const { clock, network, subscription } = newWorld()
  const ben = network.person(BEN)
  submit(subscription, BEN, 'too late')
  network.stop()
  await clock.advance(0)
  expect(ben.inbox).toEqual([])
})

test('the ledger counts whole texts and the part that came twice', () => {
  const { network, subscription } = newWorld()
  network.person(BEN)
  const text = 'abc'.repeat(100)
  const [first, second] = split(text, { reference: 5 }).map((part) =>
    encodeSubmit({ ...part, address: addressOf(BEN) }),
  )
  if (first === undefined || second === undefined) throw new Error('two parts')
  subscription.submit(first)
  expect(network.ledger.texts({ to: BEN })).toMatchObject([{ text: undefined, total: 2, counts: [1, 0] }])
  expect(network.ledger.count(BEN, text)).toEqual({ whole: 0, most: 0 })
  subscription.submit(second)
  expect(network.ledger.count(BEN, text)).toEqual({ whole: 1, most: 1 })
  subscription.submit(second)
  expect(network.ledger.texts({ to: BEN })).toMatchObject([{ text, counts: [1, 2], taken: [0, 0] }])
  expect(network.ledger.count(BEN, text)).toEqual({ whole: 1, most: 2 })
})

test('the ledger tells a reference that is used again from a part that came twice', () => {
  const { network, subscription } = newWorld()
  network.person(BEN)
  for (const text of ['a'.repeat(200), 'b'.repeat(200)]) {
    for (const part of split(text, { reference: 5 })) {
      subscription.submit(encodeSubmit({ ...part, address: addressOf(BEN) }))
    }
  }
  expect(network.ledger.texts().map(({ counts }) => counts)).toEqual([
    [1, 1],
    [1, 1],
  ])
})

test('the ledger counts equal single texts', () => {
  const { network, subscription } = newWorld()
  network.person(BEN)
  for (const text of ['same', 'same', 'other']) submit(subscription, BEN, text)
  expect(network.ledger.count(BEN, 'same')).toEqual({ whole: 2, most: 2 })
  expect(network.ledger.count(BEN, 'other')).toEqual({ whole: 1, most: 1 })
  expect(network.ledger.texts({ from: SIM }).map(({ text }) => text)).toEqual(['same', 'other'])
})
