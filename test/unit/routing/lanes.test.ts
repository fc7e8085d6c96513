import { beforeEach, describe, expect, it } from 'vitest'
import { periods } from '../../../src/domain/lane-choice.ts'
import { listLegs } from '../../../src/store/mailbox.ts'
import { refusal } from '../../../src/transports/sms-refusals.ts'
import { useWorld, world } from './use-world.ts'
import { ANA, BEN } from './world.ts'

useWorld({ mode: 'sms_only' })

const DAY = 86_400_000
const lanes = () => world.sms.network.map(({ lane }) => lane)
const tomorrow = () => periods(world.nowMs).nextDayMs

describe('several modems', () => {
  it('a prefix chooses, and a job on another queue finds its way', async () => {
    world.sms.order('mdm_2', { prefixes: ['+1555000010'] })
    await world.send(BEN, 'one')
    await world.send('+447700900123', 'two')
    expect(lanes()).toEqual(['mdm_2', 'mdm_1'])
  })

  it('they are answered from the number that they wrote to', async () => {
    await world.send(BEN, 'one')
    await world.text(BEN, 'hello', { lane: 'mdm_2' })
    await world.send(BEN, 'two')
    expect(lanes()).toEqual(['mdm_1', 'mdm_2'])
    world.sms.setAvailable(false, 'mdm_2')
    await world.send(BEN, 'three')
    world.sms.setAvailable(true, 'mdm_2')
    await world.settle()
    await world.send(BEN, 'four')
    expect(lanes()).toEqual(['mdm_1', 'mdm_2', 'mdm_1', 'mdm_2'])
  })

  it('the cheaper one carries a new conversation', async () => {
    world.sms.order('mdm_1', { costPerPart: 0.1 })
    world.sms.order('mdm_2', { costPerPart: 0.02 })
    await world.send(BEN, 'one')
    expect(lanes()).toEqual(['mdm_2'])
  })

  it('a text whose parts have begun waits for its modem, although the other one could', async () => {
    world.sms.at = (step, part) => {
      if (step === 'accepted' && part === 1) world.sms.setAvailable(false, 'mdm_1')
      if (step === 'accepted' && part === 1) throw new Error('broken off')
    }
    const message = await world.send(BEN, 'three parts of text, this')
    world.sms.at = () => {}
    expect(lanes()).toEqual(['mdm_1'])
    await world.pass(3_600_000)
    expect(lanes()).toEqual(['mdm_1'])
    world.sms.setAvailable(true, 'mdm_1')
    await world.settle()
    expect(lanes()).toEqual(['mdm_1', 'mdm_1', 'mdm_1'])
    expect((await world.message(message.id)).state).toBe('sent')
  })
})

