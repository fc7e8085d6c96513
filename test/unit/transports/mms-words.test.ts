/** Subjects and long texts, which a picture message carries where there is one: what leaves, and what is said of it. */
import { describe, expect, it, onTestFinished } from 'vitest'
import type { MmsPdu } from '../../../modem/mms/types.ts'
import { messageView } from '../../../src/http/message-views.ts'
import type { Router } from '../../../src/routing/router.ts'
import { listLegs } from '../../../src/store/mailbox.ts'
import { ANA } from '../routing/world.ts'
import { BEN, conf, MmsRig, picture, type RigOptions } from './mms-rig.ts'

async function open(options: RigOptions = {}): Promise<MmsRig> {
  const rig = await MmsRig.open(options)
  onTestFinished(() => rig.close())
  return rig
}

async function send(
  rig: MmsRig,
  text: string,
  { to = BEN, ...more }: Partial<Parameters<Router['submit']>[0]> & { to?: string } = {},
) {
  return await rig.world.send(to, text, more)
}

function wordsIn(pdu: MmsPdu | undefined): string[] {
  return (pdu?.parts ?? [])
    .filter(({ media }) => media === 'text/plain')
    .map(({ data }) => new TextDecoder().decode(data))
}

async function reasonOf(rig: MmsRig, id: string): Promise<string | undefined> {
  return (await listLegs(rig.world.db, id)).at(-1)?.reason
}

describe('a subject', () => {
  it('makes a picture message of a text, with a place of its own, and shows as the first line here', async () => {
    const rig = await open()
    const sent = await send(rig, 'at eight', { subject: ' Dinner ' })
    expect(sent).toMatchObject({ state: 'sent', transport: 'mms', text: 'Dinner\nat eight', subject_chars: 6 })
    expect(await reasonOf(rig, sent.id)).toContain('it has a subject, so it goes as one picture message')
    const [pdu] = rig.mmsc.heard
    expect(pdu).toMatchObject({ type: 'm-send-req', subject: { text: 'Dinner' } })
    expect(wordsIn(pdu)).toEqual(['at eight'])
    expect(messageView(sent, undefined)).toMatchObject({
      subject: 'Dinner',
      ranges: [{ start: 0, length: 6, style: 'bold' }],
    })
  })

  it('… goes along with a picture alone', async () => {
    const rig = await open()
    const sent = await send(rig, '', { subject: 'Cat', media: [await rig.upload()] })
    expect(sent).toMatchObject({ state: 'sent', text: 'Cat' })
    expect(rig.mmsc.heard[0]).toMatchObject({ subject: { text: 'Cat' } })
    expect(wordsIn(rig.mmsc.heard[0])).toEqual([])
  })

  it('… stays apart from what is quoted', async () => {
    const rig = await open()
    const first = await send(rig, 'when?')
    await send(rig, 'at eight', { subject: 'Dinner', quoteId: first.id })
    expect(rig.mmsc.heard.at(-1)).toMatchObject({ subject: { text: 'Dinner' } })
    expect(wordsIn(rig.mmsc.heard.at(-1))).toEqual(['> when?\nat eight'])
  })

  it('is the first line, in bold, over Signal', async () => {
    const rig = await open()
    const ranges = [{ kind: 'style', style: 'italic', start: 0, length: 2 }] as const
    await send(rig, 'at eight', { to: ANA, subject: 'Dinner', ranges })
    expect(rig.world.signal.sends).toMatchObject([
      {
        text: 'Dinner\nat eight',
        ranges: [
          { style: 'bold', start: 0, length: 6 },
          { style: 'italic', start: 7, length: 2 },
        ],
      },
    ])
    expect(rig.mmsc.heard).toEqual([])
  })

  it('is the first line of a text where there is no MMS', async () => {
    const rig = await open({ line: 'none' })
    const sent = await send(rig, 'at eight', { subject: 'Dinner' })
    expect(sent).toMatchObject({ state: 'sent', transport: 'sms' })
    expect(rig.world.sms.sends.map(({ text }) => text)).toEqual(['Dinner\nat eight'])
  })

  it('that the carrier has no room for is the first line of the picture message', async () => {
    const rig = await open()
    const subject = 'x'.repeat(41)
    await send(rig, 'at eight', { subject })
    expect(rig.mmsc.heard[0]?.subject).toBeUndefined()
    expect(wordsIn(rig.mmsc.heard[0])).toEqual([`${subject}\nat eight`])
  })

  it('of two lines, or beyond all carriers, is refused, and so is one without a message', async () => {
    const rig = await open()
    const refused = { code: 'invalid-request' }
    await expect(send(rig, 'x', { subject: 'a\nb' })).rejects.toMatchObject(refused)
    await expect(send(rig, 'x', { subject: 'x'.repeat(81) })).rejects.toMatchObject(refused)
    await expect(send(rig, '', { subject: 'x' })).rejects.toMatchObject(refused)
    expect(rig.mmsc.heard).toEqual([])
  })

  it('of a picture message that came is its own field, too', async () => {
    const rig = await open()
    rig.mmsc.stored.set('http://mmsc/1', [picture({ subject: { text: 'Holidays' } })])
    await rig.announce()
    await rig.desk.look()
    const [message] = await rig.world.db.selectFrom('messages').selectAll().where('direction', '=', 'in').execute()
    if (message === undefined) throw new Error('nothing came')
    expect(messageView(message, undefined)).toMatchObject({ text: 'Holidays\nlook', subject: 'Holidays' })
  })
})

