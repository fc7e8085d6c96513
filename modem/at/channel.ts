/**
 * The AT channel of one open port: one command in flight, the rest waiting in line; every line goes to whom it belongs.
 *
 *   octets ─▶ AtLexer ─▶ line ─▶ 1 echo?  2 awaited PDU line?  3 final result?  4 the command's own prefix?
 *                                5 URC table   6 the command's plain lines   7 unknown: passed on, never fatal
 *
 * The exchange is registered before its command is written. After every time-out or withdrawal the channel finds its
 * step again before anything else is written (`#resync`), so that no late answer is credited to another command (H4)
 * and no command is typed into a message (H13). Events are facts; nothing in here awaits them.
 */
import { type SerialTransport, TransportError } from '../serial/pipe.ts'
import { type Clock, type Log, pause, within } from '../serial/surroundings.ts'
import { type AtCommand, INDICATION } from './command.ts'
import type { ChannelEvents, LossCause } from './events.ts'
import { Exchange } from './exchange.ts'
import { AtLexer, type Token } from './lexer.ts'
import { OpenText } from './open-text.ts'
import { answerOf, failure, label, refusal } from './outcome.ts'
import { Priority, PriorityLine } from './priority.ts'
import { AtError, type FinalResult, parseFinal } from './result.ts'
import { StepFinder, type StepHost, type StepTimings } from './step.ts'
import { UnsolicitedBodies } from './unsolicited.ts'
import { type FamilyUrcs, UrcTable, unknownUrc } from './urc.ts'

export interface ChannelTimings extends StepTimings {
  writeTimeoutMs: number
  /** After a refusal nothing is written for so long: some modems say a second final result (H14). */
  settleAfterErrorMs: number
  /** How long an OK that came without its information line waits for it. */
  staleOkMs: number
  /** The same behind a submission's body, where giving up means not to know. */
  staleOkAfterBodyMs: number
  urcBodyTimeoutMs: number
  /** Boot lines that also follow AT+CFUN=1 or AT+CPIN are no restart for so long after one of these. */
  bootGraceMs: number
  ageingMs: number
}

/** Commands and sessions waiting; beyond it callers are refused with `queue-full`. */
export const CHANNEL_QUEUE_MAX = 64

/** Runs a command inside a held channel. */
export type Run = <T>(command: AtCommand<T>) => Promise<T>

type Outcome =
  | { kind: 'final'; result: FinalResult }
  | { kind: 'timeout' }
  | { kind: 'withdrawn'; cause: unknown }
  | { kind: 'reset'; line: string }
  | { kind: 'gone'; reason: string }

interface InFlight {
  exchange: Exchange
  settle(outcome: Outcome): void
}

interface Ticket {
  begin(): Promise<void>
  refuse(error: AtError): void
}

const CTRL_Z = '\x1a'

export class AtChannel {
  readonly #pipe: SerialTransport
  readonly #events: ChannelEvents
  readonly #clock: Clock
  readonly #log: Log
  readonly #timings: ChannelTimings
  readonly #lexer = new AtLexer()
  readonly #line: PriorityLine<Ticket>
  readonly #bodies: UnsolicitedBodies
  readonly #openText: OpenText
  #busy = false
  #inFlight: InFlight | undefined
  readonly #step: StepFinder
  #cancelTimer: () => void = () => {}
  #ended: string | undefined
  #quietUntilMs = 0
  #bootGraceUntilMs = 0
  #overlongLines = 0
  #echoIsOff = false
  #urcs = new UrcTable()
  /** Counts restarts: a session that began before one must not go on after it. */
  #restarts = 0
  /** Of two heads that wait for a PDU line of the same length the later one gets it. */
  #urcHeadIsNewest = false

