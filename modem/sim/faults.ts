/**
 * Faults on command: behaviours that a test stacks on a modem, the newest asked first. A fault waits for its command (and
 * `skip` more of them), happens `times` times, and is gone. All of it is plain data, so it comes through JSON as well.
 */

/**
 * Steps at which the wire may be cut or the modem restart. Of any command: before it is run, after its answer has gone out.
 * Of a submission: around the prompt, half way through the body, once the body is there whole, once the network accepted,
 * between `+CMGS: n` and its OK, after that; and around its status report: before the modem hands it on, and before it is
 * acknowledged.
 */
export const FAULT_PHASES = [
  'before-command',
  'after-answer',
  'before-prompt',
  'after-prompt',
  'in-body',
  'after-body',
  'after-accept',
  'in-answer',
  'after-result',
  'before-report',
  'after-report',
] as const
export type FaultPhase = (typeof FAULT_PHASES)[number]

export interface FaultCondition {
  /** `+CMGS`, `+CPMS` …; a bare AT is `AT`; `*` is any command. Each kind has its default. */
  command?: string
  /** Lets this many matches pass first (2: the third submission). */
  skip?: number
  /** How often it happens; 1 unless the kind says otherwise. */
  times?: number | 'always'
}

export type Fault = FaultCondition &
  (
    | /** The command is swallowed: not run, not answered. Default: any command. */ { kind: 'no-answer' }
    /** The command is run (+CMGS: the network accepted), and no result comes. Default +CMGS. */
    | { kind: 'lost-result' }
    /** Fails before the network sees anything; `at` the prompt or (default) after the body. Default +CMGS. */
    | { kind: 'error'; family: 'cms' | 'cme' | 'plain'; code?: number; at?: 'prompt' | 'body' }
    /** A second final result after the first (H14). Default +CMGS. */
    | { kind: 'double-answer'; line: string }
    /** Octets that mean nothing, around or inside an answer. Default: any command. */
    | { kind: 'garbage'; where: 'before' | 'inside' | 'after'; hex: string }
    /** Whole lines around or inside an answer, or between prompt and body. Default: any command; for `prompt` +CMGS. */
    | { kind: 'urc'; where: 'before' | 'inside' | 'after' | 'prompt'; lines: readonly string[] }
    /** Everything goes out in pieces of so many bytes. `always` unless said otherwise. */
    | { kind: 'chunks'; bytes: number }
    /** The answer comes so much later. Default: any command. */
    | { kind: 'late-answer'; delayMs: number }
    /** The prompt does not show, though the modem waits for the body; with `delayMs` it shows late. Default +CMGS. */
    | { kind: 'no-prompt'; delayMs?: number }
    /** Unplugs at a phase of a command (default +CMGS). See `SimulatedModem.unplug` for the rest. */
    | { kind: 'unplug'; phase: FaultPhase; forMs?: number; power?: 'lost' | 'kept' }
    /** Restarts at a phase of a command (default +CMGS); silent without the boot lines. */
    | { kind: 'reboot'; phase: FaultPhase; silent?: boolean }
    /** Messages are refused for want of memory, whatever the storage holds. `always` unless said otherwise. */
    | { kind: 'storage-full' }
    /**
     * From this command on it neither answers nor speaks, until the port is opened anew (`reopen`), AT+CFUN=1,1 comes
     * (`restart`), or it loses power (`power`). Default: any command.
     */
    | { kind: 'hang'; cure: 'reopen' | 'restart' | 'power' }
    /** This is said in place of the modem's own answer, and nothing is done. `line`: only to this very command line. */
    | { kind: 'answer'; text: string; line?: string }
    /** The PDU line of a +CMT, +CDS or +CBM comes so much later than its head, `lines` between them (H2). */
    | { kind: 'late-body'; delayMs: number; lines?: readonly string[] }
    /** The port becomes a data line until `+++` (H16). Default: any command. */
    | { kind: 'connect' }
    /** Status reports for this modem: never sent, sent late, or sent twice. */
    | { kind: 'report'; fate: 'lost' | 'slow' | 'duplicate'; delayMs?: number }
  )

export type FaultKind = Fault['kind']
export type FaultOf<K extends FaultKind> = Extract<Fault, { kind: K }>

/** A fault that was armed. */
export interface ArmedFault {
  readonly id: number
  readonly fault: Fault
  /** How often it has happened so far. */
  readonly happened: number
  /** Takes it off the stack. */
  remove(): void
}

/** More armed faults than this is a runaway test. */
const ARMED_MAX = 1_000
const COMMAND_DEFAULTS: Readonly<Partial<Record<FaultKind, string>>> = {
  'lost-result': '+CMGS',
  error: '+CMGS',
  'double-answer': '+CMGS',
  'no-prompt': '+CMGS',
  unplug: '+CMGS',
  reboot: '+CMGS',
}
const ALWAYS_KINDS: readonly FaultKind[] = ['chunks', 'storage-full']

interface Armed extends ArmedFault {
  happened: number
  skipLeft: number
  timesLeft: number
}

export class FaultStack {
  private readonly stack: Armed[] = []
  private nextId = 1

  /** Puts a fault on top. Throws RangeError when too many are armed. */
  arm(fault: Fault): ArmedFault {
    if (this.stack.length >= ARMED_MAX) throw new RangeError(`more than ${ARMED_MAX} faults are armed`)
    const times = fault.times ?? (ALWAYS_KINDS.includes(fault.kind) ? 'always' : 1)
    const armed: Armed = {
      id: this.nextId++,
      fault,
      happened: 0,
      skipLeft: fault.skip ?? 0,
      timesLeft: times === 'always' ? Number.POSITIVE_INFINITY : times,
      remove: () => {
        const at = this.stack.indexOf(armed)
        if (at >= 0) this.stack.splice(at, 1)
      },
    }
    this.stack.unshift(armed)
    return armed
  }

  armed(): readonly ArmedFault[] {
    return this.stack
  }

  clear(): void {
    this.stack.length = 0
  }

  /**
   * The newest fault of this kind that fits, or undefined. It has happened once more when it is returned; those that
   * still let matches pass have let one pass.
   */
  take<K extends FaultKind>(
    kind: K,
    command: string,
    fits: (fault: FaultOf<K>) => boolean = () => true,
  ): FaultOf<K> | undefined {
    for (const armed of [...this.stack]) {
      const { fault } = armed
      if (!isKind(fault, kind) || !matches(fault, command) || !fits(fault)) continue
      if (armed.skipLeft > 0) {
        armed.skipLeft--
        continue
      }
      armed.happened++
      armed.timesLeft--
      if (armed.timesLeft <= 0) armed.remove()
      return fault
    }
    return undefined
  }
}

function isKind<K extends FaultKind>(fault: Fault, kind: K): fault is FaultOf<K> {
  return fault.kind === kind
}

function matches(fault: Fault, command: string): boolean {
  const wanted = fault.command ?? defaultCommand(fault)
  if (wanted === '*') return true
  return wanted.toUpperCase().replace(/^AT/, '') === command.toUpperCase()
}

function defaultCommand(fault: Fault): string {
  if (fault.kind === 'urc' && fault.where === 'prompt') return '+CMGS'
  return COMMAND_DEFAULTS[fault.kind] ?? '*'
}
