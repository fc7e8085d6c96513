/** What waits to leave: counted, listed one by one with reasons, paused, and let go on. */
import { z } from 'zod'
import { type Pause, type PauseScope, pauseWords } from '../../domain/pause.ts'
import { failedCounts, waitingCounts } from '../../store/mailbox.ts'
import { JOB_STATES, jobState, listJobs } from '../../store/queue-jobs.ts'
import type { MessageRow } from '../../store/tables/mailbox.ts'
import { pageQuery, pageReply } from '../page.ts'
import type { ApiPorts } from '../ports.ts'
import { ok, type Route, route } from '../route.ts'
import { time } from '../views.ts'

const TRANSPORTS = ['sms', 'mms', 'signal'] as const

const scope = z
  .strictObject({
    transport: z.enum(TRANSPORTS).optional().describe('Only what goes over this.'),
    modem: z.string().min(1).max(64).optional().describe('Only what goes through this modem.'),
  })
  .refine(({ transport, modem }) => transport === undefined || modem === undefined, {
    message: 'Give a transport, a modem, or neither.',
    path: ['modem'],
  })

export const queueRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/api/v1/queue',
    scope: 'system:read',
    summary:
      'How many messages wait in which state, and since when the oldest; in `paused` what was told to stay where it is (`transport` and `modem` null: all of it); in `problem` why nothing leaves although it could (Redis is away), else null.',
    query: z.strictObject({
      failed: z.enum(['true', 'false']).optional().describe('`true`: those that failed are counted, too.'),
    }),
    handle: async ({ ports, query }) => {
      const failed = query.failed === 'true' ? await failedCounts(ports.db) : []
      const rows = [...(await waitingCounts(ports.db)), ...failed]
      return ok({
        data: rows.map((row) => ({
          status: row.state,
          transport: row.transport,
          lane: row.lane,
          count: row.count,
          oldest_at: time(row.oldest_ms),
        })),
        paused: ports.router.pauses.all.map(pauseView),
        problem: ports.health.queueProblem() ?? null,
      })
    },
  }),
  route({
    method: 'GET',
    path: '/api/v1/queue/jobs',
    scope: 'messages:read',
    summary:
      'Messages on their way out, the oldest first: `waiting` (for their turn), `active`, `delayed` (until `due_at`, for a person, or for a report); with `state=failed` those that failed, the newest first. Tried again and taken back as messages.',
    query: z.strictObject({
      ...pageQuery,
      state: z.enum(JOB_STATES).optional().describe('Left out: all but `failed`.'),
      transport: z.enum(TRANSPORTS).optional(),
      modem: z.string().max(64).optional().describe('Those that go through this modem, or were to.'),
    }),
    handle: async (call) => {
      const { db, clock } = call.ports
      const { modem, ...query } = call.query
      const now = clock()
      const page = await listJobs(db, now, { ...query, lane: modem })
      return pageReply(call, page, (row) => jobView(call.ports, row, now))
    },
  }),
  ...(['pause', 'resume'] as const).map((action) =>
    route({
      method: 'POST',
      path: `/api/v1/queue/${action}`,
      scope: 'admin',
      summary:
        action === 'pause'
          ? 'Nothing more leaves, of all or of a transport or modem, until it is resumed; over restarts. What is just being handed over ends properly, and messages come in as ever. Nothing goes as a text because Signal is paused.'
          : 'Lets what was paused go on: the same that was named when it was paused.',
      body: scope,
      handle: async ({ ports, body }) => {
        const { pauses } = ports.router
        await pauses[action](scopeOf(body))
        return ok({ paused: pauses.all.map(pauseView) })
      },
    }),
  ),
]

function scopeOf({ transport, modem }: z.output<typeof scope>): PauseScope {
  return { transport: transport ?? null, lane: modem ?? null }
}

function pauseView({ transport, lane, sinceMs }: Pause) {
  return { transport, modem: lane, since: new Date(sinceMs).toISOString() }
}

function jobView({ router }: ApiPorts, row: MessageRow, nowMs: number) {
  const { transport, pinned_lane: pinned, scheduled_at_ms: scheduledMs } = row
  const lane = row.lane ?? pinned
  const state = jobState(row, nowMs)
  const pause =
    transport === null || row.state !== 'queued' ? undefined : router.pauses.over(transport, lane ?? undefined)
  const dueMs = row.state === 'scheduled' ? scheduledMs : row.state === 'queued' ? row.not_before_ms : null
  return {
    message_id: row.id,
    conversation_id: row.conversation_id,
    state,
    status: row.state,
    priority: row.priority,
    transport,
    modem: transport === 'signal' ? null : lane,
    due_at: dueMs !== null && dueMs > nowMs ? time(dueMs) : null,
    valid_until: time(row.valid_until_ms),
    tries: row.tries,
    code: row.code,
    reason: pause === undefined ? row.reason : `waits: ${pauseWords(pause)}`,
    created_at: time(row.created_at_ms),
  }
}