describe('a long text', () => {
  // Ten characters a part.
  const LONG = 'a text of four parts and so on.'

  it('is so many parts as long as nobody has said otherwise', async () => {
    const rig = await open()
    expect(await send(rig, LONG)).toMatchObject({ transport: 'sms' })
    expect(rig.mmsc.heard).toEqual([])
  })

  it('goes as one picture message above the threshold, and the ledger says why', async () => {
    const rig = await open()
    rig.world.settings.longTextParts = 3
    const sent = await send(rig, LONG)
    expect(sent).toMatchObject({ state: 'sent', transport: 'mms' })
    expect(wordsIn(rig.mmsc.heard[0])).toEqual([LONG])
    expect(rig.world.sms.sends).toEqual([])
    expect(await reasonOf(rig, sent.id)).toContain(
      'as a text it would take 4 parts, and 3 are allowed (mms.long_text_parts), so it goes as one picture message',
    )
    expect(await send(rig, LONG.slice(0, 30))).toMatchObject({ transport: 'sms' })
  })

  it('… goes as a text where the carrier refuses that, once, with both reasons', async () => {
    const rig = await open()
    rig.world.settings.longTextParts = 3
    rig.mmsc.replies.push(conf(0xe1))
    const sent = await send(rig, LONG)
    expect(sent).toMatchObject({ state: 'sent', transport: 'sms', fallback_from: 'mms' })
    expect(rig.mmsc.heard).toHaveLength(1)
    expect(rig.world.sms.sends.map(({ text }) => text)).toEqual([LONG])
    expect(await reasonOf(rig, sent.id)).toContain('as a picture message it could not go')
  })

  it('… never goes as a text when the picture message may have left', async () => {
    const rig = await open()
    rig.world.settings.longTextParts = 3
    rig.mmsc.replies.push({ kind: 'unreachable', step: 'http', bodySent: true, reason: 'the line broke' })
    expect(await send(rig, LONG)).toMatchObject({ state: 'uncertain', transport: 'mms' })
    await rig.pass(3_600_000)
    expect(rig.world.sms.sends).toEqual([])
    expect(rig.mmsc.heard).toHaveLength(1)
  })

  it('… is encrypted as any other to whoever is on Signal', async () => {
    const rig = await open()
    rig.world.settings.longTextParts = 3
    expect(await send(rig, LONG, { to: ANA })).toMatchObject({ transport: 'signal' })
    expect(rig.mmsc.heard).toEqual([])
  })
})
