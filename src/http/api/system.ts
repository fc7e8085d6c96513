/** How the gateway is: mode, health, what the doctor found, what could not be understood. */
import { z } from 'zod'
import { CONTACT_POLICIES } from '../../domain/contact.ts'
import type { Finding, FindingAction } from '../../domain/finding.ts'
import { isQuietHours, isTimeZone } from '../../domain/quiet-hours.ts'
import { MODES } from '../../domain/route.ts'
import { FALLBACK_AFTER_MS, WHEN_ROAMING } from '../../domain/settings.ts'
import { listDataMessages } from '../../store/data-messages.ts'
import { listQuarantine } from '../../store/quarantine.ts'
import { dataMessageView } from '../message-views.ts'
import { pageQuery, pageReply } from '../page.ts'
import { ok, type Route, route } from '../route.ts'
import { settingsView } from '../settings-view.ts'
import { span } from '../span.ts'
import { time } from '../views.ts'

export const systemRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/api/v1/settings',
    scope: 'system:read',
    summary:
      'Settings that can be changed while it runs: those in force, in `configured` what the configuration says, and in `chosen` the names of those that people changed.',
    handle: async ({ ports }) => ok(settingsView(ports.router.settings, ports.longTextParts)),
  }),
  route({
    method: 'PATCH',
    path: '/api/v1/settings',
    scope: 'admin',
    summary:
      'Changes settings, which stay over restarts; null goes back to the configuration. What has not left yet follows at once.',
    body: z.strictObject({
      mode: z.enum(MODES).nullable().optional(),
      fallback: z
        .strictObject({
          after: span(FALLBACK_AFTER_MS)
            .nullable()
            .optional()
            .describe('Time without a delivery receipt over Signal before a text follows, as PT15M.'),
          default: z
            .enum(CONTACT_POLICIES)
            .nullable()
            .optional()
            .describe('Policy of contacts that have none of their own.'),
          when_roaming: z
            .enum(WHEN_ROAMING)
            .nullable()
            .optional()
            .describe('Texts while only roaming modems could carry them.'),
          quiet_hours: z
            .string()
            .max(16)
            .refine(isQuietHours, { message: 'Write two times of day that differ, as 22:00-07:00, or off.' })
            .nullable()
            .optional()
            .describe('In these no text follows by itself: it leaves when they end. As 22:00-07:00, or `off`.'),
          time_zone: z
            .string()
            .max(64)
            .refine(isTimeZone, { message: 'Write a time zone by its name, as Europe/Berlin.' })
            .nullable()
            .optional()
            .describe('Of the quiet hours, as Europe/Berlin.'),
        })
        .optional(),
    }),
    handle: async ({ ports, body }) => {
      const { after, default: defaultPolicy, when_roaming: whenRoaming } = body.fallback ?? {}
      const { quiet_hours: quietHours, time_zone: timeZone } = body.fallback ?? {}
      const fallback = { fallbackAfterMs: after, defaultPolicy, whenRoaming, quietHours, timeZone }
      await ports.router.changeSettings({ mode: body.mode, ...fallback })
      return ok(settingsView(ports.router.settings, ports.longTextParts))
    },
  }),
  route({
    method: 'GET',
    path: '/api/v1/system/health',
    scope: 'system:read',
    summary: 'Each component: pass, warn or fail.',
    handle: async ({ ports }) => {
      const components = await ports.health.components()
      const worst = ['fail', 'warn'].find((status) => components.some((component) => component.status === status))
      return ok({
        status: worst ?? 'pass',
        ready: ports.health.ready(),
        version: ports.version,
        components: components.map(({ component, status, detail }) => ({ component, status, detail: detail ?? null })),
      })
    },
  }),
  route({
    method: 'GET',
    path: '/api/v1/system/version',
    scope: 'system:read',
    summary:
      'Which version runs, under which licence, and where its source can be had (null: the operator has not said).',
    handle: async ({ ports: { version, licence, sourceUrl } }) =>
      ok({ version, licence, source_url: sourceUrl ?? null }),
  }),
  route({
    method: 'GET',
    path: '/api/v1/system/doctor',
    scope: 'system:read',
    summary:
      'What is wrong, and what to do about it, in English and as a `code` with `values`. `action`: what mends it, as a request (`method`, `path`, `body`) or, without a `method`, a place in the inbox behind its `#`.',
    handle: async ({ ports }) => {
      const findings = await ports.health.doctor()
      return ok({ data: findings.map(findingView) })
    },
  }),
  route({
    method: 'GET',
    path: '/api/v1/data-messages',
    scope: 'messages:read',
    summary: 'Messages for programs, whole: addressed to a port, binary, or for the SIM. Newest first.',
    query: z.strictObject({
      ...pageQuery,
      port: z.coerce.number().int().min(0).max(65_535).optional().describe('Only those for this destination port.'),
    }),
    handle: async (call) => pageReply(call, await listDataMessages(call.ports.db, call.query), dataMessageView),
  }),
  route({
    method: 'GET',
    path: '/api/v1/quarantine',
    scope: 'messages:read',
    summary: 'What came in and could not be understood, with its octets.',
    query: z.strictObject(pageQuery),
    handle: async (call) =>
      pageReply(call, await listQuarantine(call.ports.db, call.query), (row) => ({
        transport: row.transport,
        lane: row.lane,
        raw: row.raw,
        code: row.code,
        detail: row.detail,
        received_at: time(row.received_at_ms),
      })),
  }),
]

function findingView({ id, code, severity, what, fix, values, action }: Finding) {
  return {
    id,
    code,
    severity,
    what,
    fix: fix ?? null,
    values,
    action: action === undefined ? null : actionView(action),
  }
}

function actionView(action: FindingAction) {
  const { name, path } = action
  if (action.kind === 'place') return { name, method: null, path, body: null }
  return { name, method: action.method, path, body: action.body ?? null }
}
