/** How the gateway is: mode, health, what the doctor found, what waits, what could not be understood. */
import { z } from 'zod'
import { MODES } from '../../domain/route.ts'
import { listDataMessages } from '../../store/data-messages.ts'
import { waitingCounts } from '../../store/mailbox.ts'
import { listQuarantine } from '../../store/quarantine.ts'
import { pageQuery, pageReply } from '../page.ts'
import type { ApiPorts } from '../ports.ts'
import { ok, type Route, route } from '../route.ts'
import { dataMessageView, time } from '../views.ts'

function settingsView({ router, longTextParts }: ApiPorts) {
  return { mode: router.mode(), long_text_parts: longTextParts ?? null }
}

export const systemRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/api/v1/settings',
    scope: 'system:read',
    summary: 'Settings that can be changed while it runs.',
    handle: async ({ ports }) => ok(settingsView(ports)),
  }),
  route({
    method: 'PATCH',
    path: '/api/v1/settings',
    scope: 'admin',
    summary: 'Changes the mode. It stays over restarts.',
    body: z.strictObject({ mode: z.enum(MODES) }),
    handle: async ({ ports, body }) => {
      await ports.router.setMode(body.mode)
      return ok(settingsView(ports))
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
    path: '/api/v1/system/doctor',
    scope: 'system:read',
    summary: 'What is wrong, and what to do about it.',
    handle: async ({ ports }) => {
      const findings = await ports.health.doctor()
      return ok({ data: findings.map(({ id, severity, what, fix }) => ({ id, severity, what, fix: fix ?? null })) })
    },
  }),
  route({
    method: 'GET',
    path: '/api/v1/queue',
    scope: 'system:read',
    summary: 'How many messages wait in which state, and since when the oldest.',
    handle: async ({ ports }) => {
      const rows = await waitingCounts(ports.db)
      return ok({
        data: rows.map((row) => ({
          status: row.state,
          transport: row.transport,
          lane: row.lane,
          count: row.count,
          oldest_at: time(row.oldest_ms),
        })),
      })
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
