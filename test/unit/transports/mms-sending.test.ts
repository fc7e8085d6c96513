/** From a message with a picture to what the carrier says of it, and how often it may have left. */
import { describe, expect, it, onTestFinished } from 'vitest'
import type { MmscAnswer } from '../../../modem/mms/exchange.ts'
import type { MmsPdu } from '../../../modem/mms/types.ts'
import { createIds } from '../../../src/domain/ids.ts'
import { messageView } from '../../../src/http/message-views.ts'
import { attachmentsOf } from '../../../src/store/attachments.ts'
import { recipientsOf } from '../../../src/store/groups.ts'
import { changePhoneGroup, ensurePhoneGroup } from '../../../src/store/phone-groups.ts'
import { ANA } from '../routing/world.ts'
import { BEN, CAM, conf, JPEG, MmsRig, pduAnswer, type RigOptions } from './mms-rig.ts'

async function open(options: RigOptions = {}): Promise<MmsRig> {
  const rig = await MmsRig.open(options)
  onTestFinished(() => rig.close())
  return rig
}

async function send(rig: MmsRig, to = BEN, text = 'look') {
  return await rig.world.send(to, text, { media: [await rig.upload()] })
}

function partsIn(pdu: MmsPdu | undefined): string[] {
  return (pdu?.parts ?? []).map(({ media, data }) => `${media} ${data.length}`)
}

const MINUTE = 60_000

