/** The first hour: which steps are done, skipped or open, kept over restarts; and the log for people. */
import { z } from 'zod'
import { hasSubscriptions } from '../../store/push.ts'
import { markStep, readStepMarks } from '../../store/setup.ts'
import { hasAdmin } from '../../store/users.ts'
import type { ApiPorts } from '../ports.ts'
import { notFound } from '../problem.ts'
import { ok, type Route, route } from '../route.ts'
import { SETUP_STEPS } from '../setup-steps.ts'
import { time } from '../views.ts'

type Step = (typeof SETUP_STEPS)[number]

const LINES_MAX = 500

/** What shows by itself that a step is done, whoever did it and where. */
async function isEvident(ports: ApiPorts, step: Step): Promise<boolean> {
  switch (step) {
    case 'password':
      return hasAdmin(ports.db)
    case 'modem':
      return ports.modems.list().some(({ state }) => state === 'ready')
    case 'signal':
      return ports.signal.status().aci !== undefined
    case 'notifications':
      return hasSubscriptions(ports.db)
    // The mode has a default, and only a person knows whether the key was written down.
    case 'mode':
    case 'backup-key':
      return false
  }
}

async function setupView(ports: ApiPorts) {
  const marks = await readStepMarks(ports.db)
  const steps = await Promise.all(
    SETUP_STEPS.map(async (step) => ({
      step,
      state: (await isEvident(ports, step)) ? 'done' : (marks[step] ?? 'open'),
    })),
  )
  return { steps, next: steps.find(({ state }) => state === 'open')?.step ?? null, key_file: ports.keyFile }
}

export const setupRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/api/v1/setup',
    scope: 'admin',
    summary:
      'The steps of the first hour, each `open`, `done` or `skipped`, and the next open one. What is evident (an admin, a modem that is ready, a Signal account, a browser that is woken) is done, whatever was said of it. `key_file`: where the key of the database is, on the machine of the gateway.',
    handle: async ({ ports }) => ok(await setupView(ports)),
  }),
  route({
    method: 'POST',
    path: '/api/v1/setup/steps/:step',
    scope: 'admin',
    summary: `Marks a step as done or skipped. Steps: ${SETUP_STEPS.map((step) => `\`${step}\``).join(', ')}.`,
    body: z.strictObject({ action: z.enum(['skip', 'done']) }),
    handle: async ({ ports, params, body }) => {
      const step = SETUP_STEPS.find((name) => name === params['step'])
      if (step === undefined) throw notFound('step')
      await markStep(ports.db, step, body.action === 'skip' ? 'skipped' : 'done')
      return ok(await setupView(ports))
    },
  }),
  route({
    method: 'GET',
    path: '/api/v1/system/logs',
    scope: 'admin',
    summary:
      'The last lines of the log, oldest first, without numbers, addresses and texts. What is only of use to developers (`debug`) is not among them. `after`: only lines behind this one.',
    query: z.strictObject({
      after: z.coerce.number().int().min(0).default(0),
      level: z.enum(['info', 'warn', 'error']).default('info').describe('And what is graver.'),
      limit: z.coerce.number().int().min(1).max(LINES_MAX).default(200).describe('The newest so many.'),
    }),
    handle: async ({ ports, query }) => {
      const lines = ports.logLines.since(query.after, query.level).slice(-query.limit)
      return ok({
        data: lines.map(({ n, atMs, level, message, fields }) => ({ n, at: time(atMs), level, message, fields })),
        last: lines.at(-1)?.n ?? query.after,
      })
    },
  }),
]
