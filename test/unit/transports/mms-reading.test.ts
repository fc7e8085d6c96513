/** Whom the owner lets hear that their picture message was read, and how often. */
import { describe, expect, it, onTestFinished } from 'vitest'
import { BEN, CAM, MmsRig, OWN, picture } from './mms-rig.ts'

const MINUTE = 60_000
const URL_1 = 'http://mmsc/1'
const ASKED = { messageId: 'theirs@mmsc', readReport: true }

async function open(sendReadReports = true): Promise<MmsRig> {
  const rig = await MmsRig.open({ sendReadReports })
  onTestFinished(() => rig.close())
  return rig
}

/** It comes, and the owner opens the conversation. */
async function comes(rig: MmsRig, more: Parameters<typeof picture>[0]): Promise<string> {
  rig.mmsc.stored.set(URL_1, [picture(more)])
  await rig.announce()
  await rig.look()
  const [message] = (await rig.world.all()).filter(({ direction }) => direction === 'in')
  if (message === undefined) throw new Error('nothing came')
  return message.conversation_id
}

async function read(rig: MmsRig, conversationId: string): Promise<void> {
  await rig.world.router.markRead(conversationId)
  await rig.reading.look()
}

function reports(rig: MmsRig) {
  return rig.mmsc.heard.filter(({ type }) => type === 'm-read-rec-ind')
}

describe('a sender who asks whether their picture message was read', () => {
  it('hears it once, when it was', async () => {
    const rig = await open()
    const conversation = await comes(rig, ASKED)
    await rig.reading.look()
    expect(reports(rig)).toEqual([])
    await read(rig, conversation)
    expect(reports(rig)).toMatchObject([
      {
        messageId: 'theirs@mmsc',
        to: [{ address: BEN, addressType: 'PLMN' }],
        from: { insertAddress: true },
        readStatus: 0x80,
      },
    ])
    await read(rig, conversation)
    await rig.reading.look()
    expect(reports(rig)).toHaveLength(1)
    expect(await rig.world.db.selectFrom('mms_read_reports').selectAll().execute()).toEqual([])
  })

  it('never hears it where the owner has not allowed it', async () => {
    const rig = await open(false)
    await read(rig, await comes(rig, ASKED))
    expect(reports(rig)).toEqual([])
  })

  it.each([
    ['who has not asked', { ...ASKED, readReport: false }],
    ['whose message has no name', { readReport: true }],
    ['who is a machine', { ...ASKED, messageClass: 'auto' }],
  ])('… nor does one %s', async (_who, more) => {
    const rig = await open()
    await read(rig, await comes(rig, more))
    expect(reports(rig)).toEqual([])
  })

  it('… in a group hears of their own message', async () => {
    const rig = await open()
    const to = [{ address: OWN }, { address: CAM }]
    await read(rig, await comes(rig, { ...ASKED, to }))
    expect(reports(rig)).toMatchObject([{ to: [{ address: BEN }], messageId: 'theirs@mmsc' }])
  })

  it('… hears it later where the carrier cannot be reached', async () => {
    const rig = await open()
    const conversation = await comes(rig, ASKED)
    rig.mmsc.replies.push({ kind: 'unreachable', step: 'bearer', bodySent: false, reason: 'no signal' })
    rig.mmsc.replies.push({ kind: 'status', status: 503 })
    await read(rig, conversation)
    await rig.reading.look()
    expect(reports(rig)).toHaveLength(1)
    await rig.world.pass(15_000)
    await rig.reading.look()
    await rig.world.pass(MINUTE)
    await rig.reading.look()
    // The test's MMSC has heard all three, and has taken the last one.
    expect(reports(rig)).toHaveLength(3)
    await rig.world.pass(60 * MINUTE)
    await rig.reading.look()
    expect(reports(rig)).toHaveLength(3)
  })

  it('… never twice, where nobody can say whether it had left', async () => {
    const rig = await open()
    const conversation = await comes(rig, ASKED)
    rig.mmsc.replies.push({ kind: 'unreachable', step: 'http', bodySent: true, reason: 'the line broke' })
    await read(rig, conversation)
    await rig.world.pass(60 * MINUTE)
    await rig.reading.look()
    expect(reports(rig)).toHaveLength(1)
  })
})

describe('a crash', () => {
  it('between reading and the report delays it', async () => {
    const rig = await open()
    const conversation = await comes(rig, ASKED)
    await rig.world.router.markRead(conversation)
    await rig.reboot()
    await rig.reading.start()
    await rig.reading.stop()
    await rig.reading.look()
    expect(reports(rig)).toHaveLength(1)
  })

  it('while the report leaves never makes it two', async () => {
    const rig = await open()
    const conversation = await comes(rig, ASKED)
    rig.mmsc.at = async (step) => {
      if (step === 'submitted') throw await rig.crash()
    }
    await read(rig, conversation)
    expect(reports(rig)).toHaveLength(1)
    rig.mmsc.at = () => {}
    await rig.reboot()
    await rig.reading.start()
    await rig.reading.stop()
    await rig.reading.look()
    expect(reports(rig)).toHaveLength(1)
    expect(await rig.world.db.selectFrom('mms_read_reports').selectAll().execute()).toEqual([])
  })
})
