/**
 * Plays a recorded conversation as the modem: a trace of `modem/serial/trace.ts`, or one written by hand. The terminal
 * need not ask in the recorded order: what it writes is looked for ahead of the last match, then from the beginning, and
 * answered by what the modem said then; what was never asked is answered by ERROR, and noted.
 *
 *   # a comment; so is every line of another form
 *   12.042 > AT+CMGF=0\r          the terminal wrote that …
 *   12.047 < \r\nOK\r\n           … and the modem said this
 *   > AT+CSQ                      without a time the line ends stand for themselves
 *   < +CSQ: 20,99
 *   < OK
 *   pause 200                     ms
 *   unplug                        the wire is cut, and may be taken up again at once
 *
 * `*` in what the terminal wrote (a masked trace) stands for anything; so does the body of a submission.
 */
import type { Socket } from 'node:net'
import { parseTranscript } from '../serial/trace.ts'
import { TcpPort } from './tcpport.ts'

type Step =
  | { kind: 'heard'; text: string; isBody: boolean }
  | { kind: 'said'; octets: Uint8Array; afterMs: number }
  | { kind: 'pause'; delayMs: number }
  | { kind: 'unplug' }

/** Silences of the recording are shortened to this. */
const SILENCE_MS_MAX = 50
const STEPS_MAX = 100_000
/** A terminal that writes more without an end of line is not talking AT. */
const UNIT_BYTES_MAX = 4_096
const CTRL_Z = '\x1a'

/** Reads a conversation. Throws RangeError for one beyond all bounds. */
export function parseConversation(text: string): readonly Step[] {
  const steps: Step[] = []
  let lastMs: number | undefined
  for (const line of text.split('\n')) {
    const word = /^(?:pause (\d{1,6})|(unplug))\s*$/.exec(line)
    if (word?.[1] !== undefined) steps.push({ kind: 'pause', delayMs: Number(word[1]) })
    else if (word !== null) steps.push({ kind: 'unplug' })
    const isTimed = /^\d/.test(line)
    const [entry] = parseTranscript(isTimed ? line : `0.000 ${line.trimEnd()}`)
    if (entry === undefined) continue
    const written = Buffer.from(entry.octets).toString('latin1')
    if (entry.direction === 'to-modem') {
      for (const [unit] of written.matchAll(/[^\r\x1a\x1b]*[\r\x1a\x1b]|[^\r\x1a\x1b]+$/g)) {
        const heard = normalised(unit)
        if (heard !== '') steps.push({ kind: 'heard', text: heard, isBody: unit.endsWith(CTRL_Z) })
      }
    } else {
      const afterMs = isTimed ? Math.min(SILENCE_MS_MAX, Math.max(0, entry.atMs - (lastMs ?? entry.atMs))) : 0
      const isWhole = isTimed || /[\r\n]|^>/.test(written)
      steps.push({ kind: 'said', octets: Buffer.from(isWhole ? written : `\r\n${written}\r\n`, 'latin1'), afterMs })
    }
    if (isTimed) lastMs = entry.atMs
    if (steps.length > STEPS_MAX) throw new RangeError(`a conversation of more than ${STEPS_MAX} steps`)
  }
  return steps
}

/** Whether a modem says anything in it. */
export function isConversation(steps: readonly Step[]): boolean {
  return steps.some(({ kind }) => kind === 'said')
}

export class ReplayPeer {
  /** Command lines that the recording does not have, oldest first. */
  readonly unknown: string[] = []
  private readonly steps: readonly Step[]
  private readonly port: TcpPort
  private socket: Socket | undefined
  private pending = ''
  private cursor = 0
  private playing: Promise<void> = Promise.resolve()

  constructor(steps: readonly Step[]) {
    this.steps = steps
    this.port = new TcpPort((socket) => this.attach(socket))
  }

  /** TPDUs in hex that the recording's terminal submitted (SCA in front), in order; masked ones are left out. */
  get bodies(): readonly string[] {
    return this.steps.flatMap((step) =>
      step.kind === 'heard' && step.isBody && /^(?:[0-9A-F]{2})+$/.test(step.text) ? [step.text] : [],
    )
  }

  /** AT over TCP on 127.0.0.1. Resolves with the port. */
  listen(): Promise<number> {
    return this.port.listen(0)
  }

  async stop(): Promise<void> {
    this.socket?.destroy()
    await this.port.close()
  }

  private attach(socket: Socket): boolean {
    if (this.socket !== undefined) return false
    this.socket = socket
    this.pending = ''
    socket.on('data', (chunk: Buffer) => this.bytes(chunk.toString('latin1')))
    socket.on('close', () => {
      if (this.socket === socket) this.socket = undefined
    })
    if (this.cursor === 0) this.play(0)
    return true
  }

  private bytes(text: string): void {
    this.pending = (this.pending + text).slice(-UNIT_BYTES_MAX)
    for (let end = this.pending.search(/[\r\x1a\x1b]/); end >= 0; end = this.pending.search(/[\r\x1a\x1b]/)) {
      const unit = this.pending.slice(0, end + 1)
      this.pending = this.pending.slice(end + 1)
      const heard = normalised(unit)
      if (heard !== '') this.answer(heard, unit.endsWith(CTRL_Z))
    }
  }

  private answer(heard: string, isBody: boolean): void {
    const fits = (step: Step) =>
      step.kind === 'heard' && step.isBody === isBody && (isBody || matches(step.text, heard))
    const ahead = this.steps.findIndex((step, at) => at >= this.cursor && fits(step))
    const found = ahead >= 0 ? ahead : this.steps.findLastIndex(fits)
    if (found >= 0) {
      this.cursor = Math.max(this.cursor, found + 1)
      this.play(found + 1)
      return
    }
    this.unknown.push(isBody ? 'a message' : heard)
    this.enqueue(async () => void this.socket?.write('\r\nERROR\r\n'))
  }

  /** Everything from here to the next command. */
  private play(from: number): void {
    const next = this.steps.findIndex((step, at) => at >= from && step.kind === 'heard')
    for (const step of this.steps.slice(from, next < 0 ? this.steps.length : next)) {
      this.enqueue(async () => {
        if (step.kind === 'said') {
          if (step.afterMs > 0) await rest(step.afterMs)
          this.socket?.write(step.octets)
        } else if (step.kind === 'pause') await rest(step.delayMs)
        else if (step.kind === 'unplug') this.socket?.destroy()
      })
    }
  }

  private enqueue(step: () => Promise<void>): void {
    this.playing = this.playing.then(step)
  }
}

function normalised(unit: string): string {
  return unit.replace(/[\x00-\x1f]/g, '').toUpperCase()
}

function matches(recorded: string, heard: string): boolean {
  if (!recorded.includes('*')) return recorded === heard
  const pattern = recorded
    .split(/\*+/)
    .map((piece) => piece.replace(/[.+?^$()[\]{}|\\]/g, '\\$&'))
    .join('.*')
  return new RegExp(`^${pattern}$`).test(heard)
}

function rest(delayMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, delayMs))
}
