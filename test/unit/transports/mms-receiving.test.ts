/**
 * From a push in the modem to a picture in the conversation, and everything that can come in between. What is not fetched, or
 * not yet, is in mms-waiting.test.ts.
 */
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { encodePdu } from '../../../modem/mms/encode.ts'
import { BEN, CAM, conf, JPEG, MmsRig, OWN, part, pduAnswer, picture, type RigOptions } from './mms-rig.ts'

async function open(options: RigOptions = {}): Promise<MmsRig> {
  const rig = await MmsRig.open(options)
  onTestFinished(() => rig.close())
  return rig
}

const URL_1 = 'http://mmsc/1'
const MINUTE = 60_000
const HOUR = 60 * MINUTE

async function files(rig: MmsRig) {
  const rows = await rig.world.db.selectFrom('attachments').selectAll().orderBy('position').execute()
  return rows.map(({ file_name, content_type, state, bytes }) => `${file_name} ${content_type} ${state} ${bytes}`)
}

describe('a picture message', () => {
  it('is fetched, shown with its file, and answered; its octets go when the file is taken out', async () => {
    const rig = await open()
    rig.mmsc.stored.set(URL_1, [picture()])
    await rig.announce()
    expect(await rig.notification()).toMatchObject({ state: 'pushed', from_address: BEN, bytes: 29_501 })
    await rig.look()
    expect(await rig.shown()).toEqual(['in mms: look'])
    await vi.waitFor(async () => expect(await files(rig)).toEqual([`cat.jpg image/jpeg here ${JPEG.length}`]))
    expect(rig.mmsc.told()).toEqual(['m-notifyresp-ind 81'])
    expect(rig.mmsc.heard[0]).toMatchObject({ transactionId: 'T1', reportAllowed: false })
    await rig.look()
    expect(await rig.world.db.selectFrom('mms_pdus').selectAll().execute()).toEqual([])
    expect(await rig.world.db.selectFrom('data_messages').selectAll().execute()).toEqual([])
  })

  it('may be announced over three texts, in any wrapping of the modem', async () => {
    const rig = await open()
    rig.mmsc.stored.set(URL_1, [picture()])
    const pdu = encodePdu({
      type: 'm-notification-ind',
      version: '1.2',
      transactionId: 'T1',
      contentLocation: URL_1,
      subject: { text: 'x'.repeat(60), charset: 106 },
    })
    await rig.pushOctets(pdu, Math.ceil(pdu.length / 2.5))
    await rig.look()
    expect(await rig.shown()).toEqual(['in mms: look'])
  })

  it('that is announced again is answered again and shown once', async () => {
    const rig = await open()
    rig.mmsc.stored.set(URL_1, [picture()])
    await rig.announce()
    await rig.look()
    await rig.announce()
    await rig.look()
    await rig.announce()
    await rig.look()
    expect(await rig.shown()).toEqual(['in mms: look'])
    expect(rig.mmsc.asked).toEqual([URL_1])
    expect(rig.mmsc.told()).toEqual(Array(3).fill('m-notifyresp-ind 81'))
  })

  it('is answered until the MMSC has it', async () => {
    const rig = await open()
    rig.mmsc.stored.set(URL_1, [picture()])
    const away = { kind: 'unreachable', step: 'http', bodySent: true, reason: 'timed out' } as const
    rig.mmsc.replies.push(away, { kind: 'status', status: 503 }, { kind: 'portal', contentType: 'text/html' })
    await rig.announce()
    await rig.look()
    await rig.pass(15_000)
    await rig.pass(MINUTE)
    await rig.pass(5 * MINUTE)
    await rig.pass(HOUR)
    expect(rig.mmsc.told()).toEqual(Array(4).fill('m-notifyresp-ind 81'))
    expect((await rig.notification()).answer_due_at_ms).toBeNull()
  })

  it('is answered at its own address where the carrier wants that', async () => {
    const line = {
      carrier: { id: 'v', bytesMax: undefined, recipientsMax: 10, subjectCharsMax: 40, answersAtLocation: true },
    }
    const rig = await open({ line })
    const urls: (string | undefined)[] = []
    const submit = rig.mmsc.submit.bind(rig.mmsc)
    rig.mmsc.submit = (request: { pdu: Uint8Array; url?: string }) => {
      urls.push(request.url)
      return submit(request)
    }
    rig.mmsc.stored.set(URL_1, [picture()])
    await rig.announce()
    await rig.look()
    expect(urls).toEqual([URL_1])
  })

  it('shows subject, texts in the order of the presentation, a vCard as a file, a page as its words', async () => {
    const rig = await open()
    const smil = '<smil><body><par><text src="b.txt"/></par><par><text src="a.txt"/></par></body></smil>'
    const vcard = 'BEGIN:VCARD\r\nFN:Ben\r\nEND:VCARD\r\n'
    rig.mmsc.stored.set(URL_1, [
      picture({
        subject: { text: 'Holiday', charset: 106 },
        parts: [
          part('application/smil', smil, 's.smil'),
          part('text/plain', 'second', 'a.txt'),
          part('text/plain', 'first', 'b.txt'),
          part('text/x-vcard', vcard, 'ben.vcf'),
        ],
      }),
    ])
    rig.mmsc.stored.set('http://mmsc/2', [
      picture({
        parts: [part('text/html', '<html><body><p>Hi &amp; bye</p><script>x()</script></body></html>', 'p.html')],
      }),
    ])
    await rig.announce()
    await rig.announce('http://mmsc/2', { transactionId: 'T2' })
    await rig.look()
    expect(await rig.shown()).toEqual(['in mms: Holiday\nfirst\nsecond', 'in mms: Hi & bye'])
    const [first] = await rig.world.all()
    expect(JSON.parse(first?.ranges_json ?? '[]')).toEqual([{ kind: 'style', style: 'bold', start: 0, length: 7 }])
    await vi.waitFor(async () => expect(await files(rig)).toEqual([`ben.vcf text/vcard here ${vcard.length}`]))
  })

  it('without anything in it says so, and a subject that the phone filled in is none', async () => {
    const rig = await open()
    rig.mmsc.stored.set(URL_1, [picture({ subject: { text: 'NoSubject' }, parts: [] })])
    await rig.announce()
    await rig.look()
    expect(await rig.shown()).toEqual(['in mms: (an empty picture message)'])
  })

  it('is lost neither by a failing network nor by a busy MMSC', async () => {
    const rig = await open()
    rig.mmsc.stored.set(URL_1, [
      { kind: 'unreachable', step: 'bearer', bodySent: false, reason: 'no bearer' },
      { kind: 'status', status: 503 },
      { kind: 'cut', bytes: 10, bytesDeclared: 100 },
      { kind: 'portal', contentType: 'text/html' },
      pduAnswer({
        type: 'm-retrieve-conf',
        version: '1.2',
        retrieveStatus: 0xc0,
        parts: [],
      }),
      picture(),
    ])
    await rig.announce()
    for (const ms of [0, 15_000, MINUTE, 5 * MINUTE]) await rig.pass(ms)
    expect((await rig.shown())[0]).toMatch(/^note portal: .*could not be fetched yet: a web page/)
    await rig.pass(20 * MINUTE)
    await rig.pass(HOUR)
    expect(await rig.shown()).toEqual([
      `note fetched: A picture message from ${BEN} (30 KB) has been fetched.`,
      'in mms: look',
    ])
    expect(rig.mmsc.asked).toHaveLength(6)
  })
})

