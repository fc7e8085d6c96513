/**
 * What a simulated modem has from one start to the next, and loses then: its settings, its session with the TE, what it
 * says by itself all the time, and whether it carries out message commands yet. Booting takes the time of its profile.
 */
import { COMMANDS } from './commands/all.ts'
import { type Noise, startNoise } from './noise.ts'
import { bootLinesOf, type Pace } from './profile.ts'
import { AtSession, type SessionHost } from './session.ts'
import { type Settings, settingsAtStart } from './settings.ts'

interface UptimeOptions {
  paceMs: (what: keyof Pace) => number
  /** Scale of time; 0 is as fast as it may. */
  factor: number
}

export class Uptime {
  private readonly host: SessionHost
  private readonly options: UptimeOptions
  private current: Settings
  private running: AtSession | undefined
  private noise: Noise | undefined
  private isMessagingReady = false
  private cancelTimer: (() => void) | undefined

  constructor(host: SessionHost, options: UptimeOptions) {
    this.host = host
    this.options = options
    this.current = settingsAtStart(host.profile)
  }

  get settings(): Settings {
    return this.current
  }

  /** Undefined while it is off or boots. */
  get session(): AtSession | undefined {
    return this.running
  }

  get isSmsReady(): boolean {
    return this.isMessagingReady
  }

  /** The TE wrote a command line. */
  heard(line: string): void {
    this.noise?.heard(line)
  }

  /** A line that stands in front of this answer by itself. */
  noiseBeforeAnswer(): string | undefined {
    return this.noise?.beforeAnswer()
  }

  /** Silent: without the lines of its boot. */
  begin(isSilent: boolean): void {
    const { host } = this
    this.current = settingsAtStart(host.profile)
    host.card.reset()
    this.later('bootMs', () => {
      this.running = new AtSession(host, COMMANDS)
      if (!isSilent) for (const line of bootLinesOf(host.profile, host.card.state)) host.notify(line)
      this.noise = startNoise(host.profile.noise, {
        clock: host.clock,
        factor: this.options.factor,
        say: (line) => host.isAttached && host.notify(line),
      })
      host.radioChanged()
      this.later('smsReadyMs', () => {
        this.isMessagingReady = true
        if (!isSilent) for (const line of host.profile.smsReadyLines) host.notify(line)
      })
    })
  }

  end(): void {
    this.cancelTimer?.()
    this.noise?.end()
    this.noise = undefined
    this.isMessagingReady = false
    this.running?.end()
    this.running = undefined
  }

  private later(what: keyof Pace, then: () => void): void {
    const ms = this.options.paceMs(what)
    if (ms === 0) then()
    else this.cancelTimer = this.host.clock.after(ms, then)
  }
}
