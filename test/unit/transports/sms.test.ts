import { beforeEach, describe, expect, it } from 'vitest'
import { type ModemStatus, ModemSubmitError, type SmsModem, type SubmitOptions } from '../../../modem/contract.ts'
import { fromHex } from '../../../modem/pdu/octets.ts'
import { decodeTpdu } from '../../../modem/pdu/tpdu.ts'
import type { AttemptJournal, OutgoingAttempt, PartRecord } from '../../../src/domain/transport.ts'
import { SmsTransport } from '../../../src/transports/sms.ts'

const NOT_NEEDED: ModemStatus['recovery'] = {
  counts: { resync: 0, reopen: 0, radio: 0, restart: 0, replug: 0, 'give-up': 0 },
  last: undefined,
  history: [],
  hardAtMs: [],
}

/** A modem that says what the test wants. */
class SaidModem implements SmsModem {
  readonly id = 'mdm_1'
  readonly commands: string[] = []
  /** Codes of refusals, used up one by one; then it accepts. */
  refuses: string[] = []
  answers = true
  state: ModemStatus['state'] = 'ready'
  sinceMs = 1
  #reference = 0

  status(): ModemStatus {
    const { id, state, sinceMs } = this
    const unknown = { label: undefined, reason: undefined, manufacturer: undefined, model: undefined }
    const ids = { revision: undefined, imei: undefined, imsi: undefined, iccid: undefined, number: undefined }
    const radio = { operator: undefined, registration: 'home' as const, signalDbm: undefined, smsc: undefined }
    const health = { profile: undefined, recovery: NOT_NEEDED }
    return { id, port: '/dev/x', state, sinceMs, storage: [], ...unknown, ...ids, ...radio, ...health }
  }
  onStatus(): () => void {
    return () => {}
  }
  async submit(_tpdu: Uint8Array, { beforeBody }: SubmitOptions): Promise<{ messageReference: number }> {
    await beforeBody?.()
    const code = this.refuses.shift()
    if (code !== undefined) throw new ModemSubmitError('refused', code, `it said ${code}`)
    this.#reference += 1
    return { messageReference: this.#reference }
  }
  async command(text: string): Promise<readonly string[]> {
    this.commands.push(text)
    if (!this.answers) throw new Error('no answer')
    return []
  }
  transcript(): string {
    return ''
  }
  ussd = async () => Promise.reject(new Error('not asked for'))
  replyUssd = this.ussd
  cancelUssd = async () => {}
  enterPin = this.ussd
  forgetPin = this.cancelUssd
  async reset(): Promise<void> {}
  start(): void {}
  async stop(): Promise<void> {}
}

/** Keeps the parts in memory. */
class Notes implements AttemptJournal {
  parts: PartRecord[] = []