describe('quotas', () => {
  it('are counted in parts; at its quota a modem is passed over, with the reason in words', async () => {
    world.sms.order('mdm_1', { dailyTexts: 3 })
    await world.send(BEN, 'three parts of text, this')
    expect(world.router.smsLanes()).toMatchObject([
      {
        id: 'mdm_1',
        available: false,
        reason: 'the quota of 3 texts a day is used up',
        use: { today: 3, thisMonth: 3 },
      },
      { id: 'mdm_2', available: true, use: { today: 0 } },
    ])
    await world.send(BEN, 'next')
    expect(lanes()).toEqual(['mdm_1', 'mdm_1', 'mdm_1', 'mdm_2'])
  })

  it('a text that the rest of a quota does not hold goes whole over another modem', async () => {
    world.sms.order('mdm_1', { dailyTexts: 2 })
    await world.send(BEN, 'three parts of text, this')
    expect(lanes()).toEqual(['mdm_2', 'mdm_2', 'mdm_2'])
  })

  it('all used up: the text waits, says why, and leaves when the day is over', async () => {
    for (const id of ['mdm_1', 'mdm_2']) world.sms.order(id, { dailyTexts: 1 })
    await world.send(BEN, 'one')
    await world.send(ANA, 'two')
    const third = await world.send(BEN, 'three', { validityMs: 2 * DAY })
    expect(third).toMatchObject({ state: 'queued', code: 'quota-exceeded', not_before_ms: tomorrow() })
    expect(third.reason).toBe('waits: the quota of 1 texts a day is used up')
    await world.pass(tomorrow() - world.nowMs - 1_000)
    expect(lanes()).toHaveLength(2)
    await world.pass(3_000)
    expect(lanes()).toHaveLength(3)
    expect((await world.message(third.id)).state).toBe('sent')
    expect((await listLegs(world.db, third.id)).at(-1)?.reason).toContain(
      '; it waited: the quota of 1 texts a day is used up',
    )
  })

  it('all used up until its validity ends: it expires and says why', async () => {
    for (const id of ['mdm_1', 'mdm_2']) world.sms.order(id, { monthlyTexts: 1 })
    await world.send(BEN, 'one')
    await world.send(ANA, 'two')
    const third = await world.send(BEN, 'three', { validityMs: 3_600_000 })
    await world.pass(3_600_001)
    const expired = await world.message(third.id)
    expect(expired).toMatchObject({ state: 'expired', code: 'validity-expired' })
    expect(expired.reason).toContain('the quota of 1 texts a month is used up')
    expect(lanes()).toHaveLength(2)
  })

  it('another modem comes back: what waited for a quota goes there at once', async () => {
    world.sms.setAvailable(false, 'mdm_2')
    world.sms.order('mdm_1', { dailyTexts: 1 })
    await world.send(BEN, 'one')
    const second = await world.send(ANA, 'two')
    expect(second.code).toBe('quota-exceeded')
    world.sms.setAvailable(true, 'mdm_2')
    await world.settle()
    expect(lanes()).toEqual(['mdm_1', 'mdm_2'])
  })

  it('a restart counts what has left from the database; what the network refused does not count', async () => {
    world.sms.order('mdm_1', { dailyTexts: 3 })
    await world.send(BEN, 'one')
    await world.db.updateTable('parts').set({ lane: 'mdm_1' }).execute()
    await world.send(ANA, 'two')
    await world.db
      .updateTable('parts')
      .set({ state: 'failed', message_reference: null })
      .where('recipient_digits', 'like', `%${ANA.slice(1)}`)
      .execute()
    await world.reboot()
    expect(world.router.smsLanes()[0]).toMatchObject({ id: 'mdm_1', available: true, use: { today: 1, thisMonth: 1 } })
  })

  it('deleting whom they went to gives nothing of a quota back, and no name stays with the count', async () => {
    world.sms.setAvailable(false, 'mdm_2')
    world.sms.order('mdm_1', { dailyTexts: 5, monthlyTexts: 9 })
    await world.send(BEN, 'three parts of text, this')
    await world.pass(tomorrow() - world.nowMs + 3_600_000)
    await world.send(BEN, 'three parts of text, this')
    await world.send(BEN, 'one more')
    await world.send(ANA, 'one')
    const used = { today: 5, thisMonth: 8 }
    expect(world.router.smsLanes()[0]).toMatchObject({ use: used })
    const ben = await world.db.selectFrom('contacts').select('id').where('e164', '=', BEN).executeTakeFirstOrThrow()
    await world.router.people.forget(ben.id)
    await world.reboot()
    expect(world.router.smsLanes()[0]).toMatchObject({ available: false, use: used })
    const kept = await world.db.selectFrom('forgotten_parts').selectAll().orderBy('day_ms').execute()
    expect(kept).toMatchObject([{ lane: 'mdm_1', parts: 3 }, { parts: 4 }])
    const next = await world.send(ANA, 'two')
    expect(next.code).toBe('quota-exceeded')
    await world.pass(60 * DAY)
    const ana = await world.db.selectFrom('contacts').select('id').where('e164', '=', ANA).executeTakeFirstOrThrow()
    await world.router.people.forget(ana.id)
    // Months that no quota looks back to are let go of.
    expect(await world.db.selectFrom('forgotten_parts').selectAll().execute()).toEqual([])
  })

  it('a text in parts is finished although others used up the quota in the meantime', async () => {
    world.sms.order('mdm_1', { dailyTexts: 4 })
    world.sms.order('mdm_2', { dailyTexts: 1 })
    world.sms.at = (step, part) => {
      if (step === 'accepted' && part === 1) throw new Error('broken off')
    }
    const long = await world.send(BEN, 'three parts of text, this')
    world.sms.at = () => {}
    for (const to of ['+15550000103', '+15550000104', '+15550000105']) await world.send(to, 'one')
    await world.pass(60_000)
    expect((await world.message(long.id)).state).toBe('sent')
    expect(new Set(world.sms.network.filter(({ to }) => to === BEN).map(({ lane }) => lane))).toEqual(
      new Set(['mdm_1']),
    )
  })
})

