/** What armed faults make of a simulated modem at each step of a command: it falls silent, echoes, floods, is cut off, restarts. */
import type { FaultOf, FaultPhase, FaultStack } from './faults.ts'
import type { UnplugOptions } from './options.ts'

interface Misbehaving {
  echoOn(): void
  flood(bytes: number, lineEnds?: boolean): void
  unplug(options: UnplugOptions): void
  reboot(options: { silent?: boolean }): void
}

export class Misbehaviour {
  private readonly faults: FaultStack
  private readonly modem: Misbehaving
  /** What makes it speak again; undefined as long as it does. */
  private hungUntil: FaultOf<'hang'>['cure'] | undefined

  constructor(faults: FaultStack, modem: Misbehaving) {
    this.faults = faults
    this.modem = modem
  }

  get isHung(): boolean {
    return this.hungUntil !== undefined
  }

  /** A step of this command. */
  at(phase: FaultPhase, command: string): void {
    if (phase === 'before-command') this.begin(command)
    const unplug = this.faults.take('unplug', command, (fault) => fault.phase === phase)
    if (unplug !== undefined) {
      this.modem.unplug(unplug)
      return
    }
    const reboot = this.faults.take('reboot', command, (fault) => fault.phase === phase)
    if (reboot !== undefined) this.modem.reboot(reboot)
  }

  /** Fallen silent, it hears at most that it shall restart; whether these octets say so. */
  hearsRestart(chunk: Buffer): boolean {
    return this.hungUntil === 'restart' && chunk.toString('latin1').toUpperCase().includes('+CFUN=1,1')
  }

  /** The TE has let go of the wire. */
  detached(): void {
    if (this.hungUntil === 'reopen') this.hungUntil = undefined
  }

  /** A modem that starts anew speaks again. */
  end(): void {
    this.hungUntil = undefined
  }

  private begin(command: string): void {
    this.hungUntil ??= this.faults.take('hang', command)?.cure
    if (this.faults.take('echo', command) !== undefined) this.modem.echoOn()
    const flood = this.faults.take('flood', command)
    if (flood !== undefined) this.modem.flood(flood.bytes, flood.lineEnds)
  }
}
