/** Picture messages that are not fetched, or not yet: what their owner is told, and how they come after all. */
import { describe, expect, it, onTestFinished } from 'vitest'
import { BEN, MmsRig, pduAnswer, picture, type RigOptions } from './mms-rig.ts'

async function open(options: RigOptions = {}): Promise<MmsRig> {
  const rig = await MmsRig.open(options)
  onTestFinished(() => rig.close())
  return rig
}

const URL_1 = 'http://mmsc/1'
const MINUTE = 60_000
const HOUR = 60 * MINUTE

describe('a picture message that cannot be had is told of once', () => {
  const cases: [why: string, answers: Parameters<MmsRig['mmsc']['stored']['set']>[1], state: string, words: RegExp][] =
    [
      ['gone', [{ kind: 'status', status: 404 }], 'gone', /could not be fetched: the carrier no longer has it/],
      [
        'gone, says the MMSC',
        [pduAnswer({ type: 'm-retrieve-conf', version: '1.2', retrieveStatus: 0xe2, parts: [] })],
        'gone',
        /no longer has it/,
      ],
      ['refused', [{ kind: 'status', status: 403 }], 'refused', /settings \(APN, proxy\) do not fit/],
      ['its address is not asked', [{ kind: 'refused-url', reason: 'loopback' }], 'refused', /loopback/],
      ['a portal, three times', [{ kind: 'portal', contentType: 'text/html' }], 'refused', /a web page \(text\/html\)/],
      ['no PDU, three times', [{ kind: 'pdu', octets: Uint8Array.from([1, 2, 3]) }], 'refused', /cannot be read/],
      [
        'larger than we take',
        [{ kind: 'too-large', bytesMax: 1_000_000 }],
        'too-large',
        /more than the 1000000 octets/,
      ],
    ]
  for (const [why, answers, state, words] of cases) {
    it(why, async () => {
      const rig = await open()
      rig.mmsc.stored.set(URL_1, answers)
      await rig.announce()
      for (const ms of [0, 15_000, MINUTE, 5 * MINUTE]) await rig.pass(ms)
      expect((await rig.notification()).state).toBe(state)
      const shown = await rig.shown()
      expect(shown).toHaveLength(1)
      expect(shown[0]).toMatch(words)
      const { unread } = await rig.world.db.selectFrom('conversations').select('unread').executeTakeFirstOrThrow()
      expect(unread).toBe(1)
    })
  }

  it('larger than we take, by its own word: it is not fetched, and the MMSC hears that it waits', async () => {
    const rig = await open()
    await rig.announce(URL_1, { messageSize: 3_000_000 })
    await rig.look()
    expect(rig.mmsc.asked).toEqual([])
    expect(rig.mmsc.told()).toEqual(['m-notifyresp-ind 83'])
    expect(await rig.shown()).toEqual([expect.stringMatching(/^note too-large: .*\(3\.0 MB\) could not be fetched/)])
    const [note] = await rig.world.all()
    // Both figures are there for those who say it in another language.
    expect(JSON.parse(note?.metadata_json ?? '')).toMatchObject({ bytes: 3_000_000, bytes_max: expect.any(Number) })
  })

  it('expired before it could be fetched', async () => {
    const rig = await open()
    rig.mmsc.stored.set(URL_1, [{ kind: 'status', status: 500 }])
    await rig.announce(URL_1, { expiry: { kind: 'relative', seconds: 600 } })
    for (const ms of [0, 15_000, MINUTE, 5 * MINUTE, HOUR]) await rig.pass(ms)
    expect(await rig.shown()).toEqual([expect.stringMatching(/^note expired: .*has expired.*HTTP 500.*send it again/)])
    await expect(rig.desk.fetchAgain((await rig.notification()).id)).rejects.toMatchObject({ code: 'wrong-state' })
  })

  it('expired when it was announced', async () => {
    const rig = await open()
    await rig.announce(URL_1, { expiry: { kind: 'absolute', epoch: 1_000_000 } })
    await rig.look()
    expect(rig.mmsc.asked).toEqual([])
    expect(await rig.shown()).toEqual([expect.stringMatching(/^note expired: /)])
  })

  it('MMS is not set up for the modem', async () => {
    const rig = await open({ line: 'none' })
    await rig.announce()
    await rig.look()
    expect(await rig.shown()).toEqual([
      expect.stringMatching(/^note mms-not-set-up: .*MMS is not set up for this modem/),
    ])
  })
})

