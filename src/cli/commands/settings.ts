/** Settings that are changed while the gateway runs: which hold, and whether the configuration or a person said so. */
import { call, findGateway, type GatewayOptions } from '../gateway.ts'
import type { SettingsJson } from '../json.ts'
import { json, table } from '../print.ts'

interface Options extends GatewayOptions {
  json?: boolean
  mode?: string
  fallbackAfter?: string
  fallbackPolicy?: string
  whenRoaming?: string
  quietHours?: string
  timeZone?: string
}

export async function settings(options: Options): Promise<void> {
  const gateway = await findGateway(options)
  const fallback = {
    after: orConfigured(options.fallbackAfter),
    default: orConfigured(options.fallbackPolicy),
    when_roaming: orConfigured(options.whenRoaming),
    quiet_hours: orConfigured(options.quietHours),
    time_zone: orConfigured(options.timeZone),
  }
  const change = {
    mode: orConfigured(options.mode),
    fallback: Object.values(fallback).every((value) => value === undefined) ? undefined : fallback,
  }
  const isChange = change.mode !== undefined || change.fallback !== undefined
  const now = await call<SettingsJson>(
    gateway,
    isChange ? 'PATCH' : 'GET',
    '/api/v1/settings',
    isChange ? change : undefined,
  )
  if (options.json === true) {
    json(now)
    return
  }
  const { configured } = now
  table(
    (
      [
        ['mode', now.mode, configured.mode],
        ['fallback.after', now.fallback.after, configured.fallback.after],
        ['fallback.default', now.fallback.default, configured.fallback.default],
        ['fallback.when_roaming', now.fallback.when_roaming, configured.fallback.when_roaming],
        ['fallback.quiet_hours', now.fallback.quiet_hours, configured.fallback.quiet_hours],
        ['fallback.time_zone', now.fallback.time_zone, configured.fallback.time_zone],
      ] as const
    ).map(([name, value, file]) => [
      name,
      value,
      now.chosen.includes(name) ? `changed while it ran; the configuration says ${file}` : 'as the configuration says',
    ]),
  )
}

/** `default` goes back to the configuration. */
function orConfigured(given: string | undefined): string | null | undefined {
  return given === 'default' ? null : given
}