describe('a message with a picture to somebody without Signal', () => {
  it('leaves as one picture message with its text, and is delivered when the carrier says so', async () => {
    const rig = await open()
    const sent = await send(rig)
    expect(sent).toMatchObject({ state: 'sent', transport: 'mms', lane: 'mdm_1', encrypted: 0 })
    const [pdu, ...others] = rig.mmsc.heard
    expect(others).toEqual([])
    expect(pdu).toMatchObject({
      type: 'm-send-req',
      to: [{ address: BEN, addressType: 'PLMN' }],
      from: { insertAddress: true },
      deliveryReport: true,
      readReport: false,
    })
    expect(partsIn(pdu).slice(1)).toEqual(['text/plain 4', `image/jpeg ${JPEG.length}`])
    const report = { version: '1.2', messageId: 'M1', date: 1, to: [{ address: BEN }] }
    await rig.push({ type: 'm-delivery-ind', ...report, status: 0x83 })
    expect((await rig.world.message(sent.id)).state).toBe('sent')
    await rig.push({ type: 'm-delivery-ind', ...report, status: 0x81 })
    expect(await rig.world.message(sent.id)).toMatchObject({
      state: 'delivered',
      reason: 'their phone has fetched it',
    })
    await rig.push({ type: 'm-read-orig-ind', ...report, from: { address: BEN }, readStatus: 0x80 })
    expect((await rig.world.message(sent.id)).state).toBe('read')
  })

  it('… and undelivered when the carrier says that; another message is none of its business', async () => {
    const rig = await open()
    const sent = await send(rig)
    const report = { type: 'm-delivery-ind' as const, version: '1.2', date: 1, to: [{ address: BEN }] }
    await rig.push({ ...report, messageId: 'other', status: 0x80 })
    expect((await rig.world.message(sent.id)).state).toBe('sent')
    await rig.push({ ...report, messageId: 'M1', status: 0x80 })
    expect(await rig.world.message(sent.id)).toMatchObject({ state: 'failed', code: 'undelivered' })
  })

  it('a report that overtakes the answer counts', async () => {
    const rig = await open()
    rig.mmsc.replies.push(async () => {
      const to = [{ address: BEN }]
      await rig.push({ type: 'm-delivery-ind', version: '1.2', messageId: 'M9', date: 1, to, status: 0x81 })
      return conf(0x80, { messageId: 'M9' })
    })
    expect((await send(rig)).state).toBe('delivered')
  })

  it('goes over Signal to whom is there, without a picture message', async () => {
    const rig = await open()
    expect(await send(rig, ANA)).toMatchObject({ state: 'sent', transport: 'signal' })
    expect(rig.mmsc.heard).toEqual([])
  })

  it('falls back to a picture message by the rules for texts', async () => {
    const rig = await open()
    const sent = await send(rig, ANA)
    await rig.pass(16 * MINUTE)
    expect(await rig.world.message(sent.id)).toMatchObject({
      state: 'sent',
      transport: 'mms',
      fallback_code: 'no-receipt',
    })
    expect(rig.mmsc.heard).toHaveLength(1)
  })

  it('never leaves as a picture message where a text would not: verified people are asked about', async () => {
    const rig = await open()
    const first = await rig.world.send(ANA, 'hello')
    const { contact_id: id } = await rig.world.db
      .selectFrom('conversations')
      .selectAll()
      .where('id', '=', first.conversation_id)
      .executeTakeFirstOrThrow()
    await rig.world.router.updateContact(id ?? '', { verified: true })
    const sent = await send(rig, ANA)
    await rig.pass(16 * MINUTE)
    expect(await rig.world.message(sent.id)).toMatchObject({ state: 'held', code: 'consent-needed' })
    expect(rig.mmsc.heard).toEqual([])
    await rig.world.router.approve(sent.id)
    await rig.world.settle()
    expect(rig.mmsc.heard).toHaveLength(1)
  })

  it('to be looked at once fails rather than leave for good', async () => {
    const rig = await open()
    const { message } = await rig.world.router.submit({
      to: BEN,
      text: '',
      viewOnce: true,
      media: [await rig.upload()],
    })
    await rig.world.settle()
    expect((await rig.world.message(message.id)).state).toBe('failed')
    expect(rig.mmsc.heard).toEqual([])
  })

  it('without MMS on any modem fails with the reason', async () => {
    const rig = await open({ line: 'none' })
    expect(await send(rig)).toMatchObject({ state: 'failed', code: 'media-needs-mms' })
  })

  it('says in words what could not be made small enough, to both sides', async () => {
    const rig = await open()
    const note = 'film.mov, 40 MB, was too large for a picture message'
    rig.fitting = async () => ({ parts: [], notes: [note], leftOut: [{ file: 0, reason: 'too-large' }] })
    const sent = await send(rig, BEN, 'our holiday')
    expect(sent.reason).toContain(note)
    const text = rig.mmsc.heard[0]?.parts?.find(({ media }) => media === 'text/plain')
    expect(new TextDecoder().decode(text?.data)).toBe(`our holiday\n[${note}]`)
  })

  it('shows a file that was left out as not sent, and no longer once it has gone along', async () => {
    const rig = await open()
    const shown = async (id: string) => {
      const message = await rig.world.message(id)
      const files = (await attachmentsOf(rig.world.db, [message])).get(id) ?? []
      return messageView(message, undefined, files).attachments.map(({ left_out: why }) => why)
    }
    rig.fitting = async () => ({ parts: [], notes: ['too large'], leftOut: [{ file: 1, reason: 'too-large' }] })
    const media = [await rig.upload(), await rig.upload()]
    rig.mmsc.replies.push(conf(0xc0))
    const sent = await rig.world.send(BEN, 'look', { media })
    expect(sent.state).toBe('queued')
    expect(await shown(sent.id)).toEqual([null, 'too-large'])
    rig.fitting = async () => ({ parts: [], notes: [], leftOut: [] })
    await rig.pass(10 * MINUTE)
    expect((await rig.world.message(sent.id)).state).toBe('sent')
    expect(await shown(sent.id)).toEqual([null, null])
  })

  it('waits for a line that is away', async () => {
    const rig = await open({ line: { problem: 'no bearer' } })
    const sent = await send(rig)
    expect(sent.state).toBe('queued')
    rig.line.problem = undefined
    await rig.world.router.reconcile()
    await rig.pass(5 * MINUTE)
    expect((await rig.world.message(sent.id)).state).toBe('sent')
  })
})

