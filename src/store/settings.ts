/**
 * Settings that people change at run time and that then win over the configuration: a row for each that was chosen. What no
 * version of ours could have written counts as not chosen.
 */
import { CONTACT_POLICIES } from '../domain/contact.ts'
import { isQuietHours, isTimeZone } from '../domain/quiet-hours.ts'
import { MODES } from '../domain/route.ts'
import { FALLBACK_AFTER_MS, type LiveValues, type SettingsChange, WHEN_ROAMING } from '../domain/settings.ts'
import type { Database, DatabaseTransaction } from './database.ts'

const KEYS = {
  mode: 'mode',
  fallbackAfterMs: 'fallback_after_ms',
  defaultPolicy: 'default_policy',
  whenRoaming: 'when_roaming',
  quietHours: 'quiet_hours',
  timeZone: 'time_zone',
} as const satisfies Record<keyof LiveValues, string>

/** What people chose. */
export async function readChosen(db: Database): Promise<Partial<LiveValues>> {
  const rows = await db.selectFrom('settings').selectAll().where('key', 'in', Object.values(KEYS)).execute()
  const values = new Map<string, unknown>(rows.map(({ key, value_json: json }) => [key, JSON.parse(json)]))
  const oneOf = <Value>(key: string, all: readonly Value[]) => all.find((value) => value === values.get(key))
  const mode = oneOf(KEYS.mode, MODES)
  const defaultPolicy = oneOf(KEYS.defaultPolicy, CONTACT_POLICIES)
  const whenRoaming = oneOf(KEYS.whenRoaming, WHEN_ROAMING)
  const after = values.get(KEYS.fallbackAfterMs)
  const isSpan = typeof after === 'number' && after >= FALLBACK_AFTER_MS.min && after <= FALLBACK_AFTER_MS.max
  const [hours, zone] = [values.get(KEYS.quietHours), values.get(KEYS.timeZone)]
  return {
    ...(typeof hours === 'string' && isQuietHours(hours) ? { quietHours: hours } : {}),
    ...(typeof zone === 'string' && isTimeZone(zone) ? { timeZone: zone } : {}),
    ...(mode === undefined ? {} : { mode }),
    ...(defaultPolicy === undefined ? {} : { defaultPolicy }),
    ...(whenRoaming === undefined ? {} : { whenRoaming }),
    ...(isSpan ? { fallbackAfterMs: after } : {}),
  }
}

/** What is left out stays as it was; null is chosen no more. */
export async function writeChosen(tx: DatabaseTransaction, change: SettingsChange): Promise<void> {
  for (const [name, key] of Object.entries(KEYS) as [keyof LiveValues, string][]) {
    const value = change[name]
    if (value === undefined) continue
    if (value === null) await tx.deleteFrom('settings').where('key', '=', key).execute()
    else
      await tx
        .replaceInto('settings')
        .values({ key, value_json: JSON.stringify(value) })
        .execute()
  }
}
