/** Modems: how they are, what was said to them, and what a person may do to one. */
import { z } from 'zod'
import type { ApiPorts } from '../ports.ts'
import { notFound } from '../problem.ts'
import { ok, type Route, route } from '../route.ts'
import { modemView, portView } from '../views.ts'

const AT_CHARS_MAX = 500

function find(ports: ApiPorts, id: string | undefined) {
  const modem = ports.modems.list().find((candidate) => candidate.id === id)
  if (modem === undefined) throw notFound('modem')
  return modem
}

export const modemRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/api/v1/modems',
    scope: 'modems:read',
    summary: 'All modems that are configured.',
    handle: async ({ ports }) => ok({ data: ports.modems.list().map(modemView) }),
  }),
  route({
    method: 'GET',
    path: '/api/v1/modems/:id',
    scope: 'modems:read',
    summary: 'One modem.',
    handle: async ({ ports, params }) => ok(modemView(find(ports, params['id']))),
  }),
  route({
    method: 'POST',
    path: '/api/v1/modems/probe',
    scope: 'admin',
    summary: 'Asks each free USB serial port for a modem, and says what is there or why a port was not used.',
    handle: async ({ ports }) => ok({ data: (await ports.modems.probe()).map(portView) }),
  }),
  route({
    method: 'POST',
    path: '/api/v1/modems/:id/reset',
    scope: 'admin',
    summary: 'Restarts the module.',
    handle: async ({ ports, params }) => {
      const { id } = find(ports, params['id'])
      await ports.modems.reset(id)
      return ok(modemView(find(ports, id)))
    },
  }),
  route({
    method: 'GET',
    path: '/api/v1/modems/:id/trace',
    scope: 'admin',
    summary: 'The last of what went through the port, both ways. Numbers and texts are masked unless `unmasked=true`.',
    query: z.strictObject({ unmasked: z.enum(['true', 'false']).prefault('false') }),
    handle: async ({ ports, params, query }) => {
      const { id } = find(ports, params['id'])
      return ok({ transcript: ports.modems.transcript(id, query.unmasked === 'false') })
    },
  }),
  route({
    method: 'POST',
    path: '/api/v1/modems/:id/at',
    scope: 'admin',
    summary: 'Runs one AT command and answers its information lines.',
    body: z.strictObject({
      command: z
        .string()
        .max(AT_CHARS_MAX)
        .regex(/^AT[^\r\n\u001a\u001b]*$/i, { message: 'One line that begins with AT.' }),
    }),
    handle: async ({ ports, params, body }) => {
      const { id } = find(ports, params['id'])
      return ok({ lines: await ports.modems.command(id, body.command) })
    },
  }),
]
