/**
 * The AT command interpreter of one start of the modem: bytes of the TE → command lines → handlers → answers.
 *
 * Command lines come through `@serialport/parser-readline`, since there lines are lines; the body after a prompt ends with
 * Ctrl-Z or ESC and is read here. One line runs at a time, later ones wait. A restart throws the session away: whatever
 * it was doing then is never answered.
 */
import { ReadlineParser } from '@serialport/parser-readline'
import { pause, type SimClock } from './clock.ts'
import { type CommandCall, parseLine } from './commandline.ts'
import type { CommandHandler, CommandLine, ModemContext } from './context.ts'
import { AtFailure, failureLine, plainError } from './failure.ts'
import type { FaultPhase, FaultStack } from './faults.ts'

/** A longer command line is answered with ERROR. */
const LINE_BYTES_MAX = 2_048
/** Lines that came while another one runs. */
const LINES_WAITING_MAX = 64
/** A body of 1 + 12 + 164 octets in hex, and room for text mode. */
const BODY_CHARACTERS_MAX = 1_024
/** Unsolicited results that wait for the end of the body. */
const HELD_MAX = 64

const CTRL_Z = '\x1a'
const ESC = '\x1b'
const BACKSPACE = '\b'

export interface SessionHost extends ModemContext {
  readonly isAttached: boolean
  /** It has fallen silent. */
  readonly isHung: boolean
  /** Every command line, for whoever watches. */
  seen(line: string): void
  write(text: string): void
  /** A step at which faults may cut the wire or restart the modem; afterwards the session may have ended. */
  phase(phase: FaultPhase, command: string): void
  /** How long an answer takes. */
  readonly answerMs: number
  /** A line that stands in front of this answer by itself. */
  noiseBeforeAnswer(): string | undefined
  /** An answer has gone out whole; `succeeded` means with information (a submission that was not given up). */
  answered(command: string, succeeded: boolean): void
}

/** A body of a length that was said before; what stands in it means nothing. */
interface CountedBody {
  left: number
  readonly pieces: Buffer[]
  done: (octets: Buffer) => void
}

interface Body {
  text: string
  /** At so many characters `reached` is called once, and the rest of that chunk is dropped. */
  watchAt: number
  reached: () => void
  done: (text: string | undefined) => void
}

export class AtSession {
  private readonly host: SessionHost
  private readonly commands: ReadonlyMap<string, CommandHandler>
  private readonly clock: SimClock
  private readonly faults: FaultStack
  private parser = this.newParser()
  private bytesInLine = 0
  private readonly lines: string[] = []
  private readonly held: string[] = []
  private body: Body | undefined
  private counted: CountedBody | undefined
  /** What ends the answer of the line that runs. */
  private ending = 'OK'
  private isRunning = false
  private isEnded = false
  /** Lines are lost until one was. */
  private hasSpeed: boolean
  private isDataLine = false

  constructor(host: SessionHost, commands: ReadonlyMap<string, CommandHandler>) {
    this.host = host
    this.commands = commands
    this.clock = host.clock
    this.faults = host.faults
    this.hasSpeed = !host.profile.losesFirstLine
  }

  /** False once the modem has restarted; whoever waited in between looks here. */
  get isLive(): boolean {
    return !this.isEnded
  }

  end(): void {
    this.isEnded = true
    this.lines.length = 0
    this.held.length = 0
    this.body = undefined
    this.counted = undefined
    this.parser.removeAllListeners('data')
  }

  /** Bytes of the TE. */
  bytes(chunk: Buffer): void {
    if (this.isEnded) return
    if (this.isDataLine) {
      if (!chunk.includes('+++')) return
      this.isDataLine = false
      this.host.write('\r\nOK\r\n')
      return
    }
    if (this.counted !== undefined) {
      this.countedBytes(this.counted, chunk)
      return
    }
    if (this.body !== undefined) {
      this.bodyBytes(chunk)
      return
    }
    const lastEnd = chunk.lastIndexOf(0x0d)
    this.bytesInLine = lastEnd < 0 ? this.bytesInLine + chunk.length : chunk.length - lastEnd - 1
    this.parser.write(chunk)
    if (this.bytesInLine <= LINE_BYTES_MAX) return
    this.parser.removeAllListeners('data')
    this.parser = this.newParser()
    this.bytesInLine = 0
    this.lines.push('AT?')
    void this.run()
  }

  /** An unsolicited result code; held while the TE is writing a body. */
  unsolicited(text: string): void {
    if (this.isEnded) return
    if (this.body === undefined && this.counted === undefined) this.host.write(text)
    else if (this.held.length < HELD_MAX) this.held.push(text)
  }

