/** The simulated MMSC: what it does for those who rely on it in their own tests. */
import { describe, expect, it } from 'vitest'
import { encodePdu } from '../../../modem/mms/encode.ts'
import { readSet } from '../../../modem/mms/sms-set.ts'
import type { MmsPdu } from '../../../modem/mms/types.ts'
import { HandClock } from '../sim/handclock.ts'
import { BEN, EVE, PICTURE, pduIn, sendRequest, US, world } from './world.ts'

const bytesMax = 300_000

/** The world with a SIM of ours that collects what is pushed to it. */
async function station(options: Parameters<typeof world>[0] = {}) {
  const clock = new HandClock()
  const built = await world({ ...options, mmsc: { clock, ...options.mmsc } })
  const tpdus: string[] = []
  built.network.attach(US, {
    offer: (tpdu) => {
      tpdus.push(`00${Buffer.from(tpdu).toString('hex')}`)
      return Promise.resolve('taken')
    },
  })
  /** Every push so far, put together and decoded. */
  const pushed = (): readonly MmsPdu[] => readSet(tpdus).messages.flatMap(({ pdu }) => pdu ?? [])
  return { ...built, clock, tpdus, pushed, ben: built.mmsc.handset(BEN), eve: built.mmsc.handset(EVE) }
}

describe('a message to a modem', () => {
  it('is announced by one to three text messages, fetched, answered, and reported to its sender', async () => {
    const { ben, clock, pushed, tpdus, exchange } = await station()
    const id = ben.send({ to: [US], subject: 'Cat', text: 'look', files: [PICTURE], deliveryReport: true })
    await clock.advance(0)
    expect(tpdus.length).toBeGreaterThanOrEqual(1)
    expect(tpdus.length).toBeLessThanOrEqual(3)
    const [notification] = pushed()
    if (notification?.type !== 'm-notification-ind') throw new Error('no notification')
    expect(notification).toMatchObject({ from: { address: BEN }, subject: { text: 'Cat' } })
    const { contentLocation: url, transactionId = '' } = notification
    const message = pduIn(await exchange.retrieve({ url, transactionId, bytesMax }))
    expect(message).toMatchObject({ type: 'm-retrieve-conf', messageId: id, to: [{ address: US }] })
    expect(ben.deliveryReports).toEqual([])
    const pdu = encodePdu({
      type: 'm-notifyresp-ind',
      transactionId,
      version: '1.2',
      status: 0x81,
      reportAllowed: true,
    })
    expect(await exchange.submit({ pdu })).toEqual({ kind: 'accepted' })
    expect(ben.deliveryReports).toEqual([{ messageId: id, to: US, status: 0x81 }])
    // It has gone, and answering again changes nothing.
    expect(await exchange.retrieve({ url, transactionId, bytesMax })).toEqual({ kind: 'status', status: 404 })
    await exchange.submit({ pdu })
    expect(ben.deliveryReports).toHaveLength(1)
  })

  it('is announced again until somebody answers', async () => {
    const { ben, clock, mmsc, exchange, pushed } = await station({ mmsc: { renotifyAfterMs: 1000 } })
    ben.send({ to: [US], text: 'x' })
    await clock.advance(2500)
    expect(pushed().map(({ transactionId }) => transactionId)).toEqual(['T1-0', 'T1-0', 'T1-0'])
    await exchange.submit({
      pdu: encodePdu({ type: 'm-notifyresp-ind', transactionId: 'T1-0', version: '1.2', status: 0x83 }),
    })
    await clock.advance(5000)
    expect(mmsc.ledger.pushes({ to: US })).toHaveLength(3)
    expect(mmsc.messages()[0]?.deliveries[0]?.state).toBe('deferred')
    await exchange.submit({ pdu: encodePdu({ type: 'm-acknowledge-ind', transactionId: 'T1-0', version: '1.2' }) })
    expect(mmsc.messages()[0]?.deliveries[0]?.state).toBe('retrieved')
  })

  it('can be announced twice, elsewhere, or not at all', async () => {
    const { ben, clock, mmsc, pushed } = await station()
    mmsc.pushes = { copies: 2 }
    ben.send({ to: [US], text: 'x' })
    await clock.advance(0)
    expect(pushed()).toHaveLength(2)
    mmsc.pushes = { copies: 1, location: 'http://127.0.0.1/forged' }
    ben.send({ to: [US], text: 'x' })
    await clock.advance(0)
    expect(pushed().at(-1)).toMatchObject({ contentLocation: 'http://127.0.0.1/forged' })
    mmsc.pushes = { copies: 0 }
    ben.send({ to: [US], text: 'x' })
    await clock.advance(0)
    expect(pushed()).toHaveLength(3)
  })

  it('ends when its time is over', async () => {
    const { ben, clock, mmsc, exchange } = await station({ mmsc: { validityMs: 10_000, gone: 'pdu' } })
    ben.send({ to: [US], text: 'x', deliveryReport: true })
    await clock.advance(10_000)
    expect(ben.deliveryReports).toMatchObject([{ status: 0x80 }])
    expect(mmsc.messages()[0]?.deliveries[0]?.state).toBe('expired')
    const answer = await exchange.retrieve({ url: 'http://mmsc.sim/m/1-0', transactionId: 'T1-0', bytesMax })
    expect(pduIn(answer)).toMatchObject({ type: 'm-retrieve-conf', retrieveStatus: 0xe2 })
  })

  it('is nobody else’s to fetch', async () => {
    const { ben, clock, exchange } = await station()
    ben.send({ to: [EVE], text: 'secret' })
    await clock.advance(0)
    const answer = await exchange.retrieve({ url: 'http://mmsc.sim/m/1-0', transactionId: 'T', bytesMax })
    expect(answer).toEqual({ kind: 'status', status: 404 })
  })
})