  async plan(parts: readonly { part: number; tpduHex: string }[]): Promise<readonly PartRecord[]> {
    if (this.parts.length === 0) {
      this.parts = parts.map((part) => ({
        ...part,
        state: 'pending',
        messageReference: undefined,
        submittedAtMs: undefined,
      }))
    }
    return this.parts.map((part) => ({ ...part }))
  }
  async part(part: number, { state }: { state: PartRecord['state'] }): Promise<void> {
    this.parts = this.parts.map((known) => (known.part === part ? { ...known, state } : known))
  }
  async nextConcatReference(): Promise<number> {
    return 1
  }
  get states(): string[] {
    return this.parts.map(({ state }) => state)
  }
}

let modem: SaidModem
let transport: SmsTransport
let notes: Notes
beforeEach(() => {
  modem = new SaidModem()
  transport = new SmsTransport([modem], () => 0)
  notes = new Notes()
})

const attempt: OutgoingAttempt = {
  messageId: 'msg_1',
  attemptId: 'try_1',
  recipient: { e164: '+15550000102', aci: undefined, pni: undefined },
  text: 'hello',
  timestampMs: 0,
  validUntilMs: 3_600_000,
  lane: 'mdm_1',
}
const send = () => transport.send(attempt, notes)

describe('how a text is written', () => {
  it.each([
    [undefined, { ref: 1, refBits: 8 }],
    [16, { ref: 0x0501, refBits: 16 }],
  ] as const)('reference_bits %s: its parts are held together by %j', async (referenceBits, concat) => {
    const atMs = (256 + 5) * 24 * 3_600_000
    const own = new SmsTransport([modem], () => atMs, [], referenceBits === undefined ? {} : { referenceBits })
    await own.send({ ...attempt, text: 'x'.repeat(305), validUntilMs: atMs + 3_600_000 }, notes)
    const parts = notes.parts.map(({ tpduHex }) => decodeTpdu(fromHex(tpduHex), 'mo'))
    expect(parts.map((part) => ('concat' in part ? part.concat : null))).toEqual(
      parts.map((_part, at) => expect.objectContaining({ ...concat, total: parts.length, seq: at + 1 })),
    )
    // A 16-bit reference costs a character a part: 153 and 152.
    expect([parts.length, own.partsOf('x'.repeat(305))]).toEqual(referenceBits === 16 ? [3, 3] : [2, 2])
  })

  it.each([
    [true, 0],
    [false, null],
  ])('flash %s: message class %s, in every part', async (flash, messageClass) => {
    await transport.send({ ...attempt, text: 'x'.repeat(200), flash }, notes)
    const parts = notes.parts.map(({ tpduHex }) => decodeTpdu(fromHex(tpduHex), 'mo'))
    expect(parts.map((part) => ('class' in part ? part.class : undefined))).toEqual([messageClass, messageClass])
  })

  const curly = `’${'x'.repeat(150)}`
  const turkish = 'ş'.repeat(140)
  const sentBy = async (text: string, writing?: ConstructorParameters<typeof SmsTransport>[3]) => {
    notes = new Notes()
    const own = new SmsTransport([modem], () => 0, [], writing)
    await own.send({ ...attempt, text }, notes)
    expect(own.partsOf(text)).toBe(notes.parts.length)
    const decoded = notes.parts.map(({ tpduHex }) => decodeTpdu(fromHex(tpduHex), 'mo'))
    const whole = decoded.map((part) => ('text' in part ? part.text : '')).join('')
    return { parts: decoded.length, text: whole }
  }

  it('as it is, by default, also where plain characters would be cheaper', async () => {
    expect(await sentBy(curly)).toEqual({ parts: 3, text: curly })
  })

  it('transliterate: in plain characters where that saves a part', async () => {
    expect(await sentBy(curly, { transliterate: true })).toEqual({ parts: 1, text: curly.replace('’', "'") })
  })

  it('transliterate: as it is where nothing is saved', async () => {
    expect(await sentBy('it’s', { transliterate: true })).toEqual({ parts: 1, text: 'it’s' })
  })

  it('national_languages: in the tables of a language that the owner has named', async () => {
    expect(await sentBy(turkish)).toEqual({ parts: 3, text: turkish })
    expect(await sentBy(turkish, { nationalLanguages: [1] })).toEqual({ parts: 1, text: turkish })
  })
})

describe('a refused text', () => {
  it('that the service centre has already counts as sent', async () => {
    modem.refuses = ['cms-197']
    expect(await send()).toMatchObject({ kind: 'accepted' })
    expect(notes.states).toEqual(['accepted'])
  })

  it.each(['cms-38', 'cms-322', 'cms-301', 'cms-310', 'cms-21', 'cms-500', 'cms-303'])(
    '%s: its part is still to be sent, here or through another modem',
    async (code) => {
      modem.refuses = [code]
      await expect(send()).rejects.toMatchObject({ code })
      expect(notes.states).toEqual(['pending'])
      modem.sinceMs = 2
      expect(await send()).toMatchObject({ kind: 'accepted' })
    },
  )

  it('for good: its part is never sent again', async () => {
    modem.refuses = ['cms-1']
    await expect(send()).rejects.toMatchObject({ code: 'cms-1', retry: 'other-transport' })
    expect(notes.states).toEqual(['failed'])
    await expect(send()).rejects.toMatchObject({ code: 'failed', retry: 'other-transport' })
  })
})

describe('trouble with the SIM', () => {
  it('stops the modem, says why, and tells whoever watches the lanes', async () => {
    let told = 0
    transport.onLanes(() => (told += 1))
    modem.refuses = ['cms-310']
    await expect(send()).rejects.toMatchObject({ retry: 'same-transport' })
    expect(told).toBe(1)
    expect(transport.lanes()).toMatchObject([
      {
        available: false,
        code: 'sim-stopped',
        // In words: the raw answer of the modem is for the ledger of the text that it refused.
        reason: 'its SIM or settings need attention (there is none); see to it, then reset the modem',
      },
    ])
  })

  it('is over when the modem has been restarted', async () => {
    modem.refuses = ['cms-310']
    await expect(send()).rejects.toThrow()
    modem.sinceMs = 2
    expect(transport.lanes()).toMatchObject([{ available: true, reason: undefined }])
  })

  it('no other refusal stops a modem', async () => {
    modem.refuses = ['cms-38']
    await expect(send()).rejects.toThrow()
    expect(transport.lanes()).toMatchObject([{ available: true }])
  })
})

describe('a refusal that nobody understands', () => {
  it('the modem is asked whether it is in step before the text is tried once more', async () => {
    modem.refuses = ['cms-500']
    await expect(send()).rejects.toMatchObject({ code: 'cms-500', repetition: { timesMax: 1 } })
    expect(modem.commands).toEqual(['AT'])
  })

  it('a modem that does not answer then is away, which is no fault of the text', async () => {
    modem.refuses = ['cms-500']
    modem.answers = false
    await expect(send()).rejects.toMatchObject({ code: 'modem-unavailable', retry: 'same-transport' })
    expect(notes.states).toEqual(['pending'])
  })
})

it('counts the parts of a text', () => {
  expect([transport.partsOf('hello'), transport.partsOf('a'.repeat(161)), transport.partsOf('ж'.repeat(71))]).toEqual([
    1, 2, 2,
  ])
})
