/** The settings that people may change, as the API shows them. Pure. */
import { formatDuration } from '../domain/duration.ts'
import type { LiveValues } from '../domain/settings.ts'

/** Those in force, what the configuration says, and which of them people changed. */
export function settingsView(settings: SettingsInForce, longTextParts: number | undefined) {
  return {
    ...liveView(settings),
    long_text_parts: longTextParts ?? null,
    configured: liveView(settings.configured),
    chosen: Object.keys(settings.chosen).map((name) => SETTING_NAMES[name as keyof LiveValues]),
  }
}

interface SettingsInForce extends Readonly<LiveValues> {
  chosen: Partial<LiveValues>
  configured: LiveValues
}

/** As they are written in the configuration. */
export const SETTING_NAMES = {
  mode: 'mode',
  fallbackAfterMs: 'fallback.after',
  defaultPolicy: 'fallback.default',
  whenRoaming: 'fallback.when_roaming',
  quietHours: 'fallback.quiet_hours',
  timeZone: 'fallback.time_zone',
} as const satisfies Record<keyof LiveValues, string>

function liveView({ mode, fallbackAfterMs, defaultPolicy, whenRoaming, quietHours, timeZone }: LiveValues) {
  const fallback = {
    after: formatDuration(fallbackAfterMs),
    default: defaultPolicy,
    when_roaming: whenRoaming,
    quiet_hours: quietHours,
    time_zone: timeZone,
  }
  return { mode, fallback }
}