  constructor(
    pipe: SerialTransport,
    events: ChannelEvents,
    options: { clock: Clock; log: Log; timings: ChannelTimings },
  ) {
    this.#pipe = pipe
    this.#events = events
    this.#clock = options.clock
    this.#log = options.log
    this.#timings = options.timings
    this.#line = new PriorityLine(CHANNEL_QUEUE_MAX, options.timings.ageingMs)
    this.#bodies = new UnsolicitedBodies(options.clock, options.timings.urcBodyTimeoutMs, (urc) => events.urc(urc))
    this.#openText = new OpenText(options.clock, options.timings.urcBodyTimeoutMs, (text) => {
      events.urc(this.#urcs.match(text)?.urc ?? unknownUrc(text))
    })
    const host: StepHost = {
      write: (text) => this.#write(text),
      awaitPrompt: (on) => this.#lexer.awaitPrompt(on),
      ended: () => this.ended,
    }
    this.#step = new StepFinder(host, options.clock, options.timings)
    pipe.onData((octets) => this.#receive(octets))
    pipe.onClosed((reason) => this.#end(reason, 'port'))
  }

  /** Whether the channel has ended. */
  get ended(): boolean {
    return this.#ended !== undefined
  }

  /** Waits for its turn, then runs one command. Rejects with AtError. */
  run<T>(command: AtCommand<T>, priority: Priority): Promise<T> {
    return this.hold(priority, (run) => run(command))
  }

  /** Waits for its turn, then keeps all others out until `session` has settled: for commands that belong together. */
  hold<T>(priority: Priority, session: (run: Run) => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const ticket: Ticket = {
        begin: async () => {
          const restarts = this.#restarts
          const run: Run = (command) => {
            if (restarts === this.#restarts) return this.#execute(command)
            return Promise.reject(new AtError('reset', 'queued', `the modem restarted before ${label(command)}`))
          }
          try {
            resolve(await session(run))
          } catch (error) {
            reject(error)
          }
        },
        refuse: reject,
      }
      if (this.#ended !== undefined) {
        reject(new AtError('gone', 'queued', `the port has ended: ${this.#ended}`))
      } else if (!this.#line.add(ticket, priority, this.#clock.nowMs())) {
        reject(new AtError('queue-full', 'queued', `${CHANNEL_QUEUE_MAX} commands are waiting for the modem already`))
      } else {
        this.#next()
      }
    })
  }

