import { describe, expect, it } from 'vitest'
import { CausewayError } from '../../../src/domain/errors.ts'
import { useWorld, world } from './use-world.ts'
import { ANA, ANA_ACI, BEN } from './world.ts'

useWorld()

const MINUTE = 60_000
const THREE_PARTS = 'part one..part two..three'

/** Each part at the network at most once. */
function expectNoDouble(): void {
  const keys = world.sms.network.map(({ messageId, part }) => `${messageId} ${part}`)
  expect(new Set(keys).size).toBe(keys.length)
}

async function reportAll(): Promise<void> {
  for (const taken of world.sms.network) await world.report(taken)
}

describe('killed at any step of a text of three parts, nothing goes twice and reports settle the rest', () => {
  const steps: ['plan' | 'submitting' | 'taken' | 'accepted', number][] = [
    ['plan', 0],
    ['submitting', 1],
    ['taken', 1],
    ['accepted', 1],
    ['submitting', 2],
    ['taken', 2],
    ['accepted', 2],
    ['submitting', 3],
    ['taken', 3],
    ['accepted', 3],
  ]
  it.each(steps)('%s, part %i', async (step, part) => {
    let killed = false
    world.sms.at = async (at, number) => {
      if (killed || at !== step || number !== part) return
      killed = true
      throw await world.crash()
    }
    const { message } = await world.router.submit({ to: BEN, text: THREE_PARTS })
    await world.settle()
    expect(killed).toBe(true)
    await world.reboot()
    await world.pass(MINUTE)
    expectNoDouble()
    const lostInAir = step === 'submitting'
    expect(world.sms.network).toHaveLength(lostInAir ? 2 : 3)
    const known = await world.message(message.id)
    // What came of the last part is committed with the end of the attempt: cut off before that, it is not known.
    const isKnown = step === 'plan' || (step === 'accepted' && part < 3)
    expect(known.state).toBe(isKnown ? 'sent' : 'uncertain')
    await reportAll()
    await world.pass(2 * 3_600_000)
    expectNoDouble()
    expect(await world.message(message.id)).toMatchObject(
      lostInAir ? { state: 'uncertain', code: 'no-answer' } : { state: 'delivered' },
    )
    const ledger = await world.ledger(message.id)
    expect(ledger[0]).toMatch(/interrupted|uncertain|accepted/)
    expect(ledger.every((line) => !line.includes('null'))).toBe(true)
  })
})

describe('between the claim of a text and its first octet', () => {
  it('it can still be canceled: nothing leaves, nothing stands in the ledger, the next one goes', async () => {
    const { message } = await world.router.submit({ to: BEN, text: 'never' })
    const { message: next } = await world.router.submit({ to: BEN, text: 'next' })
    world.sms.before = async ({ messageId }) => {
      if (messageId === message.id) await world.router.cancel(messageId)
    }
    await world.settle()
    expect(world.sms.network.map(({ messageId }) => messageId)).toEqual([next.id])
    expect(await world.message(message.id)).toMatchObject({ state: 'canceled', tries: 0 })
    expect(await world.ledger(message.id)).toEqual([])
    expect(await world.message(next.id)).toMatchObject({ state: 'sent' })
  })

  it('it is claimed: whoever comes for it meanwhile finds nothing to do', async () => {
    const { message } = await world.router.submit({ to: BEN, text: 'once' })
    let claims = 0
    world.sms.before = async () => {
      claims += 1
      await world.router.reconcile()
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    await world.settle()
    expect(claims).toBe(1)
    expectNoDouble()
    expect(await world.message(message.id)).toMatchObject({ state: 'sent', tries: 1 })
    expect(await world.ledger(message.id)).toHaveLength(1)
  })

  it('one that the transport refuses then is in the ledger all the same', async () => {
    world.sms.before = () => {
      throw new CausewayError({ code: 'modem-unavailable', message: 'It is away.', retry: 'same-transport' })
    }
    const { message } = await world.router.submit({ to: BEN, text: 'later' })
    await world.settle()
    expect(await world.message(message.id)).toMatchObject({ state: 'queued', tries: 1, code: 'modem-unavailable' })
    expect(await world.ledger(message.id)).toHaveLength(1)
  })
})

describe('killed while a Signal message is sent', () => {
  it.each(['before', 'after'] as const)('%s the server took it: sent under the same time, shown once', async (when) => {
    let killed = false
    world.signal[when] = async () => {
      if (killed) return
      killed = true
      throw await world.crash()
    }
    const { message } = await world.router.submit({ to: ANA, text: 'hello' })
    await world.settle()
    await world.reboot()
    await world.pass(MINUTE)
    expect(world.signal.sends).toHaveLength(2)
    expect(new Set(world.signal.sends.map(({ timestampMs }) => timestampMs)).size).toBe(1)
    expect([...world.signal.shown.values()]).toEqual(['hello'])
    expect(await world.message(message.id)).toMatchObject({ state: 'sent', transport: 'signal' })
    expect(await world.ledger(message.id)).toEqual(['1 signal interrupted interrupted', '2 signal accepted'])
  })
})

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
    await reportAll()
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
    await reportAll()
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
    await reportAll()
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
    await reportAll()
    expect((await world.message(message.id)).state).toBe('sent')
  })
})