  /**
   * Shows the prompt and collects the body. `watchAt` characters into it `reached` is called, once.
   * Undefined when the TE gave it up with ESC. Never resolves when the modem restarts meanwhile.
   */
  async prompt(promptText: string, watchAt: number, reached: () => void): Promise<string | undefined> {
    const hidden = this.faults.take('no-prompt', '+CMGS')
    if (hidden?.delayMs !== undefined) await pause(this.clock, hidden.delayMs)
    const body = new Promise<string | undefined>((done) => {
      // What the TE wrote before it saw the prompt is lost.
      this.parser.removeAllListeners('data')
      this.parser = this.newParser()
      this.bytesInLine = 0
      this.lines.length = 0
      this.body = { text: '', watchAt, reached, done }
    })
    if (hidden === undefined || hidden.delayMs !== undefined) this.host.write(promptText)
    const between = this.faults.take('urc', '+CMGS', ({ where }) => where === 'prompt')
    if (between !== undefined) this.host.write(asLines(between.lines))
    return body
  }

  private octets(length: number, prompt = this.host.profile.promptText): Promise<Buffer> {
    const octets = new Promise<Buffer>((done) => {
      this.counted = { left: length, pieces: [], done }
    })
    this.host.write(prompt)
    return octets
  }

  private countedBytes(body: CountedBody, chunk: Buffer): void {
    const own = chunk.subarray(0, body.left)
    body.pieces.push(own)
    body.left -= own.length
    if (body.left > 0) return
    this.counted = undefined
    body.done(Buffer.concat(body.pieces))
    for (const held of this.held.splice(0)) this.host.write(held)
    if (own.length < chunk.length) this.bytes(chunk.subarray(own.length))
  }

  private newParser(): ReadlineParser {
    const parser = new ReadlineParser({ delimiter: '\r', encoding: 'latin1' })
    parser.on('data', (line: string) => {
      if (this.lines.length < LINES_WAITING_MAX) this.lines.push(line)
      void this.run()
    })
    return parser
  }

  private bodyBytes(chunk: Buffer): void {
    const text = chunk.toString('latin1')
    if (this.host.settings.echo) this.host.write(text)
    for (let at = 0; at < text.length; at++) {
      const { body } = this
      const character = text.charAt(at)
      if (body === undefined) {
        this.bytes(chunk.subarray(at))
        return
      }
      if (character === CTRL_Z || character === ESC) {
        this.body = undefined
        body.done(character === CTRL_Z ? body.text : undefined)
        for (const held of this.held.splice(0)) this.host.write(held)
        continue
      }
      if (character === BACKSPACE) body.text = body.text.slice(0, -1)
      else if (body.text.length < BODY_CHARACTERS_MAX) body.text += character
      if (body.text.length === body.watchAt) {
        body.watchAt = -1
        body.reached()
        // The modem has restarted, or the wire was cut here: the rest never came.
        if (this.isEnded || !this.host.isAttached) return
      }
    }
  }

  private async run(): Promise<void> {
    if (this.isRunning) return
    this.isRunning = true
    try {
      for (let line = this.lines.shift(); line !== undefined && this.isLive; line = this.lines.shift()) {
        await this.line(line)
      }
    } finally {
      this.isRunning = false
    }
  }

  private async line(line: string): Promise<void> {
    if (this.host.settings.echo) this.host.write(`${line.replaceAll('\n', '')}\r`)
    const calls = parseLine(line)
    if (calls === undefined) return
    if (!this.hasSpeed) {
      this.hasSpeed = true
      return
    }
    this.host.seen(line)
    this.ending = 'OK'
    const informations: string[] = []
    let failure: AtFailure | undefined
    let last = ''
    for (const call of calls) {
      last = call.name
      this.host.phase('before-command', call.name)
      if (
        !this.isLive ||
        this.host.isHung ||
        this.scripted(call, line) ||
        this.faults.take('no-answer', call.name) !== undefined ||
        this.hangs(call)
      )
        return
      try {
        informations.push(...(await this.execute(call)))
      } catch (error) {
        if (!(error instanceof AtFailure)) throw error
        failure = this.translated(error)
      }
      if (!this.isLive) return
      if (failure !== undefined) break
    }
    await this.answer(last, informations, failure)
  }