describe('a modem that sends only', () => {
  it('tells its owner once of what waits, answers nothing, and fetches it when it has another bearer', async () => {
    const rig = await open({ line: { sendsOnly: 'its own commands fetch nothing' } })
    rig.mmsc.stored.set(URL_1, [picture()])
    await rig.announce()
    await rig.announce()
    await rig.pass(HOUR)
    expect([rig.mmsc.asked, rig.mmsc.told()]).toEqual([[], []])
    const note =
      /^note mms-sends-only: .*waits at the carrier until .* cannot be fetched: its own commands fetch nothing/
    expect(await rig.shown()).toEqual([expect.stringMatching(note)])
    const { id } = await rig.notification()
    await expect(rig.desk.fetchAgain(id)).rejects.toMatchObject({ code: 'mms-sends-only', retry: 'after-human' })
    Object.assign(rig.line, { sendsOnly: undefined })
    await rig.desk.fetchAgain(id)
    await rig.look()
    expect(await rig.shown()).toEqual([expect.stringMatching(/has been fetched/), 'in mms: look'])
    expect(rig.mmsc.told()).toEqual(['m-notifyresp-ind 81'])
  })

  it('tells him when the time of what waited is over', async () => {
    const rig = await open({ line: { sendsOnly: 'its own commands fetch nothing' } })
    await rig.announce(URL_1, { expiry: { kind: 'relative', seconds: 600 } })
    await rig.pass(HOUR)
    expect(await rig.shown()).toEqual([expect.stringMatching(/has expired \(its own commands fetch nothing\)/)])
  })
})

describe('fetch again', () => {
  it('brings what had failed, and the note says so', async () => {
    const rig = await open()
    rig.mmsc.stored.set(URL_1, [{ kind: 'status', status: 403 }, picture()])
    await rig.announce()
    await rig.look()
    await rig.desk.fetchAgain((await rig.notification()).id)
    await rig.look()
    expect(await rig.shown()).toEqual([expect.stringMatching(/has been fetched/), 'in mms: look'])
  })

  it('brings what was deferred, and closes it with an acknowledgement under its own transaction', async () => {
    const rig = await open({ mode: 'deferred' })
    rig.mmsc.stored.set(URL_1, [picture({ transactionId: 'R7' })])
    await rig.announce()
    await rig.look()
    expect(rig.mmsc.told()).toEqual(['m-notifyresp-ind 83'])
    expect(await rig.shown()).toEqual([expect.stringMatching(/^note deferred: .*waits at the carrier until/)])
    await rig.announce()
    await rig.look()
    expect(rig.mmsc.told()).toEqual(['m-notifyresp-ind 83', 'm-notifyresp-ind 83'])
    await rig.desk.fetchAgain((await rig.notification()).id)
    await rig.look()
    expect(rig.mmsc.told().at(-1)).toBe('m-acknowledge-ind')
    expect(rig.mmsc.heard.at(-1)).toMatchObject({ transactionId: 'R7' })
    expect(await rig.shown()).toEqual([expect.stringMatching(/has been fetched/), 'in mms: look'])
    await expect(rig.desk.fetchAgain((await rig.notification()).id)).rejects.toMatchObject({ code: 'wrong-state' })
  })
})

describe('of somebody whom the owner does not know', () => {
  it('a small one is fetched, a large one waits until it is asked for; once he is named all are fetched', async () => {
    const rig = await open({ strangersBytesMax: 30_000 })
    const answers = ['http://mmsc/small', 'http://mmsc/large', 'http://mmsc/named'].map((url) => {
      rig.mmsc.stored.set(url, [picture()])
      return url
    })
    const [small = '', large = '', named = ''] = answers
    await rig.announce(large, { transactionId: 'T1', messageSize: 30_001 })
    await rig.look()
    expect(rig.mmsc.told()).toEqual(['m-notifyresp-ind 83'])
    expect(await rig.shown()).toEqual([expect.stringMatching(/^note deferred: .*neither named nor written to/)])
    await rig.announce(small, { transactionId: 'T2', messageSize: 30_000 })
    await rig.look()
    expect(rig.mmsc.asked).toEqual([small])
    await rig.world.db.updateTable('contacts').set({ name: 'Ben' }).where('e164', '=', BEN).execute()
    await rig.announce(named, { transactionId: 'T3', messageSize: 30_001 })
    await rig.look()
    expect(rig.mmsc.asked).toEqual([small, named])
  })

  it('nothing is fetched by itself where nothing of strangers shall be', async () => {
    const rig = await open({ strangersBytesMax: 0 })
    await rig.announce(URL_1, { messageSize: 1 })
    await rig.announce('http://mmsc/2', {
      transactionId: 'T2',
      from: { address: 'somebody@example.org' },
      messageSize: 1,
    })
    await rig.look()
    expect(rig.mmsc.asked).toEqual([])
  })
})