describe('jobs are hints', () => {
  it('all of them lost: the reconciler makes them again', async () => {
    world.signal.setAvailable(false)
    world.sms.setAvailable(false)
    for (const text of ['one', 'two', 'three']) await world.send(BEN, text)
    await world.send(ANA, 'four')
    world.outbox.jobs.clear()
    world.signal.lane = world.signal.lane.map((lane) => ({ ...lane, available: true }))
    world.sms.lane = world.sms.lane.map((lane) => ({ ...lane, available: true }))
    await world.router.reconcile()
    await world.settle()
    expect((await world.all()).map(({ state }) => state)).toEqual(['sent', 'sent', 'sent', 'sent'])
    expectNoDouble()
  })

  it('all of them doubled, at once: each message leaves once', async () => {
    const submitted = await Promise.all(
      Array.from({ length: 8 }, (_, index) => world.router.submit({ to: BEN, text: `text ${index}` })),
    )
    await world.settle()
    const old = world.outbox.attempts.slice()
    await Promise.all([...old, ...old].map((job) => world.outbox.handlers.attempt(job)))
    await world.settle()
    expectNoDouble()
    expect(world.sms.network).toHaveLength(submitted.length)
  })

  it('a deadline that comes early or twice does nothing', async () => {
    const sent = await world.send(ANA, 'hello')
    await world.outbox.handlers.deadline(sent.id)
    await world.outbox.handlers.deadline(sent.id)
    await world.outbox.handlers.deadline('msg_unknown')
    await world.settle()
    expect(world.sms.network).toEqual([])
    await world.pass(16 * MINUTE)
    expect(world.sms.network).toHaveLength(1)
  })

  it('everything is planned again after a restart: schedules, fallbacks, validity', async () => {
    const sent = await world.send(ANA, 'falls back')
    const later = await world.send(BEN, 'scheduled', { scheduledAtMs: world.nowMs + 20 * MINUTE })
    await world.reboot()
    await world.pass(21 * MINUTE)
    expect(await world.message(sent.id)).toMatchObject({ transport: 'sms', fallback_code: 'no-receipt' })
    expect(await world.message(later.id)).toMatchObject({ state: 'sent' })
  })
})

describe('order within a conversation', () => {
  it('is kept by the database, whatever order the jobs come in', async () => {
    world.sms.setAvailable(false)
    const texts = Array.from({ length: 12 }, (_, index) => `text ${index}`)
    for (const text of texts) await world.send(BEN, text)
    world.sms.setAvailable(true)
    await world.settle()
    expect(world.sms.sends.map(({ text }) => text)).toEqual(texts)
  })

  it('one that backs off holds up the next for a minute, not for ever; other people are not held up at all', async () => {
    world.sms.before = ({ text }) => {
      if (text === 'first') throw Object.assign(new Error('busy'), { name: 'x' })
    }
    const first = await world.send(BEN, 'first')
    const second = await world.send(BEN, 'second')
    expect(await world.send('+15550000103', 'to another')).toMatchObject({ state: 'sent' })
    expect((await world.message(second.id)).state).toBe('queued')
    await world.pass(3 * MINUTE)
    await world.router.reconcile()
    await world.settle()
    expect((await world.message(first.id)).state).toBe('queued')
    expect((await world.message(second.id)).state).toBe('sent')
  })

  it('a held message holds up nobody', async () => {
    await world.send(ANA, 'first', { policy: 'ask', fallbackAfterMs: 1000 })
    await world.pass(2000)
    expect((await world.send(ANA, 'second')).state).toBe('sent')
  })

  it('64 at once to one person leave one after the other, under strictly increasing times', async () => {
    await world.send(ANA, 'hello')
    await Promise.all(Array.from({ length: 64 }, (_, index) => world.router.submit({ to: ANA, text: `n${index}` })))
    await world.settle()
    const times = world.signal.sends.map(({ timestampMs }) => timestampMs)
    expect(times).toHaveLength(65)
    expect([...times].sort((a, b) => a - b)).toEqual(times)
    expect(new Set(times).size).toBe(65)
  })
})