  private execute(call: CommandCall): readonly string[] | Promise<readonly string[]> {
    // +CMGS asks for its own errors, at the prompt or after the body.
    if (call.name !== '+CMGS') {
      const refused = this.faults.take('error', call.name)
      if (refused !== undefined) throw new AtFailure(refused.family, refused.code)
    }
    const { profile } = this.host
    const vendor = Object.hasOwn(profile.vendorCommands, call.name) ? profile.vendorCommands[call.name] : undefined
    if (vendor !== undefined) return call.form === 'set' ? [] : vendor
    if (profile.restartCommands.includes(call.name)) {
      this.host.restart()
      return []
    }
    const handler = profile.lacks.includes(call.name) ? undefined : this.commands.get(call.name)
    if (handler === undefined) throw plainError(profile.unknownCommand)
    const own: CommandLine = {
      octets: (length, prompt) => this.octets(length, prompt),
      endWith: (text) => {
        this.ending = text
      },
    }
    return handler(this.host, call, own)
  }

  /** Says what a fault puts in place of the answer. */
  private scripted({ name }: CommandCall, line: string): boolean {
    const typed = line.trim().toUpperCase()
    const said = this.faults.take(
      'answer',
      name,
      (fault) => fault.line === undefined || fault.line.toUpperCase() === typed,
    )
    if (said !== undefined) this.host.write(said.text)
    else if (this.faults.take('connect', name) === undefined) return false
    else {
      this.isDataLine = true
      this.host.write('\r\nCONNECT 150000000\r\n')
    }
    return true
  }

  /** Some modems never answer +CMGL. */
  private hangs({ name, form }: CommandCall): boolean {
    return name === '+CMGL' && form !== 'test' && this.host.profile.listing === 'hangs'
  }

  /** As this modem would say it. */
  private translated(failure: AtFailure): AtFailure {
    const code = failure.family === 'cms' ? this.host.profile.cmsCodes[failure.code] : undefined
    return code === undefined ? failure : new AtFailure('cms', code)
  }

  private async answer(
    command: string,
    informations: readonly string[],
    failure: AtFailure | undefined,
  ): Promise<void> {
    if (this.faults.take('lost-result', command) !== undefined) return
    const late = this.faults.take('late-answer', command)
    if (late !== undefined) await pause(this.clock, late.delayMs)
    if (!this.isLive) return
    if (this.host.answerMs > 0) await pause(this.clock, this.host.answerMs)
    if (!this.isLive) return
    const { verbose, cmee } = this.host.settings
    const { lineEnd } = this.host.profile
    const final = failure === undefined ? this.ending : failureLine(failure, cmee)
    const pieces = informations.map((line) => (verbose ? `\r\n${line}\r\n` : `${line}\r\n`))
    if (verbose || final.startsWith('+')) pieces.push(`\r\n${final}\r\n`)
    else pieces.push(failure === undefined ? '0\r' : '4\r')
    const noise = this.host.noiseBeforeAnswer()
    if (noise !== undefined) pieces.unshift(asLines([noise]))
    const answer = this.disturbed(command, pieces)
    const write = (text: string) => this.host.write(lineEnd === '\r\n' ? text : text.replaceAll('\r\n', lineEnd))
    const resultAt = answer.lastIndexOf(pieces.at(-1) ?? '')
    if (command === '+CMGS' && failure === undefined && informations.length > 0) {
      write(answer.slice(0, resultAt))
      this.host.phase('in-answer', command)
      if (!this.isLive) return
      write(answer.slice(resultAt))
    } else write(answer)
    const second = this.faults.take('double-answer', command)
    if (second !== undefined) this.host.write(`\r\n${second.line}\r\n`)
    this.host.answered(command, failure === undefined && informations.length > 0)
  }

  /** The answer with what faults put around it and, between two of its lines, into it. */
  private disturbed(command: string, pieces: readonly string[]): string {
    const disturbance = (where: 'before' | 'inside' | 'after'): string => {
      const lines = this.faults.take('urc', command, (fault) => fault.where === where)
      const noise = this.faults.take('garbage', command, (fault) => fault.where === where)
      return (
        (lines === undefined ? '' : asLines(lines.lines)) +
        (noise === undefined ? '' : Buffer.from(noise.hex, 'hex').toString('latin1'))
      )
    }
    const middle = Math.max(pieces.length > 1 ? 1 : 0, pieces.length >> 1)
    return (
      disturbance('before') +
      pieces.slice(0, middle).join('') +
      disturbance('inside') +
      pieces.slice(middle).join('') +
      disturbance('after')
    )
  }
}

function asLines(lines: readonly string[]): string {
  return lines.map((line) => `\r\n${line}\r\n`).join('')
}
