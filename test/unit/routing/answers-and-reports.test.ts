/** What a text was answered and what was reported of it, lost or in any order: each report finds its own text, and none goes twice. */
import { describe, expect, it } from 'vitest'
import { reportedTexts } from '../../../src/store/text-reports.ts'
import { useWorld, world } from './use-world.ts'
import { ANA, BEN } from './world.ts'

useWorld()

const MINUTE = 60_000
const THREE_PARTS = 'part one..part two..three'

describe('an answer that was lost', () => {
  async function sendAndLose(text: string) {
    world.sms.at = (step) => (step === 'taken' ? 'lost' : undefined)
    const message = await world.send(BEN, text)
    world.sms.at = () => {}
    return message
  }

  it('is uncertain, never sent again by itself, and settled by a report with a reference that nobody knew', async () => {
    const message = await sendAndLose('hello')
    expect(message).toMatchObject({ state: 'uncertain', code: 'no-answer' })
    await world.pass(2 * 86_400_000)
    expect(world.sms.network).toHaveLength(1)
    expect((await world.message(message.id)).state).toBe('uncertain')
    await world.reportAll()
    expect((await world.message(message.id)).state).toBe('delivered')
  })

  it('a report that only says "still trying" proves that the network has it', async () => {
    const message = await sendAndLose('hello')
    const [taken] = world.sms.network
    if (taken === undefined) throw new Error('nothing was taken')
    await world.report(taken, { outcome: 'temporary', status: 0x20, detail: 'congestion' })
    expect((await world.message(message.id)).state).toBe('sent')
  })

  it('a report of another time, or for somebody else, does not settle it', async () => {
    const message = await sendAndLose('hello')
    const [taken] = world.sms.network
    if (taken === undefined) throw new Error('nothing was taken')
    await world.report(taken, { submittedAtMs: taken.atMs - 3_600_000 })
    await world.report({ ...taken, to: ANA })
    await world.report({ ...taken, lane: 'mdm_2' })
    expect((await world.message(message.id)).state).toBe('uncertain')
  })

  it('a report of a message whose reference is known is not taken for it', async () => {
    world.sms.reference = 40
    await world.send(BEN, 'known')
    const lost = await sendAndLose('lost')
    const [known] = world.sms.network
    if (known === undefined) throw new Error('nothing was taken')
    await world.report(known)
    expect((await world.message(lost.id)).state).toBe('uncertain')
    await world.reportAll()
    expect((await world.message(lost.id)).state).toBe('delivered')
  })

  it('is not settled by the repeated report of a part that was delivered before', async () => {
    const delivered = await world.send(BEN, 'delivered')
    const [first] = world.sms.network
    if (first === undefined) throw new Error('nothing was taken')
    await world.report(first)
    const lost = await sendAndLose('lost')
    await world.report(first)
    expect((await world.message(delivered.id)).state).toBe('delivered')
    expect((await world.message(lost.id)).state).toBe('uncertain')
  })

  it('holds up nobody', async () => {
    await sendAndLose('first')
    expect((await world.send(BEN, 'second')).state).toBe('sent')
  })

  it('a person may send it again, knowing that', async () => {
    const message = await sendAndLose('hello')
    await world.router.retry(message.id)
    await world.settle()
    expect(world.sms.network).toHaveLength(2)
    expect((await world.message(message.id)).state).toBe('sent')
  })

  it('with resend_when_uncertain it goes again after a wait, and the ledger says why', async () => {
    world.settings.resendWhenUncertain = true
    const message = await sendAndLose('hello')
    await world.pass(11 * MINUTE)
    expect(world.sms.network).toHaveLength(2)
    expect((await world.message(message.id)).state).toBe('sent')
    expect(await world.ledger(message.id)).toEqual(['1 sms uncertain no-answer', '2 sms accepted'])
    expect((await world.parts(message.id))[0]?.detail).toContain('sent again')
  })

  it('with resend_when_uncertain a report in time prevents it', async () => {
    world.settings.resendWhenUncertain = true
    await sendAndLose('hello')
    await world.reportAll()
    await world.pass(86_400_000)
    expect(world.sms.network).toHaveLength(1)
  })
})