describe('several numbers', () => {
  const many = {
    to: [OWN, CAM].map((address) => ({ address, addressType: 'PLMN' })),
    cc: [{ address: '(555) 000-0104' }],
  }

  it('are one conversation in whatever order and form they come, ours left out; each author is named', async () => {
    const rig = await open()
    rig.mmsc.stored.set(URL_1, [picture(many)])
    rig.mmsc.stored.set('http://mmsc/2', [
      picture({
        from: { address: CAM, addressType: 'PLMN' },
        to: ['+15550000104', BEN, OWN].map((address) => ({ address, addressType: 'PLMN' })),
      }),
    ])
    await rig.announce()
    await rig.announce('http://mmsc/2', { transactionId: 'T2', from: { address: CAM } })
    await rig.look()
    const groups = await rig.world.db.selectFrom('groups').selectAll().execute()
    expect(groups.map(({ numbers }) => numbers)).toEqual([`${BEN} ${CAM} +15550000104`])
    const messages = await rig.world.all()
    expect(new Set(messages.map(({ conversation_id }) => conversation_id)).size).toBe(1)
    expect(messages.map(({ author_address }) => author_address)).toEqual([BEN, CAM])
  })

  it('our own message that comes back from the group is answered and not shown', async () => {
    const rig = await open()
    rig.mmsc.stored.set(URL_1, [picture({ ...many, from: { address: OWN } })])
    await rig.announce()
    await rig.look()
    expect(await rig.shown()).toEqual([])
    expect(rig.mmsc.told()).toEqual(['m-notifyresp-ind 81'])
  })

  it('stay between two while our own number is unknown; a message to us alone teaches it', async () => {
    const rig = await open({ line: { ownNumber: undefined } })
    rig.mmsc.stored.set(URL_1, [picture(many)])
    rig.mmsc.stored.set('http://mmsc/2', [picture()])
    rig.mmsc.stored.set('http://mmsc/3', [picture(many)])
    for (const n of [1, 2, 3]) {
      await rig.announce(`http://mmsc/${n}`, { transactionId: `T${n}` })
      await rig.look()
    }
    const messages = await rig.world.all()
    expect(messages.map(({ author_address }) => author_address)).toEqual([null, null, BEN])
  })
})