describe('look-ups are rationed', () => {
  it('many new people at once are one question, and known ones none', async () => {
    world.signal.setAvailable(true)
    await Promise.all(
      Array.from({ length: 20 }, (_, index) => world.router.submit({ to: `+155500003${10 + index}`, text: 'hi' })),
    )
    await world.settle()
    expect(world.signal.lookUps).toHaveLength(1)
    expect(world.signal.lookUps[0]).toHaveLength(20)
    await world.send('+15550000310', 'again')
    expect(world.signal.lookUps).toHaveLength(1)
  })
})

describe('submitting', () => {
  it('the same key is the same message, whatever became of it; another request under it is refused', async () => {
    const idempotency = { scope: 'tok_1', key: 'k', fingerprint: 'f' }
    const first = await world.router.submit({ to: BEN, text: 'hello', idempotency })
    await world.settle()
    const again = await world.router.submit({ to: BEN, text: 'hello', idempotency })
    expect(again).toMatchObject({ replayed: true, message: { id: first.message.id, state: 'sent' } })
    expect(world.sms.network).toHaveLength(1)
    await expect(
      world.router.submit({ to: BEN, text: 'other', idempotency: { ...idempotency, fingerprint: 'g' } }),
    ).rejects.toMatchObject({ code: 'idempotency-mismatch' })
    const other = await world.router.submit({ to: BEN, text: 'hello', idempotency: { ...idempotency, scope: 'tok_2' } })
    expect(other.replayed).toBe(false)
  })

  it('the same key at the same moment is one message', async () => {
    const idempotency = { scope: 'tok_1', key: 'k', fingerprint: 'f' }
    const all = await Promise.all(
      Array.from({ length: 10 }, () => world.router.submit({ to: BEN, text: 'hello', idempotency })),
    )
    await world.settle()
    expect(new Set(all.map(({ message }) => message.id)).size).toBe(1)
    expect(world.sms.network).toHaveLength(1)
  })

  it('a key is free again after a day', async () => {
    const idempotency = { scope: 'tok_1', key: 'k', fingerprint: 'f' }
    await world.router.submit({ to: BEN, text: 'hello', idempotency })
    world.nowMs += 86_400_001
    expect(
      await world.router.submit({ to: BEN, text: 'x', idempotency: { ...idempotency, fingerprint: 'g' } }),
    ).toMatchObject({
      replayed: false,
    })
  })

  it.each([
    [{ to: '112', text: 'help' }, 'emergency-number'],
    [{ to: 'MyBank', text: 'hi' }, 'invalid-number'],
    [{ to: BEN, text: '' }, 'invalid-request'],
    [{ text: 'hi' }, 'invalid-request'],
    [{ conversationId: 'cnv_none', text: 'hi' }, 'unknown-conversation'],
  ])('%j is refused, and nothing is stored', async (request, code) => {
    await expect(world.router.submit(request)).rejects.toMatchObject({ code })
    expect(await world.all()).toEqual([])
    expect(await world.events.since(0, 10)).toEqual([])
  })

  it('an account id is a recipient, too', async () => {
    expect(await world.send(`signal:${ANA_ACI}`, 'hello')).toMatchObject({ state: 'sent', transport: 'signal' })
  })
})

describe('the event log', () => {
  it('has every transition once, in order, with ids and no text', async () => {
    const heard: number[] = []
    const off = world.events.onAppended(() => heard.push(1))
    const sent = await world.send(BEN, 'a secret')
    await reportAll()
    off()
    const events = (await world.events.since(0, 1000)).filter(({ message_id }) => message_id === sent.id)
    expect(events.map(({ type }) => type)).toEqual([
      'message.queued',
      'message.queued',
      'message.fallback',
      'message.sending',
      'message.sent',
      'message.delivered',
    ])
    expect(events.map(({ id }) => id)).toEqual([...events.map(({ id }) => id)].sort((a, b) => a - b))
    expect(JSON.stringify(events)).not.toContain('secret')
    expect(JSON.stringify(events)).not.toContain(BEN)
    expect(heard.length).toBeGreaterThan(3)
  })
})

describe('at start', () => {
  it('an account that is still being loaded does not turn what waits for Signal into plaintext', async () => {
    await world.receipt('delivered', await world.send(ANA, 'before'))
    world.signal.setAvailable(false)
    const waiting = await world.send(ANA, 'hello')
    const { lane } = world.signal
    world.signal.lane = []
    await world.reboot()
    world.sms.setAvailable(false)
    await world.settle()
    world.sms.setAvailable(true)
    await world.settle()
    expect(await world.message(waiting.id)).toMatchObject({ state: 'queued', transport: 'signal' })
    world.signal.lane = lane
    world.signal.setAvailable(true)
    await world.settle()
    expect(await world.message(waiting.id)).toMatchObject({ state: 'sent', transport: 'signal' })
    expect(world.sms.sends).toEqual([])
  })
})
