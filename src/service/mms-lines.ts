/**
 * The lines of the modems that have picture messages set up. They are made before the modems are, whose sink wants them;
 * and a modem's carrier is known when its SIM has been read, so a line's way is made then, and made anew with another SIM.
 * A SIM whose network several carriers share is asked for more (`sim-provider.ts`), once, when its modem is ready.
 */
import type { CarrierRecord } from '../../modem/mms/carrier.ts'
import { type SimProvider, simProvider } from '../../modem/sim-provider.ts'
import type { Config, ModemMmsConfig } from '../config.ts'
import type { LaneRules } from '../domain/transport.ts'
import type { MmsStatusView } from '../http/modem-port.ts'
import type { Log } from '../log.ts'
import type { MmsCarrier, MmsLine, MmsLines } from '../transports/mms-lines.ts'
import { type CarrierChoice, CarrierChoices } from './mms-carriers.ts'
import type { MmsModem } from './mms-modem.ts'
import type { MmsWay, MmsWays } from './mms-ways.ts'

/** What stands in for a carrier that is not known: nothing goes through a line with a problem. */
const NOBODY: MmsCarrier = {
  id: '',
  bytesMax: undefined,
  recipientsMax: 1,
  subjectCharsMax: 0,
  answersAtLocation: false,
}
const NO_WAY: MmsWay = {
  retrieve: () => Promise.resolve({ kind: 'unreachable', step: 'bearer', bodySent: false, reason: UNKNOWN }),
  submit: () => Promise.resolve({ kind: 'unreachable', step: 'bearer', bodySent: false, reason: UNKNOWN }),
}
const UNKNOWN = 'the carrier is not known'

interface Held {
  modem: MmsModem
  config: ModemMmsConfig
  rules: LaneRules | undefined
  imsi: string | undefined
  /** `wanted`: the SIM is to be asked. */
  provider: SimProvider | 'wanted' | 'asked' | undefined
  choice: CarrierChoice | undefined
  way: MmsWay
}

/** A line with what its test needs. */
export interface TestableLine {
  modem: MmsModem
  record: CarrierRecord | undefined
  way: MmsWay
  problem: string | undefined
}

export class ModemLines implements MmsLines {
  readonly #listeners = new Set<() => void>()
  readonly #choices = new CarrierChoices()
  #ways: MmsWays | undefined
  #held: readonly Held[] = []
  #log: Log | undefined

