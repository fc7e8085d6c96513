/**
 * What every transport means by "sent": one suite, run against the real driver of each, with its simulated network or
 * server behind it.
 */
import { describe, expect, it, onTestFinished } from 'vitest'
import { CausewayError } from '../../src/domain/errors.ts'
import type { AttemptJournal, OutgoingAttempt, PartRecord, Recipient, Transport } from '../../src/domain/transport.ts'
import { SignalTransport } from '../../src/transports/signal.ts'
import { SmsTransport } from '../../src/transports/sms.ts'
import { BEN, Gateway } from '../scenario/modem/gateway.ts'
import { gatewayNumber, World } from '../scenario/signal/kit.ts'

interface Subject {
  transport: Transport
  recipient: Recipient
  /** Texts that the recipient shows, in order. */
  shown(): string[]
  takeAway(): Promise<void>
  bringBack(): Promise<void>
}

async function sms(): Promise<Subject> {
  const gateway = await Gateway.open()
  onTestFinished(() => gateway.close())
  gateway.modem.start()
  await until(() => gateway.modem.status().state === 'ready')
  const ben = gateway.network.person(BEN, 'Ben')
  return {
    transport: new SmsTransport([gateway.modem], () => Date.now()),
    recipient: { e164: BEN, aci: undefined, pni: undefined },
    shown: () => ben.inbox.map(({ text }) => text),
    takeAway: async () => gateway.sim.unplug(),
    bringBack: () => gateway.sim.plug(),
  }
}

async function signal(): Promise<Subject> {
  const world = await World.open()
  const ana = await world.person('Ana', '+15550000201')
  const gateway = await world.registeredGateway()
  return {
    transport: new SignalTransport(gateway.account),
    recipient: { e164: ana.e164, aci: ana.aci, pni: undefined },
    shown: () => ana.texts.map(({ text }) => text),
    takeAway: () => world.server.stop(),
    bringBack: () => world.server.start(),
  }
}

/** Keeps its notes like the store's, in memory. */
class MemoryJournal implements AttemptJournal {
  #parts: PartRecord[] = []
  #references = 0

  async plan(parts: readonly { part: number; tpduHex: string }[]): Promise<readonly PartRecord[]> {
    if (this.#parts.length === 0) {
      this.#parts = parts.map((part) => ({
        ...part,
        state: 'pending',
        messageReference: undefined,
        submittedAtMs: undefined,
      }))
    }
    return this.#parts.map((part) => ({ ...part }))
  }

  async part(part: number, change: Parameters<AttemptJournal['part']>[1]): Promise<void> {
    const record = this.#parts.find((one) => one.part === part)
    if (record === undefined) throw new RangeError('never planned')
    record.state = change.state
    record.messageReference = change.messageReference ?? record.messageReference
  }

  async nextConcatReference(): Promise<number> {
    this.#references += 1
    return this.#references
  }

  states(): string[] {
    return this.#parts.map(({ state }) => state)
  }
}

async function until(holds: () => boolean): Promise<void> {
  for (let i = 0; i < 3_000 && !holds(); i++) await new Promise((resolve) => setTimeout(resolve, 20))
  expect(holds()).toBe(true)
}

describe.each([
  ['sms', sms],
  ['signal', signal],
] as const)('%s', (name, make) => {
  let count = 0
  function attempt(subject: Subject, text: string): OutgoingAttempt {
    count += 1
    return {
      messageId: `msg_${count}`,
      attemptId: `try_${count}`,
      recipient: subject.recipient,
      text,
      timestampMs: Date.now() + count,
      validUntilMs: Date.now() + 3_600_000,
      lane: subject.transport.lanes()[0]?.id ?? '',
    }
  }

  it('is called by its name and has a lane that is available, without a reason', async () => {
    const subject = await make()
    expect(subject.transport.name).toBe(name)
    expect(subject.transport.lanes()).toHaveLength(1)
    expect(subject.transport.lanes()[0]).toMatchObject({ transport: name, available: true, reason: undefined })
  })

  it('accepted means that the recipient gets it, once, and that a receipt may be waited for', async () => {
    const subject = await make()
    const outcome = await subject.transport.send(attempt(subject, 'hello'), new MemoryJournal())
    expect(outcome).toMatchObject({ kind: 'accepted', encrypted: name === 'signal', expectsReceipt: true })
    await until(() => subject.shown().length > 0)
    expect(subject.shown()).toEqual(['hello'])
  })

  it('an attempt that is carried on after it was accepted shows nothing twice', async () => {
    const subject = await make()
    const same = attempt(subject, 'only once')
    const journal = new MemoryJournal()
    await subject.transport.send(same, journal)
    expect(await subject.transport.send(same, journal)).toMatchObject({ kind: 'accepted' })
    await subject.transport.send(attempt(subject, 'the next one'), new MemoryJournal())
    await until(() => subject.shown().includes('the next one'))
    expect(subject.shown()).toEqual(['only once', 'the next one'])
  })

  it('away: the lane says why, sending fails for now and asks for the same transport, and nothing left', async () => {
    const subject = await make()
    await subject.takeAway()
    await until(() => subject.transport.lanes()[0]?.available === false)
    expect(subject.transport.lanes()[0]?.reason).toMatch(/\w+ \w+/)
    const waiting = attempt(subject, 'later')
    const journal = new MemoryJournal()
    const error = await subject.transport.send(waiting, journal).catch((thrown: unknown) => thrown)
    expect(CausewayError.is(error)).toBe(true)
    expect(error).toMatchObject({ retry: 'same-transport' })
    expect(journal.states().every((state) => state === 'pending')).toBe(true)
    await subject.bringBack()
    await until(() => subject.transport.lanes()[0]?.available === true)
    expect(await subject.transport.send(waiting, journal)).toMatchObject({ kind: 'accepted' })
    await until(() => subject.shown().length > 0)
    expect(subject.shown()).toEqual(['later'])
  })

  it('asked who can be reached it answers for each, in order, and does not throw while it is away', async () => {
    const subject = await make()
    const nobody: Recipient = { e164: undefined, aci: undefined, pni: undefined }
    const ask = () => subject.transport.reach([subject.recipient, nobody], AbortSignal.timeout(5_000))
    expect((await ask()).map(({ kind }) => kind)[0]).toBe('registered')
    await subject.takeAway()
    expect(await ask()).toHaveLength(2)
  })
})

describe('signal', () => {
  it('belongs to the number that it was registered with', async () => {
    const subject = await signal()
    expect(subject.transport.lanes()[0]?.ownNumber).toBe(gatewayNumber)
  })
})
