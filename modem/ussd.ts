/**
 * One USSD session at a time on one modem (3GPP TS 27.007 §7.15): begin, reply, cancel.
 *
 *   begin ─ AT+CUSD=1 ─ OK ─ … ─ +CUSD: 1 ─▶ reply wanted ─ reply ─ … ─ +CUSD: 0 ─▶ over
 *
 * The line is free between OK and the answer; the session is not. Ways to write the string are tried in order until the
 * modem takes one; what the network then says is final, since asking again may cost money. An answer that nobody waits
 * for is not shown, and a question that the network asks by itself is declined, so that it blocks nothing.
 */
import type { AtChannel } from './at/channel.ts'
import { setting } from './at/command.ts'
import { Priority } from './at/priority.ts'
import { AtError } from './at/result.ts'
import type { Urc } from './at/urc.ts'
import { cancelUssd, characterSet, sendUssd, type UssdCoding } from './at/ussd.ts'
import { type UssdAnswer, UssdError } from './contract.ts'
import { inWords, isRefusal, unlessRefused } from './refusal.ts'
import type { Clock, Log } from './serial/surroundings.ts'
import type { ModemTimings } from './timings.ts'
import { decodeUssd, encodeUssd, isUssdText } from './ussd-text.ts'

const CODINGS: readonly UssdCoding[] = ['plain', 'packed', 'ucs2']

/** `<m>` of +CUSD. */
const STATUS: readonly UssdAnswer['status'][] = [
  'done',
  'reply-wanted',
  'ended-by-network',
  'answered-elsewhere',
  'not-supported',
  'network-timeout',
]

/** What was learnt of this modem; outlives a replug. */
export interface UssdHabits {
  coding: UssdCoding | undefined
}

export interface UssdOptions {
  channel: AtChannel
  habits: UssdHabits
  clock: Clock
  log: Log
  timings: Pick<ModemTimings, 'commandTimeoutMs' | 'slowCommandTimeoutMs' | 'ussdAnswerMs' | 'ussdReplyMs'>
}

interface Waiting {
  resolve(answer: UssdAnswer): void
  reject(error: UssdError): void
}

export class UssdSession {
  readonly #options: UssdOptions
  #state: 'idle' | 'asking' | 'reply-wanted' = 'idle'
  #waiting: Waiting | undefined
  #coding: UssdCoding | undefined
  #characterSet: string | undefined
  #cancelTimer: () => void = () => {}

  constructor(options: UssdOptions) {
    this.#options = options
  }