describe('reports and the modem’s own answers in any order', () => {
  it('a report that overtakes the answer counts, and the answer does not take it back', async () => {
    world.sms.at = async (step) => {
      const taken = world.sms.network.at(-1)
      if (step === 'taken' && taken !== undefined) await world.report(taken)
    }
    expect((await world.send(BEN, 'hello')).state).toBe('delivered')
    expect(await world.parts((await world.all())[0]?.id ?? '')).toMatchObject([{ state: 'delivered' }])
  })

  it('all parts must arrive; the reference may have wrapped; two reports of one part are one', async () => {
    world.sms.reference = 254
    const message = await world.send(BEN, THREE_PARTS)
    const [one, two, three] = world.sms.network
    if (one === undefined || two === undefined || three === undefined) throw new Error('three parts')
    await world.report(three)
    await world.report(one)
    await world.report(one)
    expect((await world.message(message.id)).state).toBe('sent')
    await world.report(two)
    expect((await world.message(message.id)).state).toBe('delivered')
  })

  it('of two messages with the same reference, the report’s time tells which', async () => {
    world.sms.reference = 9
    const first = await world.send(BEN, 'first')
    world.nowMs += 3_600_000
    world.sms.reference = 9
    const second = await world.send(BEN, 'second')
    const [, taken] = world.sms.network
    if (taken === undefined) throw new Error('two texts')
    await world.report(taken)
    expect((await world.message(first.id)).state).toBe('sent')
    expect((await world.message(second.id)).state).toBe('delivered')
  })

  it('what was reported undelivered is repaired by a report that it arrived after all', async () => {
    const message = await world.send(BEN, 'hello')
    const [taken] = world.sms.network
    if (taken === undefined) throw new Error('nothing was taken')
    await world.report(taken, { outcome: 'permanent-failure', status: 0x41, detail: 'unknown subscriber' })
    expect((await world.message(message.id)).state).toBe('failed')
    await world.report(taken)
    expect((await world.message(message.id)).state).toBe('delivered')
    await world.report(taken, { outcome: 'permanent-failure', status: 0x41, detail: 'unknown subscriber' })
    expect((await world.message(message.id)).state).toBe('delivered')
  })

  it('a restarted modem counts anew: each report finds its own text, in any order', async () => {
    const before = await world.send(BEN, 'before')
    world.nowMs += 40_000
    world.sms.reference = 0
    const after = await world.send(BEN, 'after')
    const [one, two] = world.sms.network
    if (one === undefined || two === undefined) throw new Error('two texts')
    expect(two.reference).toBe(one.reference)
    await world.report(two)
    expect((await world.message(before.id)).state).toBe('sent')
    expect((await world.message(after.id)).state).toBe('delivered')
    await world.report(two)
    expect((await world.message(before.id)).state).toBe('sent')
    await world.report(one)
    expect((await world.message(before.id)).state).toBe('delivered')
  })

  it('a report after three days is nobody’s', async () => {
    const message = await world.send(BEN, 'hello')
    world.nowMs += 73 * 3_600_000
    await world.reportAll()
    expect((await world.message(message.id)).state).toBe('sent')
  })
})

describe('whether a modem’s texts are reported on', () => {
  const whole = { sinceMs: 0, untilMs: Number.MAX_SAFE_INTEGER, partsMax: 200 }
  const counted = (more: Partial<typeof whole> = {}, lane = 'mdm_1') =>
    reportedTexts(world.db, lane, { ...whole, ...more })

  it('is counted by texts, not parts, without those that perhaps never left', async () => {
    await world.send(BEN, THREE_PARTS)
    await world.pass(MINUTE)
    await world.send('+15550100777', 'short')
    await world.pass(MINUTE)
    world.sms.at = (step) => (step === 'taken' ? 'lost' : undefined)
    expect(await world.send(BEN, 'lost')).toMatchObject({ state: 'uncertain' })
    expect(await counted()).toEqual({ texts: 2, recipients: 2, reports: 0 })
    expect(await counted({ partsMax: 2 })).toEqual({ texts: 1, recipients: 1, reports: 0 })
    expect(await counted({ untilMs: 1 })).toEqual({ texts: 0, recipients: 0, reports: 0 })
    expect(await counted({}, 'mdm_2')).toEqual({ texts: 0, recipients: 0, reports: 0 })
  })

  it('counts a report whatever it says', async () => {
    await world.send(BEN, THREE_PARTS)
    const [first, second] = world.sms.network
    if (first === undefined || second === undefined) throw new Error('nothing was taken')
    await world.report(first)
    await world.report(second, { outcome: 'temporary', status: 0x20, detail: 'congestion' })
    expect(await counted()).toEqual({ texts: 1, recipients: 1, reports: 2 })
  })
})