describe('pushes that are no announcement', () => {
  it('cannot be read: kept with their octets, and the MMSC hears it', async () => {
    const rig = await open()
    const whole = encodePdu({ type: 'm-notification-ind', version: '1.2', transactionId: 'T9', contentLocation: URL_1 })
    await rig.pushOctets(whole.subarray(0, whole.length - 5))
    await rig.look()
    expect(await rig.world.db.selectFrom('quarantine').select(['transport', 'code']).execute()).toEqual([
      { transport: 'mms', code: 'truncated' },
    ])
    expect(rig.mmsc.told()).toEqual(['m-notifyresp-ind 84'])
    expect(rig.mmsc.heard[0]).toMatchObject({ transactionId: 'T9' })
    expect(await rig.shown()).toEqual([])
  })

  it('another type than an MMSC pushes is kept, too', async () => {
    const rig = await open()
    const answer = conf(0x80)
    await rig.pushOctets(answer.kind === 'pdu' ? answer.octets : new Uint8Array(0))
    expect(await rig.world.db.selectFrom('quarantine').select('code').execute()).toEqual([{ code: 'unexpected-type' }])
  })
})

describe('a crash', () => {
  it('after the message is safe and before its answer: shown once, answered at the next start', async () => {
    const rig = await open()
    rig.mmsc.stored.set(URL_1, [picture()])
    await rig.announce()
    rig.mmsc.at = async (step) => {
      if (step === 'submit') throw await rig.crash()
    }
    await rig.desk.look().catch(() => undefined)
    rig.mmsc.at = () => {}
    await rig.reboot()
    await rig.look()
    expect(await rig.shown()).toEqual(['in mms: look'])
    await vi.waitFor(async () => expect(await files(rig)).toEqual([`cat.jpg image/jpeg here ${JPEG.length}`]))
    expect(rig.mmsc.told()).toEqual(['m-notifyresp-ind 81'])
    expect(rig.mmsc.asked).toEqual([URL_1])
  })

  it('after the answer and before that is noted: answered again, shown once', async () => {
    const rig = await open()
    rig.mmsc.stored.set(URL_1, [picture()])
    await rig.announce()
    rig.mmsc.at = async (step) => {
      if (step === 'submitted') await rig.crash()
    }
    await rig.desk.look().catch(() => undefined)
    rig.mmsc.at = () => {}
    await rig.reboot()
    await rig.look()
    expect(await rig.shown()).toEqual(['in mms: look'])
    expect(rig.mmsc.told()).toEqual(['m-notifyresp-ind 81', 'm-notifyresp-ind 81'])
  })

  it('while it is fetched: it is fetched again', async () => {
    const rig = await open()
    rig.mmsc.stored.set(URL_1, [picture()])
    await rig.announce()
    rig.mmsc.at = async (step) => {
      if (step === 'retrieve') await rig.crash()
    }
    await rig.desk.look().catch(() => undefined)
    rig.mmsc.at = () => {}
    await rig.reboot()
    await rig.look()
    expect(await rig.shown()).toEqual(['in mms: look'])
    expect(rig.mmsc.asked).toEqual([URL_1, URL_1])
  })

  it('before the text that announced it was deleted: the same text again is the same message', async () => {
    const rig = await open()
    rig.mmsc.stored.set(URL_1, [picture()])
    const pdu = await rig.announce()
    await rig.look()
    await rig.reboot()
    await rig.inbound.incoming(pdu)
    await rig.look()
    expect(await rig.shown()).toEqual(['in mms: look'])
    expect(await rig.notifications()).toHaveLength(1)
    expect(rig.mmsc.asked).toEqual([URL_1])
  })
})