  /** Begins a session. Rejects with UssdError. */
  async begin(text: string): Promise<UssdAnswer> {
    if (this.#state !== 'idle') throw new UssdError('busy', 'a USSD session is going on: reply to it, or cancel it')
    return this.#ask(text)
  }

  /** Replies in a session that wants it. Rejects with UssdError. */
  async reply(text: string): Promise<UssdAnswer> {
    if (this.#state !== 'reply-wanted') throw new UssdError('no-session', 'no USSD session wants a reply')
    return this.#ask(text)
  }

  /** Ends the session, if there is one. A refusal does no harm: some modems cannot. */
  async cancel(): Promise<void> {
    if (this.#state === 'idle') return
    this.#over(new UssdError('canceled', 'the USSD session was canceled'))
    await this.#release()
  }

  /** A +CUSD. */
  heard(urc: Urc): void {
    const match = /^\+CUSD:\s*(\d)\s*(?:,\s*(?:"([\s\S]*)"|([^",]*))\s*(?:,\s*(\d{1,3})?\s*)?)?$/.exec(urc.text)
    const status = STATUS[Number(match?.[1] ?? 4)]
    if (match === null || status === undefined) {
      this.#options.log.debug({ line: urc.text }, 'a USSD answer that makes no sense')
      return
    }
    const given = match[2] ?? match[3]
    const dcs = match[4] === undefined ? undefined : Number(match[4])
    const text = given === undefined || given === '' ? undefined : this.#decode(given, dcs)
    const waiting = this.#waiting
    if (waiting === undefined) {
      if (this.#state === 'reply-wanted' && status !== 'reply-wanted') this.#over()
      else if (this.#state === 'idle') this.#unasked(status)
      return
    }
    this.#over()
    if (status === 'reply-wanted') this.#await()
    waiting.resolve({ status, text })
  }

  /** The port has ended, or the modem has restarted. */
  stop(reason: string): void {
    this.#over(new UssdError('interrupted', `the USSD session was cut off: ${reason}`))
    this.#characterSet = undefined
  }

  async #ask(text: string): Promise<UssdAnswer> {
    if (!isUssdText(text))
      throw new UssdError('invalid', 'USSD takes 1 to 182 characters (80 outside the GSM alphabet)')
    const before = this.#state
    this.#cancelTimer()
    this.#state = 'asking'
    // Before the command is written: an answer may come before its OK.
    const answer = new Promise<UssdAnswer>((resolve, reject) => {
      this.#waiting = { resolve, reject }
    })
    answer.catch(() => {})
    try {
      await this.#send(text)
    } catch (error) {
      if (this.#waiting !== undefined) {
        this.#over()
        if (before === 'reply-wanted' && isRefusal(error)) this.#await()
        else if (!isRefusal(error)) void this.#release()
        throw ussdError(error)
      }
    }
    if (this.#waiting !== undefined) {
      const { clock, timings } = this.#options
      this.#cancelTimer = clock.after(timings.ussdAnswerMs, () => {
        this.#over(new UssdError('timeout', 'the network has not answered in time; it may have acted all the same'))
        void this.#release()
      })
    }
    return answer
  }

  async #send(text: string): Promise<void> {
    const { channel, habits, timings } = this.#options
    this.#characterSet ??= await this.#chooseCharacterSet()
    const order = habits.coding === undefined ? CODINGS : [habits.coding, ...CODINGS.filter((c) => c !== habits.coding)]
    let refusal: unknown
    for (const coding of order) {
      const encoded = encodeUssd(text, coding, this.#characterSet)
      if (encoded === undefined) continue
      this.#coding = coding
      try {
        await channel.run(sendUssd(encoded, coding, timings.slowCommandTimeoutMs), Priority.send)
        habits.coding = coding
        return
      } catch (error) {
        refusal = error
        // Without SIM or network no other way of writing helps; an answer before the refusal settles it, too.
        const final = error instanceof AtError && (error.class === 'sim' || error.class === 'transient')
        if (!isRefusal(error) || final || this.#waiting === undefined) throw error
      }
    }
    throw refusal ?? new UssdError('invalid', 'this text cannot be sent by USSD')
  }

  /**
   * IRA keeps all of ASCII; under GSM the codes below the space (`@`, `$`, accents) do not get through a line that is
   * cleaned of noise. A modem that will have neither is written to in what it has.
   */
  async #chooseCharacterSet(): Promise<string> {
    const { channel, timings } = this.#options
    const current = await unlessRefused(channel.run(characterSet(timings.commandTimeoutMs), Priority.send))
    if (current === undefined || current === 'IRA') return current ?? 'IRA'
    for (const wanted of ['IRA', 'GSM']) {
      if (wanted === current) return current
      const command = setting(`AT+CSCS="${wanted}"`, timings.commandTimeoutMs)
      if (await unlessRefused(channel.run(command, Priority.send).then(() => true))) return wanted
    }
    return current
  }

  #decode(given: string, dcs: number | undefined): string {
    const coding = this.#waiting === undefined ? this.#options.habits.coding : this.#coding
    return decodeUssd(given, dcs, coding, this.#characterSet ?? 'IRA')
  }

  #await(): void {
    const { clock, timings } = this.#options
    this.#state = 'reply-wanted'
    this.#cancelTimer = clock.after(timings.ussdReplyMs, () => void this.cancel())
  }

  #unasked(status: UssdAnswer['status']): void {
    this.#options.log.info({ status }, 'the network said something by USSD that nobody had asked for')
    if (status === 'reply-wanted') void this.#release()
  }

  #over(error?: UssdError): void {
    this.#cancelTimer()
    this.#state = 'idle'
    const waiting = this.#waiting
    this.#waiting = undefined
    if (error !== undefined) waiting?.reject(error)
  }

  async #release(): Promise<void> {
    const { channel, timings, log } = this.#options
    try {
      await channel.run(cancelUssd(timings.commandTimeoutMs), Priority.send)
    } catch (error) {
      log.debug({ reason: inWords(error) }, 'the modem does not end the USSD session')
    }
  }
}

function ussdError(error: unknown): UssdError {
  if (error instanceof UssdError) return error
  if (isRefusal(error)) return new UssdError('refused', `the modem refuses: ${inWords(error)}`, error)
  if (error instanceof AtError && error.kind === 'timeout') {
    return new UssdError(
      'timeout',
      'the modem has not answered in time; the network may have acted all the same',
      error,
    )
  }
  return new UssdError('interrupted', inWords(error), error)
}