describe('a message from a modem', () => {
  it('reaches everybody of a group, whom all can see but those of Bcc', async () => {
    const { exchange, clock, ben, eve } = await station()
    await exchange.submit({ pdu: sendRequest({ to: [BEN], cc: [EVE], text: 'all of you', files: [PICTURE] }) })
    await clock.advance(0)
    for (const phone of [ben, eve]) {
      expect(phone.inbox).toHaveLength(1)
      expect(phone.inbox[0]).toMatchObject({ from: US, to: [BEN], cc: [EVE], text: 'all of you' })
      expect([...(phone.inbox[0]?.files[0]?.data ?? [])]).toEqual([...PICTURE.data])
    }
  })

  it('comes back as reports by push: delivered, read, unreachable', async () => {
    const { exchange, clock, ben, pushed } = await station()
    const draft = { to: [BEN, '+4915559999'], text: 'x', deliveryReport: true, readReport: true }
    const confirmation = pduIn(await exchange.submit({ pdu: sendRequest(draft) }))
    await clock.advance(0)
    const [first] = ben.inbox
    if (first === undefined) throw new Error('Ben has nothing')
    ben.read(first)
    await clock.advance(0)
    const { messageId } = confirmation
    expect(pushed()).toMatchObject([
      { type: 'm-delivery-ind', messageId, to: [{ address: BEN }], status: 0x81 },
      { type: 'm-delivery-ind', messageId, to: [{ address: '+4915559999' }], status: 0x87 },
      { type: 'm-read-orig-ind', messageId, from: { address: BEN }, readStatus: 0x80 },
    ])
  })

  it('waits for a phone that is off', async () => {
    const { exchange, clock, ben } = await station()
    ben.setOn(false)
    await exchange.submit({ pdu: sendRequest({ to: [BEN], text: 'x' }) })
    await clock.advance(1000)
    expect(ben.inbox).toHaveLength(0)
    ben.setOn(true)
    expect(ben.inbox).toHaveLength(1)
  })

  it('is one message however often its transaction comes, or as many where the MMSC is such', async () => {
    const one = await station()
    for (let tries = 0; tries < 3; tries++) await one.exchange.submit({ pdu: sendRequest({ to: [BEN], text: 'x' }) })
    expect(one.mmsc.messages()).toHaveLength(1)
    const other = await station({ mmsc: { deduplicates: false } })
    for (let tries = 0; tries < 3; tries++) await other.exchange.submit({ pdu: sendRequest({ to: [BEN], text: 'x' }) })
    expect(other.mmsc.messages()).toHaveLength(3)
  })

  it('is refused when it is too large, in either way', async () => {
    const pdu = sendRequest({ to: [BEN], files: [PICTURE] })
    const byPdu = await station({ mmsc: { maxMessageSize: 4000 } })
    expect(pduIn(await byPdu.exchange.submit({ pdu }))).toMatchObject({ type: 'm-send-conf', responseStatus: 0xe5 })
    const byStatus = await station({ mmsc: { maxMessageSize: 4000, tooLarge: 'status-413' } })
    expect(await byStatus.exchange.submit({ pdu })).toEqual({ kind: 'status', status: 413 })
    expect([...byPdu.mmsc.messages(), ...byStatus.mmsc.messages()]).toEqual([])
  })

  it('can be confirmed with any status, or with anything', async () => {
    const { exchange, mmsc } = await station()
    mmsc.fault({ kind: 'pdu-status', status: 0xc0, text: 'later' })
    const pdu = sendRequest({ to: [BEN], text: 'x' })
    expect(pduIn(await exchange.submit({ pdu }))).toMatchObject({
      responseStatus: 0xc0,
      responseText: { text: 'later' },
    })
    expect(mmsc.messages()).toEqual([])
    mmsc.fault({ kind: 'octets', hex: '8c81' })
    expect(await exchange.submit({ pdu })).toEqual({ kind: 'pdu', octets: Buffer.from('8c81', 'hex') })
    expect(mmsc.ledger.requests({ type: 'm-send-req' }).map(({ fault }) => fault)).toEqual(['pdu-status', 'octets'])
  })
})

describe('a fault', () => {
  it('waits for the request it is meant for', async () => {
    const { exchange, mmsc } = await station()
    const pdu = () => exchange.submit({ pdu: sendRequest({ to: [BEN], text: 'x' }) })
    mmsc.fault({ kind: 'status', status: 503, on: 'retrieve' })
    mmsc.fault({ kind: 'status', status: 500, on: 'submit', skip: 1, times: 2 })
    mmsc.fault({ kind: 'status', status: 400, from: EVE })
    expect((await pdu()).kind).toBe('pdu')
    expect(await pdu()).toEqual({ kind: 'status', status: 500 })
    expect(await pdu()).toEqual({ kind: 'status', status: 500 })
    expect((await pdu()).kind).toBe('pdu')
    const got = await exchange.retrieve({ url: 'http://mmsc.sim/m/1-0', transactionId: 'T', bytesMax })
    expect(got).toEqual({ kind: 'status', status: 503 })
    mmsc.clearFaults()
  })
})

it('a request for another host is a bad gateway', async () => {
  const { exchange } = await station()
  const answer = await exchange.retrieve({ url: 'http://elsewhere.example.net/m/1', transactionId: 'T', bytesMax })
  expect(answer).toEqual({ kind: 'status', status: 502 })
})