  /** `modems` in the order of the configuration. */
  open(modems: readonly MmsModem[], configs: Config['modems'], ways: MmsWays, log: Log): void {
    this.#ways = ways
    this.#log = log
    this.#held = modems.flatMap((modem, index) => {
      const { mms: config, rules } = configs[index] ?? {}
      const unknown = { imsi: undefined, provider: undefined, choice: undefined }
      return config === undefined ? [] : [{ modem, config, rules, ...unknown, way: NO_WAY }]
    })
    for (const { modem } of this.#held) modem.onStatus(() => this.#changed())
  }

  all(): readonly MmsLine[] {
    return this.#held.map((held) => {
      const choice = this.#settled(held)
      const { number, registration } = held.modem.status()
      return {
        lane: held.modem.id,
        exchange: held.way,
        carrier: choice.kind === 'open' ? NOBODY : carrierOf(choice.record, held.config),
        problem: problemOf(held, choice)?.words,
        trouble: held.way.trouble?.()?.words,
        sendsOnly: held.way.sendsOnly,
        ownNumber: number,
        roaming: registration === 'roaming',
        rules: held.rules,
      }
    })
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** By the modem's id; undefined where nothing is set up for it. */
  testable(lane: string): TestableLine | undefined {
    const held = this.#held.find(({ modem }) => modem.id === lane)
    if (held === undefined) return undefined
    const choice = this.#settled(held)
    const record = choice.kind === 'open' ? undefined : choice.record
    return { modem: held.modem, record, way: held.way, problem: problemOf(held, choice)?.words }
  }

  /** What `GET /modems` says of a modem's picture messages; undefined where it has none set up. */
  status(lane: string): MmsStatusView | undefined {
    const held = this.#held.find(({ modem }) => modem.id === lane)
    if (held === undefined) return undefined
    const choice = this.#settled(held)
    const why = problemOf(held, choice) ?? held.way.trouble?.()
    return {
      available: why === undefined,
      code: why?.code,
      reason: why?.words,
      bytesMax: choice.kind === 'open' ? undefined : carrierOf(choice.record, held.config).bytesMax,
      carrier: choice.kind === 'open' ? undefined : choice.record.id,
      bearer: held.config.bearer.kind,
      sendsOnly: held.config.bearer.kind === 'embedded',
      candidates: choice.kind === 'open' ? choice.candidates : [],
    }
  }

  /** For the doctor: what can be seen to stand in the way of a modem's bearer, before anything is tried. */
  async obstacle(lane: string): Promise<string | undefined> {
    const held = this.#held.find(({ modem }) => modem.id === lane)
    return held?.modem.status().state === 'ready' ? held.way.obstacle?.() : undefined
  }

  /** Closes all bearers. */
  async stop(): Promise<void> {
    for (const { way } of this.#held) await way.stop?.()
  }

  #changed(): void {
    for (const listener of this.#listeners) listener()
  }

  /** Whose it is by now. A SIM that is away for a moment is still the one of before. */
  #settled(held: Held): CarrierChoice {
    const { imsi = held.imsi, state } = held.modem.status()
    if (held.choice === undefined || imsi !== held.imsi) {
      held.imsi = imsi
      held.provider = imsi !== undefined && this.#choices.isShared(held.config, imsi) ? 'wanted' : undefined
      this.#settle(held)
    }
    if (held.provider === 'wanted' && state === 'ready') void this.#ask(held)
    return held.choice ?? ASKING
  }

  /** Asks the SIM who sold it; where the port went away meanwhile, again when it is back. */
  async #ask(held: Held): Promise<void> {
    const { imsi } = held
    held.provider = 'asked'
    const told = await simProvider((command) => held.modem.run(command))
    if (held.imsi !== imsi) return
    held.provider = told ?? 'wanted'
    if (told === undefined) return
    this.#settle(held)
    this.#changed()
  }

  #settle(held: Held): void {
    const { imsi, provider, choice: before } = held
    const isAsking = typeof provider === 'string'
    const choice = isAsking
      ? ASKING
      : this.#choices.of(held.config, imsi === undefined ? undefined : { imsi, ...provider })
    held.choice = choice
    const isSame =
      before?.kind === 'chosen' &&
      choice.kind === 'chosen' &&
      JSON.stringify(before.record) === JSON.stringify(choice.record)
    if (isSame) return
    void held.way.stop?.()
    held.way =
      choice.kind === 'open' ? NO_WAY : (this.#ways?.exchange(held.modem, choice.record, held.config.bearer) ?? NO_WAY)
    const carrier = choice.kind === 'chosen' ? choice.record.id : undefined
    this.#log?.debug({ modem: held.modem.id, carrier }, 'the carrier of picture messages was settled')
  }
}

const ASKING: CarrierChoice = {
  kind: 'open',
  code: 'carrier-asked',
  problem: 'its SIM is being asked who sold it',
  candidates: [],
}

function problemOf({ modem, way }: Held, choice: CarrierChoice): { code: string; words: string } | undefined {
  const { state, reason } = modem.status()
  if (state !== 'ready' && way.hasPort?.() !== true) {
    return { code: 'modem-not-ready', words: reason ?? `the modem is ${state}` }
  }
  return choice.kind === 'open' ? { code: choice.code, words: choice.problem } : undefined
}

function carrierOf(record: CarrierRecord, { manual, bytesMax }: ModemMmsConfig): MmsCarrier {
  const { mmsc, apn, maxMessageSize, recipientLimit, maxSubject, answerAtContentLocation } = record
  return {
    id: `${mmsc} ${apn}`,
    // Settings by hand that do not say it leave it to what is learnt.
    bytesMax: manual === undefined ? maxMessageSize : bytesMax,
    recipientsMax: recipientLimit,
    subjectCharsMax: maxSubject,
    answersAtLocation: answerAtContentLocation,
  }
}