describe('refusals', () => {
  /** The modem refuses texts to this number with these codes, then takes them. */
  function refuse(to: string, ...codes: string[]): void {
    world.sms.before = ({ recipient, lane }) => {
      const code = recipient.e164 === to ? codes.shift() : undefined
      if (code === undefined) return
      refusedBy.push(lane)
      throw refusal(code, 1)
    }
  }
  let refusedBy: string[]
  beforeEach(() => {
    refusedBy = []
  })

  it('rejected (21): once more over another SIM, at once', async () => {
    refuse(BEN, 'cms-21')
    expect(await world.send(BEN, 'hello')).toMatchObject({ state: 'sent', lane: 'mdm_2' })
    expect(refusedBy).toEqual(['mdm_1'])
  })

  it('rejected (21) over both SIMs: it fails', async () => {
    refuse(BEN, 'cms-21', 'cms-21')
    const message = await world.send(BEN, 'hello')
    expect(message).toMatchObject({ state: 'failed', code: 'cms-21' })
    expect(refusedBy).toEqual(['mdm_1', 'mdm_2'])
    expect(await world.ledger(message.id)).toEqual(['1 sms retry cms-21', '2 sms other-transport cms-21'])
  })

  it('rejected (21) by the only SIM: it fails at once', async () => {
    world.sms.setAvailable(false, 'mdm_2')
    refuse(BEN, 'cms-21')
    expect(await world.send(BEN, 'hello')).toMatchObject({ state: 'failed', code: 'cms-21' })
  })

  it('the network cannot now: the next modem at once, then both again after 30 s, 2 min, 10 min', async () => {
    refuse(BEN, ...Array.from({ length: 5 }, () => 'cms-38'))
    const began = world.nowMs
    const message = await world.send(BEN, 'hello')
    expect(refusedBy).toEqual(['mdm_1', 'mdm_2'])
    expect(message.not_before_ms - world.nowMs).toBeGreaterThanOrEqual(30_000)
    expect(message.not_before_ms - world.nowMs).toBeLessThanOrEqual(33_000)
    await world.pass(3_600_000)
    expect(await world.message(message.id)).toMatchObject({ state: 'sent' })
    expect(refusedBy).toEqual(['mdm_1', 'mdm_2', 'mdm_1', 'mdm_2', 'mdm_1'])
    const [taken] = world.sms.network
    // 30 s, 2 min, 2 min, 10 min.
    expect((taken?.atMs ?? 0) - began).toBeGreaterThanOrEqual(870_000)
    expect((taken?.atMs ?? 0) - began).toBeLessThanOrEqual(957_000)
  })

  it('nobody understands why: one retry, then it fails and says how often it was tried', async () => {
    world.sms.setAvailable(false, 'mdm_2')
    refuse(BEN, 'cms-500', 'cms-500')
    const message = await world.send(BEN, 'hello')
    expect(message).toMatchObject({ state: 'queued', code: 'cms-500' })
    await world.pass(10_000)
    const failed = await world.message(message.id)
    expect(failed).toMatchObject({ state: 'failed', code: 'cms-500' })
    expect(failed.reason).toContain('It was tried 2 times')
  })

  it('one stuck recipient holds up nobody else, and a stuck modem not the other one', async () => {
    refuse(BEN, ...Array.from({ length: 200 }, () => 'cms-38'))
    const stuck = await world.send(BEN, 'stuck')
    for (let n = 10; n < 30; n++) expect((await world.send(`+155500002${n}`, 'hello')).state).toBe('sent')
    expect((await world.message(stuck.id)).state).toBe('queued')
    expect(world.sms.network).toHaveLength(20)
  })

  it('a text of which a part has left stays with its modem, whatever that says about the rest', async () => {
    let refusals = 0
    world.sms.at = (step, part) => {
      if (step !== 'submitting' || part !== 2 || refusals >= 1) return
      refusals += 1
      throw refusal('cms-38', 2)
    }
    const message = await world.send(BEN, 'three parts of text, this')
    expect((await world.message(message.id)).state).not.toBe('sent')
    await world.pass(3_600_000)
    expect(new Set(lanes())).toEqual(new Set(['mdm_1']))
  })
})
