import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { portsElement } from '../../../modem/pdu/udh.ts'
import { listDataMessages } from '../../../src/store/data-messages.ts'
import { OverdueParts } from '../../../src/store/overdue-parts.ts'
import { listQuarantine } from '../../../src/store/quarantine.ts'
import { expireSegments } from '../../../src/store/segments.ts'
import { LateParts } from '../../../src/transports/late-parts.ts'
import { InboundRig, part } from './rig.ts'

const AFTER_MS = 600_000
const quiet = () => {}
const log = { debug: quiet, info: quiet, warn: quiet, error: quiet }

let rig: InboundRig
beforeEach(async () => {
  rig = await InboundRig.open()
})
afterEach(() => rig.world.close())

const look = (overdue = new OverdueParts(rig.world.db)) => {
  const { router, clock } = rig.world
  return new LateParts({ sink: router.sink, shelf: overdue, afterMs: AFTER_MS, clock, log }).look()
}
const shown = async () =>
  (await rig.world.all()).map(({ text, incomplete }) => (incomplete === 1 ? `${text} (incomplete)` : text))
const completions = async () =>
  (await rig.world.events.since(0, 1000))
    .filter(({ type }) => type === 'message.completed')
    .map(({ data_json }) => JSON.parse(data_json) as unknown)
const later = async (ms: number) => {
  rig.world.nowMs += ms
  await look()
}

describe('a long text of which parts are missing', () => {
  it('is shown with gaps when its last part is as old as the setting, not before', async () => {
    await rig.receive({ udh: [part(2, 4)], data: 'two ' })
    await later(AFTER_MS - 1000)
    await rig.receive({ udh: [part(4, 4)], data: 'four' })
    await later(AFTER_MS)
    expect(await shown()).toEqual([])
    await later(1)
    expect(await shown()).toEqual(['[…1/4]two […3/4]four (incomplete)'])
    const [message] = await rig.world.all()
    expect(message).toMatchObject({ direction: 'in', transport: 'sms', lane: 'mdm_1', flash: 0 })
  })

  it('is completed in place by what comes later, gap by gap, each told once', async () => {
    await rig.receive({ udh: [part(1, 3)], data: 'one ' })
    await later(AFTER_MS + 1)
    const [before] = await rig.world.all()
    const third = await rig.receive({ udh: [part(3, 3)], data: 'three' })
    expect(await shown()).toEqual(['one […2/3]three (incomplete)'])
    await rig.inbound.incoming(third)
    const second = await rig.receive({ udh: [part(2, 3)], data: 'two ' })
    await rig.inbound.incoming(second)
    await later(AFTER_MS + 1)
    expect(await shown()).toEqual(['one two three'])
    expect((await rig.world.all()).map(({ id }) => id)).toEqual([before?.id])
    expect(await completions()).toEqual([{ missing: 1 }, { missing: 0 }])
    expect((await rig.eventTypes()).filter((type) => type === 'message.received')).toHaveLength(1)
  })

  it('is due by the database: a restart neither forgets nor doubles it, before and after it is shown', async () => {
    await rig.receive({ udh: [part(1, 2)], data: 'one ' })
    rig.world.nowMs += AFTER_MS + 1
    await rig.reboot()
    await look()
    await rig.reboot()
    await look()
    expect(await shown()).toEqual(['one […2/2] (incomplete)'])
    await rig.receive({ udh: [part(2, 2)], data: 'two' })
    expect(await shown()).toEqual(['one two'])
  })

  it('is shown by the next process where one dies between showing it and the commit', async () => {
    await rig.receive({ udh: [part(1, 2)], data: 'one ' })
    rig.world.nowMs += AFTER_MS + 1
    const shelf = new OverdueParts(rig.world.db)
    const dying: Pick<OverdueParts, 'take'> = {
      take: (beforeMs, show) =>
        shelf.take(beforeMs, async (parts, unit) => {
          await show(parts, unit)
          throw new Error('killed')
        }),
    }
    const { router, clock } = rig.world
    const late = new LateParts({ sink: router.sink, shelf: dying, afterMs: AFTER_MS, clock, log })
    await expect(late.look()).rejects.toThrow('killed')
    expect(await shown()).toEqual([])
    await rig.reboot()
    await look()
    expect(await shown()).toEqual(['one […2/2] (incomplete)'])
  })

  it('keeps its class, its replacement and its sender’s time', async () => {
    await rig.receive({ pid: 0x41, data: 'score 1' })
    await rig.receive({ pid: 0x41, dcs: 0x10, udh: [part(2, 2)], data: 'score 2' })
    const [first] = await rig.world.all()
    await later(AFTER_MS + 1)
    const [replaced, second] = await rig.world.all()
    expect(second).toMatchObject({ flash: 1, incomplete: 1, sent_timestamp_ms: first?.sent_timestamp_ms })
    expect(replaced?.replaced_by).toBe(second?.id)
  })

  it('stays as it is where its owner has removed it', async () => {
    await rig.receive({ udh: [part(1, 2)], data: 'one ' })
    await later(AFTER_MS + 1)
    const [message] = await rig.world.all()
    await rig.world.router.removeMessage(message?.id ?? '')
    await rig.receive({ udh: [part(2, 2)], data: 'two' })
    expect(await completions()).toEqual([])
    const row = await rig.world.db
      .selectFrom('messages')
      .select('text')
      .where('id', '=', message?.id ?? '')
      .execute()
    expect(row).toEqual([{ text: '' }])
  })

  it('does not end in the quarantine once it is shown, and is forgotten with the time', async () => {
    await rig.receive({ udh: [part(1, 2)], data: 'one ' })
    await later(AFTER_MS + 1)
    const { db } = rig.world
    const kept = () => db.selectFrom('segments').select('dedupe_key').execute()
    await expireSegments(db, rig.world.nowMs + 73 * 3_600_000)
    expect([(await listQuarantine(db, { limit: 5 })).data, (await kept()).length]).toEqual([[], 1])
    await expireSegments(db, rig.world.nowMs + 8 * 24 * 3_600_000)
    expect([(await listQuarantine(db, { limit: 5 })).data, (await kept()).length]).toEqual([[], 0])
  })
})

describe('what cannot be shown with gaps', () => {
  it.each([
    ['octets', { dcs: 4, data: Uint8Array.of(1, 2), udh: [part(1, 2)] }],
    ['for a port', { data: 'x', udh: [part(1, 2), portsElement({ dst: 5, src: 5, bits: 16 })] }],
    ['for the SIM', { pid: 0x7f, data: 'x', udh: [part(1, 2)] }],
  ])('%s: waits for its parts, and is quarantined without them', async (_name, message) => {
    await rig.receive({ data: 'a good text', udh: [part(1, 2, 77)] })
    await rig.receive(message)
    await later(AFTER_MS + 1)
    expect(await shown()).toEqual(['a good text[…2/2] (incomplete)'])
    const { db } = rig.world
    await expireSegments(db, rig.world.nowMs + 73 * 3_600_000)
    expect((await listQuarantine(db, { limit: 5 })).data).toMatchObject([{ code: 'segments-missing' }])
  })

  it('and goes to its program when the missing part comes after all', async () => {
    await rig.receive({ dcs: 4, data: Uint8Array.of(1), udh: [part(1, 2)] })
    await later(AFTER_MS + 1)
    await rig.receive({ dcs: 4, data: Uint8Array.of(2), udh: [part(2, 2)] })
    expect((await listDataMessages(rig.world.db, { limit: 5 })).data).toMatchObject([{ data_hex: '0102' }])
  })
})