  /**
   * Begins to talk on a port of unknown state: leaves a half-typed message, then AT until an OK comes. Rejects with
   * AtError `timeout`.
   */
  handshake(priority: Priority): Promise<void> {
    return this.hold(priority, async () => {
      if (await this.#step.handshake()) return
      if (this.#ended !== undefined) throw new AtError('gone', 'command', `the port has ended: ${this.#ended}`)
      throw new AtError('timeout', 'command', `no answer to ${this.#timings.handshakeTriesMax} times AT`)
    })
  }

  /**
   * From now on an echo means that the modem has restarted and lost its settings (H6). It is seen before the prompt of a
   * submission, so that no PDU is typed into a modem that is in text mode by now. A restart ends this watch.
   */
  echoIsOff(): void {
    this.#echoIsOff = true
  }

  /** What modules say besides what all do. */
  knowUrcs(families: FamilyUrcs): void {
    this.#urcs = new UrcTable(families)
  }

  /** Ends the channel and its port; everything in flight and waiting fails with `gone`. */
  close(reason: string): Promise<void> {
    this.#end(reason, undefined)
    return this.#pipe.close()
  }

  #next(): void {
    if (this.#busy) return
    const ticket = this.#line.take(this.#clock.nowMs())
    if (ticket === undefined) return
    this.#busy = true
    void ticket.begin().then(() => {
      this.#busy = false
      this.#next()
    })
  }

  async #execute<T>(command: AtCommand<T>): Promise<T> {
    try {
      return await this.#attempt(command)
    } catch (error) {
      const again = command.retry === 'safe' && error instanceof AtError && error.kind === 'timeout'
      if (!again || this.#ended !== undefined) throw error
      return this.#attempt(command)
    }
  }

  async #attempt<T>(command: AtCommand<T>): Promise<T> {
    const settleMs = this.#quietUntilMs - this.#clock.nowMs()
    if (settleMs > 0) await pause(this.#clock, settleMs)
    if (this.#ended !== undefined) throw new AtError('gone', 'queued', `the port has ended: ${this.#ended}`)
    const exchange = new Exchange(command)
    const outcome = await this.#converse(exchange)
    exchange.finish()
    switch (outcome.kind) {
      case 'final':
        return await this.#conclude(command, exchange, outcome.result)
      case 'timeout':
        return await this.#afterTimeout(command, exchange)
      case 'withdrawn':
        await this.#resync(exchange, false)
        throw failure('aborted', exchange, 'was withdrawn before its body', outcome.cause)
      case 'reset':
        throw failure('reset', exchange, `was cut off, the modem restarted (${outcome.line})`)
      case 'gone':
        throw failure('gone', exchange, `was cut off, the port has ended: ${outcome.reason}`)
    }
  }

  async #conclude<T>(command: AtCommand<T>, exchange: Exchange, result: FinalResult): Promise<T> {
    this.#events.answered()
    if (result.kind === 'ok') return answerOf(command, exchange)
    if (result.kind === 'connect') {
      await this.#resync(exchange, true)
      throw failure('connect', exchange, 'turned the port into a data line')
    }
    this.#quietUntilMs = this.#clock.nowMs() + this.#timings.settleAfterErrorMs
    throw refusal(exchange, result)
  }

  async #afterTimeout<T>(command: AtCommand<T>, exchange: Exchange): Promise<T> {
    const waitsForPrompt = exchange.phase === 'prompt'
    if (command.unjudged !== true) this.#events.timedOut(label(command))
    await this.#resync(exchange, false)
    if (exchange.stage === 'body' && exchange.lines.length > 0) return answerOf(command, exchange)
    const kind = waitsForPrompt ? 'prompt-timeout' : 'timeout'
    throw failure(kind, exchange, waitsForPrompt ? 'was given no prompt' : 'was not answered in time')
  }

  /** Writes the command and resolves with how it ended. The exchange is registered before the first octet leaves. */
  #converse(exchange: Exchange): Promise<Outcome> {
    const { command } = exchange
    return new Promise((resolve) => {
      this.#inFlight = {
        exchange,
        settle: (outcome) => {
          if (this.#inFlight?.exchange !== exchange) return
          this.#inFlight = undefined
          this.#cancelTimer()
          this.#lexer.awaitPrompt(false)
          resolve(outcome)
        },
      }
      if (command.wakes) this.#bootGraceUntilMs = this.#clock.nowMs() + this.#timings.bootGraceMs
      this.#lexer.awaitPrompt(command.prompt !== undefined && !command.prompt.isConnect)
      const phase = exchange.phase
      void this.#write(`${command.text}\r`).then(() => {
        if (exchange.phase === phase) this.#limit(exchange, command.prompt?.promptTimeoutMs ?? command.timeoutMs)
      })
    })
  }

  /** Starts the one timer of the command in flight anew. */
  #limit(exchange: Exchange, limitMs: number, outcome: Outcome = { kind: 'timeout' }): void {
    if (this.#inFlight?.exchange !== exchange) return
    const { settle } = this.#inFlight
    this.#cancelTimer()
    this.#cancelTimer = this.#clock.after(limitMs, () => settle(outcome))
  }

  /** The prompt is there: the journal's last chance, then the body in one write. Never more than one caller. */
  async #sendBody(inFlight: InFlight): Promise<void> {
    const { exchange, settle } = inFlight
    const prompt = exchange.command.prompt
    if (prompt === undefined) return
    exchange.phase = 'before-body'
    this.#cancelTimer()
    try {
      if (prompt.beforeBody !== undefined) {
        const waited = await within(this.#clock, prompt.beforeBodyTimeoutMs, prompt.beforeBody())
        if (waited.late) throw new Error(`the journal took longer than ${prompt.beforeBodyTimeoutMs} ms`)
      }
    } catch (cause) {
      settle({ kind: 'withdrawn', cause })
      return
    }
    // Meanwhile the modem may have restarted, closed the prompt by itself, or gone.
    if (this.#inFlight !== inFlight || this.#ended !== undefined) return
    exchange.phase = 'body'
    await this.#write(prompt.isCounted ? prompt.text : `${prompt.text}${CTRL_Z}`)
    this.#limit(exchange, exchange.command.timeoutMs)
  }

  /** Never rejects: a port that takes no data is at its end, and the command in flight learns it from there. */
  async #write(text: string): Promise<void> {
    try {
      await this.#pipe.write(Buffer.from(text, 'latin1'), this.#timings.writeTimeoutMs)
    } catch (error) {
      this.#end(error instanceof TransportError ? error.message : String(error), 'port')
    }
  }

  #receive(octets: Uint8Array): void {
    this.#step.heard()
    for (const token of this.#lexer.push(octets)) this.#take(token)
  }

  #take(token: Token): void {
    switch (token.kind) {
      case 'prompt':
        this.#prompted()
        return
      case 'overlong':
        this.#overlongLines += 1
        this.#log.debug({ overlongLines: this.#overlongLines }, 'the modem sent a line beyond all bounds')
        return
      case 'line':
        this.#takeLine(token.text.startsWith('>') ? token.text.replace(/^(?:> ?)+/, '') : token.text)
        return
    }
  }

  #prompted(): void {
    const inFlight = this.#inFlight
    if (inFlight?.exchange.phase === 'prompt') void this.#sendBody(inFlight)
    else this.#step.takePrompt()
  }

  #takeLine(text: string): void {
    if (text === '' || this.#openText.take(text)) return
    const exchange = this.#inFlight?.exchange
    if (exchange?.isEcho(text) || this.#step.isEcho(text)) {
      this.#echoed(exchange)
      return
    }
    if (this.#takeAwaitedBody(text, exchange)) return
    const ownFinal = exchange?.command.finals?.[text]
    const result = ownFinal === undefined ? parseFinal(text) : { kind: ownFinal }
    if (result !== undefined) {
      this.#takeFinal(result, text)
      return
    }
    if (exchange?.claim(text)) {
      this.#urcHeadIsNewest = false
      if (exchange.isWhole) this.#inFlight?.settle({ kind: 'final', result: { kind: 'ok' } })
      return
    }
    if (this.#step.takeLine(text) || this.#takeUrc(text)) return
    if (exchange?.awaitsBody && !INDICATION.test(text)) exchange.takeBody(text)
    else if (this.#bodies.takeMisfit(text) || exchange?.claimPlain(text)) return
    else this.#events.urc(unknownUrc(text))
  }

  #echoed(exchange: Exchange | undefined): void {
    if (this.#echoIsOff && exchange?.phase !== 'body') this.#rebooted('it echoes again')
    else this.#events.echoed()
  }

  /** A PDU line goes to the head whose length it has; to the newer head if it has both lengths (H1, H2). */
  #takeAwaitedBody(text: string, exchange: Exchange | undefined): boolean {
    if (exchange?.bodyFits(text) && !(this.#urcHeadIsNewest && this.#bodies.fits(text))) {
      exchange.takeBody(text)
      return true
    }
    return this.#bodies.takeFitting(text)
  }

  #takeFinal(result: FinalResult, text: string): void {
    if (this.#step.takeFinal(result)) return
    const inFlight = this.#inFlight
    if (inFlight === undefined) {
      this.#log.debug({ line: text }, 'a final result that nobody waits for')
      if (result.kind === 'connect')
        void this.hold(Priority.acknowledge, () => this.#resync(undefined, true)).catch(() => {})
      return
    }
    const { exchange } = inFlight
    const judged = exchange.judge(result)
    if (judged === 'prompt') void this.#sendBody(inFlight)
    else if (judged === 'final') inFlight.settle({ kind: 'final', result })
    else if (exchange.phase === 'command') {
      this.#limit(exchange, exchange.command.lateInfoMs ?? this.#timings.staleOkMs, { kind: 'final', result })
    } else if (exchange.phase === 'body') {
      this.#limit(exchange, this.#timings.staleOkAfterBodyMs, { kind: 'final', result })
    }
  }

  #takeUrc(text: string): boolean {
    const match = this.#urcs.match(text)
    if (match === undefined) return false
    const { rule, urc } = match
    if (rule.boot === 'sure' || (rule.boot === 'maybe' && this.#clock.nowMs() >= this.#bootGraceUntilMs)) {
      this.#rebooted(text)
    } else if (rule.quoted && this.#openText.begin(text)) {
      return true
    } else if (rule.body) {
      this.#urcHeadIsNewest = true
      const unsay = this.#bodies.expect(urc)
      this.#inFlight?.exchange.headInPlaceOfBody(unsay)
    } else {
      this.#events.urc(urc)
    }
    return true
  }

  #rebooted(line: string): void {
    this.#restarts += 1
    this.#echoIsOff = false
    this.#bodies.clear()
    this.#openText.clear()
    for (const ticket of this.#line.clear()) {
      ticket.refuse(new AtError('reset', 'queued', `the modem restarted (${line}) before the command's turn came`))
    }
    this.#inFlight?.settle({ kind: 'reset', line })
    this.#events.rebooted(line)
  }

  /** Finds step again before anything else is written; a channel that cannot ends itself. */
  async #resync(late: Exchange | undefined, dataMode: boolean): Promise<void> {
    if (this.#ended !== undefined) return
    this.#events.resyncing(true)
    const found = await this.#step.find(late, dataMode)
    if (!found) this.#end('the modem lost step and does not answer any more', 'step')
    this.#events.resyncing(false)
  }

  #end(reason: string, loss: LossCause | undefined): void {
    if (this.#ended !== undefined) return
    this.#ended = reason
    this.#cancelTimer()
    this.#bodies.clear()
    this.#openText.clear()
    this.#step.giveUp()
    for (const ticket of this.#line.clear()) {
      ticket.refuse(new AtError('gone', 'queued', `the port has ended: ${reason}`))
    }
    this.#inFlight?.settle({ kind: 'gone', reason })
    if (loss === undefined) return
    void this.#pipe.close()
    this.#events.lost(loss, reason)
  }
}
