/** Picture messages through the real gateway process, over the bearer of its configuration, with the simulated MMSC. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { MmscFault } from '../../../modem/sim/mmsc-faults.ts'
import { MmsHouse, noisePicture, smallPicture } from './mms-kit.ts'

let kit: MmsHouse
let big: Buffer

beforeAll(async () => {
  kit = await MmsHouse.open({ read_reports: true, allow_reports: true, bytes_max: '60KB' })
  big = await noisePicture(900, 700)
})
afterAll(async () => await kit.house.close())
afterEach(() => {
  kit.mmsc.clearFaults()
  kit.mmsc.pushes = { copies: 1 }
  kit.mmsc.settings.renotifyAfterMs = 300_000
  kit.mmsc.settings.validityMs = 86_400_000
  kit.mmsc.settings.maxMessageSize = 307_200
})

const requests = (type: 'm-send-req' | 'm-notifyresp-ind') => kit.mmsc.ledger.requests({ from: kit.us, type })

describe('a picture from Ben', () => {
  it('is shown once and answered, whether its push took one text, two or three; the texts are deleted', async () => {
    const before = kit.mmsc.ledger.pushes().length
    for (const [index, length] of [0, 100, 230].entries()) {
      await kit.fromBen(`push ${index}`, length === 0 ? {} : { subject: 'Summer '.repeat(40).slice(0, length) })
      expect(await kit.shown(`push ${index}`)).toMatchObject({ transport: 'mms', status: 'received' })
    }
    expect(
      kit.mmsc.ledger
        .pushes()
        .slice(before)
        .map(({ segments }) => segments),
    ).toEqual([1, 2, 3])
    await kit.allAnswered()
    const [modem] = kit.house.world.modems
    await kit.house.eventually('nothing is left on the SIM', () =>
      [...(modem?.modem.storages.values() ?? [])].every(({ used }) => used === 0),
    )
  })

  it('announced twice, and again until it is answered, is fetched and shown once', async () => {
    kit.mmsc.pushes = { copies: 2 }
    kit.mmsc.settings.renotifyAfterMs = 300
    kit.mmsc.fault({ kind: 'status', status: 503, on: 'answer', times: 2 })
    const id = await kit.fromBen('again and again')
    await kit.house.eventually('the MMSC has its answer', () => {
      const [delivery] = kit.mmsc.messages().find((message) => message.id === id)?.deliveries ?? []
      return delivery?.state === 'retrieved'
    })
    await kit.shown('again and again')
    const [delivery] = kit.mmsc.messages().find((message) => message.id === id)?.deliveries ?? []
    expect(delivery?.retrievals).toBe(1)
    expect(delivery?.notifications).toBeGreaterThan(1)
  })

  const failures: readonly (readonly [string, MmscFault, RegExp])[] = [
    ['an MMSC that is busy', { kind: 'status', status: 503 }, /HTTP 503/],
    ['one that stalls', { kind: 'stall', at: 'body' }, /stopped in the middle/],
    ['a body that is cut', { kind: 'cut', bytes: 100 }, /only 100 of/],
    ['a page of the portal', { kind: 'portal' }, /web page/],
    ['a length that is too large', { kind: 'wrong-length', by: 50 }, /only \d+ of/],
    ['octets that are no message', { kind: 'octets', hex: '8c84ff' }, /cannot be read/],
  ]
  it('is not lost by anything that a network does; it says what that was, and fetches again', async () => {
    for (const [what, fault, reason] of failures) {
      kit.mmsc.fault({ ...fault, on: 'retrieve' })
      await kit.fromBen(`in spite of ${what}`)
      await kit.house.eventually(`${what} is told`, async () =>
        (await kit.announced()).some((one) => one.state === 'pushed' && reason.test(one.reason ?? '')),
      )
      await kit.fetchWaiting()
      await kit.shown(`in spite of ${what}`)
    }
    await kit.allAnswered()
  })

  it('that cannot be had is told of once: gone, too large, expired, at an address that is never asked', async () => {
    kit.mmsc.pushes = { copies: 1, location: 'http://mmsc.sim/m/99999-0' }
    await kit.fromBen('gone')
    await kit.shown('the carrier no longer has it')
    kit.mmsc.pushes = { copies: 1, location: 'http://127.0.0.1:1/m/1-0' }
    await kit.fromBen('forged')
    await kit.shown('its address is not asked')
    kit.mmsc.pushes = { copies: 1 }
    await kit.fromBen('large', { files: [{ media: 'image/jpeg', name: 'big.jpg', data: big }] })
    await kit.house.eventually('it is left there', async () =>
      (await kit.announced()).some(({ state }) => state === 'too-large'),
    )
    kit.mmsc.fault({ kind: 'status', status: 503, on: 'retrieve', times: 'always' })
    kit.mmsc.settings.validityMs = 3_000
    await kit.fromBen('late')
    await kit.shown('has expired')
    for (const words of ['gone', 'forged', 'large', 'late']) {
      expect((await kit.came(words)).filter(({ text }) => text === words)).toEqual([])
    }
  })

  it('is reported to Ben as delivered where the owner allows it', async () => {
    const messageId = await kit.fromBen('tell me', { deliveryReport: true })
    await kit.shown('tell me')
    await kit.house.eventually('Ben hears of it', () =>
      kit.ben.deliveryReports.some((report) => report.messageId === messageId && report.status === 0x81),
    )
  })

  it('to several makes a conversation of all; our answer reaches all, and what comes back of it is not shown', async () => {
    const chloe = kit.house.world.person('chloe').number
    await kit.fromBen('dinner?', { to: [kit.us, chloe] })
    const { conversation_id } = await kit.shown('dinner?')
    const { id } = await kit.house.api.call<{ id: string }>('POST', '/api/v1/messages', {
      conversation_id,
      text: 'at 8',
    })
    expect(await kit.house.reaches(id, 'sent', 'delivered')).toMatchObject({ transport: 'mms' })
    expect(await kit.atBen('at 8')).toMatchObject({ from: kit.us, to: [kit.benNumber, chloe].sort() })
    expect(kit.mmsc.handset(chloe).inbox.map(({ text }) => text)).toContain('at 8')
    const answers = requests('m-notifyresp-ind').length
    kit.mmsc.handset(kit.us).send({ to: [kit.us, kit.benNumber, chloe], text: 'echo of ours' })
    await kit.house.eventually('the echo is answered', () => requests('m-notifyresp-ind').length > answers)
    expect(await kit.came('echo of ours')).toEqual([])
  })
})

describe('a picture to Ben', () => {
  it('arrives, and is delivered and read when his phone and he say so', async () => {
    const id = await kit.toBen('for Ben', 'cat.jpg', await smallPicture())
    const { files } = await kit.atBen('for Ben')
    expect(files).toMatchObject([{ media: 'image/jpeg', name: 'cat.jpg' }])
    await kit.house.reaches(id, 'delivered')
    kit.ben.read(await kit.atBen('for Ben'))
    await kit.house.reaches(id, 'read')
  })

  it('of which nobody knows what became is uncertain; sent again by a person it is the same transaction', async () => {
    kit.mmsc.fault({ kind: 'no-confirmation', on: 'submit' })
    const before = requests('m-send-req').length
    const id = await kit.toBen('once only', 'one.jpg', await smallPicture(60))
    await kit.house.reaches(id, 'uncertain')
    await kit.house.api.call('POST', `/api/v1/messages/${id}/retry`)
    await kit.house.reaches(id, 'sent', 'delivered')
    const tries = requests('m-send-req').slice(before)
    expect(tries).toHaveLength(2)
    expect(new Set(tries.map(({ transactionId }) => transactionId)).size).toBe(1)
    expect(kit.ben.inbox.filter(({ text }) => text === 'once only')).toHaveLength(1)
  })

  it('that cannot be made small is named in a note to both sides, never left out in silence', async () => {
    const octets = Buffer.from(Array.from({ length: 400_000 }, (_, at) => (at * 2_654_435_761) >>> 24))
    const id = await kit.toBen('the data', 'data.bin', octets)
    await kit.house.reaches(id, 'delivered')
    const { text, files } = await kit.atBen('the data')
    expect(files).toEqual([])
    expect(text).toMatch(/\[data\.bin, 391 KB: .*too large/)
    expect(JSON.stringify(await kit.house.attempts(id))).toMatch(/data\.bin, 391 KB/)
  })

  it('that the carrier calls too large goes smaller, and the next one at once so', async () => {
    kit.mmsc.settings.maxMessageSize = 150_000
    const before = requests('m-send-req').length
    await kit.house.reaches(await kit.toBen('step by step', 'noise.jpg', big), 'delivered')
    const steps = requests('m-send-req')
      .slice(before)
      .map(({ bytes }) => bytes)
    expect(steps.length).toBeGreaterThan(1)
    expect(steps).toEqual([...steps].sort((left, right) => right - left))
    await kit.house.reaches(await kit.toBen('and again', 'again.jpg', big), 'delivered')
    const next = requests('m-send-req').slice(before + steps.length)
    expect(next).toHaveLength(1)
    expect(next[0]?.bytes).toBeLessThanOrEqual(150_000)
  })
})

describe('the owner', () => {
  it('sees why the carrier is not reached, and the test says which step it is', async () => {
    kit.mmsc.fault({ kind: 'stall', at: 'start', on: 'submit' })
    const failed = await kit.cli('mms', 'test')
    expect(failed.code).toBe(1)
    expect(failed.out).toMatch(/✓ bearer.*\n.*✓ proxy.*\n.*✗ http .*may arrive all the same/)
    expect((await kit.cli('modem', 'list')).out).toMatch(/the MMSC does not answer/)
    const passed = await kit.cli('mms', 'test')
    expect(passed.out).toMatch(/✓ push.*\n.*✓ fetch.*\nPicture messages work/)
    expect(passed.code).toBe(0)
    expect((await kit.cli('modem', 'list')).out).not.toMatch(/does not answer/)
  })

  it('who wants to be asked first fetches what he wants; the MMSC hears both', async () => {
    await kit.restart({ mode: 'deferred', groups: 'apart' })
    await kit.fromBen('later')
    await kit.shown('waits at the carrier')
    expect(await kit.came('later')).toEqual([])
    const [one] = (await kit.announced()).filter(({ state }) => state === 'deferred')
    await kit.allAnswered()
    expect(await kit.cli('mms', 'fetch', one?.id ?? '')).toMatchObject({ code: 0 })
    await kit.shown('later')
    await kit.allAnswered()
    const acknowledged = kit.mmsc.ledger.requests({ from: kit.us, type: 'm-acknowledge-ind' })
    expect(acknowledged).toHaveLength(1)
    const members = [kit.benNumber, kit.house.world.person('dev').number]
    const group = await kit.house.api.call('POST', '/api/v1/groups', { kind: 'phone', members })
    expect(group).toMatchObject({ texts_apart: true })
  })
})
