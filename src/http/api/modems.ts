/** Modems: how they are, what was said to them, and what a person may do to one. */
import { z } from 'zod'
import { mmsTestView, modemView, portView } from '../driver-views.ts'
import type { UssdView } from '../modem-port.ts'
import type { ApiPorts } from '../ports.ts'
import { notFound } from '../problem.ts'
import { ok, type Route, route } from '../route.ts'
import { time } from '../views.ts'

const AT_CHARS_MAX = 500
/** More than any USSD string holds; the modem's driver knows exactly. */
const USSD_CHARS_MAX = 200

function find(ports: ApiPorts, id: string | undefined) {
  const modem = ports.modems.list().find((candidate) => candidate.id === id)
  if (modem === undefined) throw notFound('modem')
  return modem
}

const ussdText = z.strictObject({ text: z.string().min(1).max(USSD_CHARS_MAX) })

function ussdReply({ status, text }: UssdView) {
  return ok({ status: status.replaceAll('-', '_'), text: text ?? null })
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
    path: '/api/v1/modems/:id/signal-history',
    scope: 'modems:read',
    summary:
      'How strong its signal was: every two minutes of the last day, since the gateway started; the last is now.',
    handle: async ({ ports, params }) => {
      const { id } = find(ports, params['id'])
      return ok({ data: ports.modems.signalHistory(id).map(({ atMs, dbm }) => ({ at: time(atMs), dbm: dbm ?? null })) })
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
  route({
    method: 'POST',
    path: '/api/v1/modems/:id/mms-test',
    scope: 'admin',
    summary:
      'Sends one picture message from this modem to itself; 202. It may cost what one costs. GET the same address says how it goes, step by step.',
    handle: async ({ ports, params }) => ({
      status: 202,
      body: mmsTestView(ports.mmsTests.start(find(ports, params['id']).id)),
    }),
  }),
  route({
    method: 'GET',
    path: '/api/v1/modems/:id/mms-test',
    scope: 'admin',
    summary: 'The last such test since the gateway started: the steps that hold, and the one that failed. 404: none.',
    handle: async ({ ports, params }) => {
      const test = ports.mmsTests.of(find(ports, params['id']).id)
      if (test === undefined) throw notFound('test of picture messages')
      return ok(mmsTestView(test))
    },
  }),
  route({
    method: 'POST',
    path: '/api/v1/modems/:id/ussd',
    scope: 'admin',
    summary:
      'Begins a USSD session, as `*100#`, and answers what the network says. `status` `reply_wanted` keeps it open, every other ends it.',
    body: ussdText,
    handle: async ({ ports, params, body }) =>
      ussdReply(await ports.modems.ussd(find(ports, params['id']).id, body.text)),
  }),
  route({
    method: 'POST',
    path: '/api/v1/modems/:id/ussd/reply',
    scope: 'admin',
    summary: 'Replies in the USSD session that wants it.',
    body: ussdText,
    handle: async ({ ports, params, body }) =>
      ussdReply(await ports.modems.replyUssd(find(ports, params['id']).id, body.text)),
  }),
  route({
    method: 'POST',
    path: '/api/v1/modems/:id/ussd/cancel',
    scope: 'admin',
    summary: 'Ends the USSD session, if there is one.',
    handle: async ({ ports, params }) => {
      await ports.modems.cancelUssd(find(ports, params['id']).id)
      return ok({})
    },
  }),
]
