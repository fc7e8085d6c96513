/**
 * The settings in force: the configuration's, and over them what people have chosen while it runs. Whoever holds this object
 * sees a change at once; it is set only after the choice was committed.
 */
import { QUIET_HOURS } from '../domain/quiet-hours.ts'
import type { LiveValues, SettingsChange } from '../domain/settings.ts'
import type { DatabaseTransaction } from '../store/database.ts'
import type { EventLog } from '../store/events.ts'
import { endBackOff } from '../store/messages.ts'
import { readChosen, writeChosen } from '../store/settings.ts'
import type { RoutingSettings } from './facts.ts'

export class LiveSettings implements Required<RoutingSettings> {
  /** As the configuration has them. */
  readonly configured: RoutingSettings
  #chosen: Readonly<Partial<LiveValues>> = {}

  constructor(configured: RoutingSettings) {
    this.configured = configured
  }

  /** What people chose; all else is the configuration's. */
  get chosen(): Readonly<Partial<LiveValues>> {
    return this.#chosen
  }

  set chosen(chosen: Readonly<Partial<LiveValues>>) {
    this.#chosen = chosen
  }

  get mode() {
    return this.#chosen.mode ?? this.configured.mode
  }

  get fallbackAfterMs() {
    return this.#chosen.fallbackAfterMs ?? this.configured.fallbackAfterMs
  }

  get defaultPolicy() {
    return this.#chosen.defaultPolicy ?? this.configured.defaultPolicy
  }

  get whenRoaming() {
    return this.#chosen.whenRoaming ?? this.configured.whenRoaming
  }

  get quietHours() {
    return this.#chosen.quietHours ?? this.configured.quietHours
  }

  get timeZone() {
    return this.#chosen.timeZone ?? this.configured.timeZone
  }

  get region() {
    return this.configured.region
  }

  get validityMs() {
    return this.configured.validityMs
  }

  get resendWhenUncertain() {
    return this.configured.resendWhenUncertain
  }

  get textsApart() {
    return this.configured.textsApart === true
  }

  get longTextParts() {
    return this.configured.longTextParts
  }
}

/** Writes a choice down, for people to see in the event log; what is chosen from then on, to be set after the commit. */
export async function chooseSettings(
  { events, settings, clock }: { events: EventLog; settings: LiveSettings; clock: () => number },
  tx: DatabaseTransaction,
  change: SettingsChange,
): Promise<Partial<LiveValues>> {
  await writeChosen(tx, change)
  const chosen = await readChosen(tx)
  const { mode, ...fallback } = change
  if (mode !== undefined) {
    await events.append(tx, { type: 'settings.mode', data: { mode: chosen.mode ?? settings.configured.mode } })
  }
  if (Object.values(fallback).some((value) => value !== undefined)) {
    await events.append(tx, { type: 'settings.fallback', data: fallback })
  }
  if (change.quietHours !== undefined || change.timeZone !== undefined) {
    // Their attempts look at the hours anew.
    for (const transport of ['sms', 'mms'] as const) await endBackOff(tx, transport, [QUIET_HOURS], clock())
  }
  return chosen
}