describe('a carrier that refuses', () => {
  const cases: [what: string, answer: MmscAnswer, state: string, code: string, words: RegExp][] = [
    ['no credit', conf(0xeb, { responseText: { text: 'top up!' } }), 'failed', 'mms-eb', /no credit left.*“top up!”/],
    ['denied', conf(0xe1), 'failed', 'mms-e1', /denied to this SIM/],
    ['a status that nobody knows', conf(0xf7), 'failed', 'mms-f7', /not known here/],
    ['no such page', { kind: 'status', status: 404 }, 'failed', 'mms-http-404', /HTTP 404/],
    ['its settings', { kind: 'status', status: 407 }, 'failed', 'mms-http-407', /settings \(APN/],
  ]
  for (const [what, answer, state, code, words] of cases) {
    it(`for good: ${what}`, async () => {
      const rig = await open()
      rig.mmsc.replies.push(answer)
      const sent = await send(rig)
      expect(sent).toMatchObject({ state })
      expect(sent.reason).toMatch(words)
      expect(sent.code).toBe(code)
      expect(rig.mmsc.heard).toHaveLength(1)
    })
  }

  it('for now: it goes again under the same transaction, and in the end fails', async () => {
    const rig = await open()
    rig.mmsc.replies.push(conf(0xc0), { kind: 'status', status: 503 }, conf(0xc3))
    const sent = await send(rig)
    expect(sent).toMatchObject({ state: 'queued', code: 'mms-c0' })
    for (const ms of [20_000, 2 * MINUTE, 6 * MINUTE]) await rig.pass(ms)
    expect((await rig.world.message(sent.id)).state).toBe('sent')
    expect(new Set(rig.mmsc.heard.map(({ transactionId }) => transactionId)).size).toBe(1)
    expect(rig.mmsc.heard).toHaveLength(4)
  })

  it('for some of several recipients: it is not sent to all again', async () => {
    const rig = await open()
    rig.mmsc.replies.push(conf(0xc4, { messageId: 'M1', responseText: { text: 'one failed' } }))
    const sent = await send(rig)
    expect(sent).toMatchObject({ state: 'sent', reason: expect.stringMatching(/some of the recipients.*one failed/) })
    await rig.pass(60 * MINUTE)
    expect(rig.mmsc.heard).toHaveLength(1)
  })

  it('what is too large is made smaller, step by step, and the carrier’s limit is remembered', async () => {
    const rig = await open()
    rig.line.carrier.bytesMax = 1_048_576
    rig.fitting = async ({ files, bytesMax }) => {
      const [file] = files
      const octets = new Uint8Array(bytesMax - 2_000)
      return {
        parts: [{ contentType: 'image/jpeg', name: file?.fileName ?? '', contentId: 'p', octets }],
        notes: [],
        leftOut: [],
      }
    }
    rig.mmsc.replies.push(conf(0xe5), { kind: 'status', status: 413 })
    const sent = await send(rig)
    expect(sent.state).toBe('sent')
    expect(rig.fits).toEqual([
      { bytesMax: 1_048_576, step: 0 },
      { bytesMax: 614_400, step: 1 },
      { bytesMax: 307_200, step: 2 },
    ])
    await send(rig, CAM)
    expect(rig.fits.at(-1)).toEqual({ bytesMax: 307_200, step: 0 })
  })

  it('what cannot be made smaller any more fails with the carrier’s words', async () => {
    const rig = await open()
    rig.mmsc.replies.push(...Array<MmscAnswer>(9).fill(conf(0xe5, { responseText: { text: 'too big' } })))
    const sent = await send(rig)
    expect(sent).toMatchObject({ state: 'failed', code: 'mms-e5', reason: expect.stringContaining('too big') })
  })
})

describe('a message whose answer is lost', () => {
  const lost = { kind: 'unreachable', step: 'http', bodySent: true, reason: 'timed out' } as const

  it('is uncertain and does not go again by itself; a report settles it only by the MMSC’s name for it', async () => {
    const rig = await open()
    rig.mmsc.replies.push(lost)
    const sent = await send(rig)
    expect(sent).toMatchObject({ state: 'uncertain', code: 'no-answer' })
    await rig.pass(12 * 60 * MINUTE)
    expect(rig.mmsc.heard).toHaveLength(1)
  })

  it('goes again under the same transaction when a person says so', async () => {
    const rig = await open()
    rig.mmsc.replies.push(lost)
    const sent = await send(rig)
    await rig.world.router.retry(sent.id)
    await rig.world.settle()
    expect((await rig.world.message(sent.id)).state).toBe('sent')
    const [first, second] = rig.mmsc.heard
    expect(second?.transactionId).toBe(first?.transactionId)
  })

  it('is uncertain, too, when a web page came in its place', async () => {
    const rig = await open()
    rig.mmsc.replies.push({ kind: 'portal', contentType: 'text/html' })
    expect((await send(rig)).state).toBe('uncertain')
  })

  it('did not leave where no body left: it goes again', async () => {
    const rig = await open()
    rig.mmsc.replies.push({ ...lost, bodySent: false, step: 'bearer' })
    const sent = await send(rig)
    expect(sent).toMatchObject({ state: 'queued', code: 'mms-unreachable' })
    await rig.pass(MINUTE)
    expect((await rig.world.message(sent.id)).state).toBe('sent')
  })
})

describe('a crash', () => {
  it('after the body left and before its answer: uncertain, at most one message', async () => {
    const rig = await open()
    rig.mmsc.at = async (step) => {
      if (step === 'submitted') throw await rig.crash()
    }
    const media = [await rig.upload()]
    const { message } = await rig.world.router.submit({ to: BEN, text: 'look', media })
    await rig.world.settle()
    rig.mmsc.at = () => {}
    await rig.reboot()
    await rig.world.settle()
    await rig.pass(60 * MINUTE)
    expect((await rig.world.message(message.id)).state).toBe('uncertain')
    expect(rig.mmsc.heard).toHaveLength(1)
  })

  it('before the body left: it goes once, at the next start', async () => {
    const rig = await open()
    rig.fitting = async () => {
      throw await rig.crash()
    }
    const media = [await rig.upload()]
    const { message } = await rig.world.router.submit({ to: BEN, text: 'look', media })
    await rig.world.settle()
    rig.fitting = async ({ files }) => {
      const octets = (await files[0]?.read()) ?? new Uint8Array(0)
      return { parts: [{ contentType: 'image/jpeg', name: 'cat.jpg', contentId: 'p', octets }], notes: [], leftOut: [] }
    }
    await rig.reboot()
    await rig.world.settle()
    await rig.pass(MINUTE)
    expect((await rig.world.message(message.id)).state).toBe('sent')
    expect(rig.mmsc.heard).toHaveLength(1)
  })
})

describe('quotas of a modem', () => {
  it('count picture messages with its texts', async () => {
    const rules = {
      prefixes: [],
      costPerPart: undefined,
      dailyTexts: 2,
      monthlyTexts: undefined,
      textsPerMinute: undefined,
    }
    const rig = await open({ line: { rules } })
    rig.world.sms.order('mdm_1', { dailyTexts: 2 })
    await rig.world.router.reconcile()
    await send(rig)
    await send(rig)
    expect(await send(rig)).toMatchObject({ state: 'queued', reason: expect.stringContaining('quota') })
    expect(rig.mmsc.heard).toHaveLength(2)
  })
})

describe('a status report of a text', () => {
  it('never settles a picture message to the same person', async () => {
    const rig = await open()
    rig.mmsc.replies.push({ kind: 'unreachable', step: 'http', bodySent: true, reason: 'timed out' })
    const sent = await send(rig)
    await rig.world.report({ messageId: '', part: 1, reference: 1, to: BEN, atMs: rig.world.nowMs, lane: 'mdm_1' })
    expect((await rig.world.message(sent.id)).state).toBe('uncertain')
  })
})

describe('an answer of the MMSC that is something else', () => {
  it('than an m-send-conf proves nothing', async () => {
    const rig = await open()
    const odd = { type: 'm-notifyresp-ind', version: '1.2', transactionId: 'x', status: 0x81 } as const
    rig.mmsc.replies.push(pduAnswer(odd))
    expect((await send(rig)).state).toBe('uncertain')
  })
})

describe('a group of phone numbers', () => {
  async function group(rig: MmsRig, apart: boolean) {
    const { db, clock } = rig.world
    const ids = createIds(clock, (count) => new Uint8Array(count).fill(9))
    return await db.transaction().execute(async (tx) => {
      const made = await ensurePhoneGroup(tx, ids, [CAM, BEN], clock())
      await changePhoneGroup(tx, made.id, { textsApart: apart }, clock())
      return made.id
    })
  }

  it('gets one picture message, words alone too; reports of each member make it delivered', async () => {
    const rig = await open()
    const id = await group(rig, false)
    const sent = await rig.world.send(id, 'hello all')
    expect(sent).toMatchObject({ state: 'sent', transport: 'mms' })
    expect(rig.mmsc.heard.map(({ to }) => to?.map(({ address }) => address))).toEqual([[BEN, CAM]])
    const report = { type: 'm-delivery-ind' as const, version: '1.2', messageId: 'M1', date: 1, status: 0x81 }
    await rig.push({ ...report, to: [{ address: BEN, addressType: 'PLMN' }] })
    expect((await rig.world.message(sent.id)).state).toBe('sent')
    await rig.push({ ...report, to: [{ address: '+15559999999' }] })
    expect((await rig.world.message(sent.id)).state).toBe('sent')
    await rig.push({ ...report, to: [{ address: CAM, addressType: 'PLMN' }] })
    expect((await rig.world.message(sent.id)).state).toBe('delivered')
    expect(await recipientsOf(rig.world.db, sent.id)).toMatchObject([
      { aci: BEN, state: 'delivered' },
      { aci: CAM, state: 'delivered' },
    ])
  })

  it('of more than the carrier takes fails with what to do', async () => {
    const rig = await open()
    rig.line.carrier.recipientsMax = 1
    const sent = await rig.world.send(await group(rig, false), 'hello all')
    expect(sent).toMatchObject({ state: 'failed', code: 'mms-too-many-recipients' })
  })
})
