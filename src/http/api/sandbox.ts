/**
 * The simulated world, for the panel of the inbox: looked at, and told to do a few harmless things. Only in the sandbox's
 * profile, for administrators; elsewhere there is no such address. The list below is all that is passed on: actions of
 * the world that read files or take raw octets are not among it (`causeway sim` has them, for who has the socket).
 */
import { z } from 'zod'
import type { ApiPorts, WorldPort } from '../ports.ts'
import { fieldProblems, invalid, notFound, Problem } from '../problem.ts'
import { ok, type Route, route } from '../route.ts'
import { time } from '../views.ts'

const TEXT_CHARS_MAX = 2_000
const MESSAGES_MAX = 200

const person = z.string().min(1).max(40).describe('`key` of somebody.')
const modem = z.enum(['a', 'b'])
const text = z.string().min(1).max(TEXT_CHARS_MAX)

const action = z.discriminatedUnion('action', [
  z.strictObject({ action: z.literal('text'), from: person, text, to: modem.default('a') }),
  z.strictObject({ action: z.literal('signal'), from: person, text, to: modem.default('a') }),
  z.strictObject({ action: z.enum(['offline', 'online']), person, on: z.enum(['signal', 'sms', 'both']) }),
  z.strictObject({ action: z.enum(['leave', 'return', 'change-key', 'read']), person }),
  z.strictObject({ action: z.literal('network'), modem, coverage: z.enum(['home', 'roaming', 'searching', 'none']) }),
  z.strictObject({ action: z.enum(['unplug', 'plug', 'reboot', 'fill-sim', 'empty-sim', 'clear-faults']), modem }),
  z.strictObject({ action: z.literal('card'), modem, inserted: z.boolean() }),
  z.strictObject({ action: z.literal('cms-error'), modem, code: z.int().min(0).max(999) }),
  z.strictObject({ action: z.literal('lose-result'), modem }),
  z.strictObject({ action: z.literal('server'), state: z.enum(['running', 'stopped']) }),
  z.strictObject({ action: z.enum(['challenge', 'rate-limit', 'heal']) }),
])

/** What an action may name at all; which of it each wants, `action` says. Apart, so that a stray field is told from both. */
const named = z.strictObject({
  action: z.enum(action.options.flatMap(({ shape }) => [...namesOf(shape.action)])),
  from: person.optional(),
  to: modem.optional(),
  text: text.optional(),
  person: person.optional(),
  on: z.enum(['signal', 'sms', 'both']).optional(),
  modem: modem.optional(),
  coverage: z.enum(['home', 'roaming', 'searching', 'none']).optional(),
  inserted: z.boolean().optional(),
  code: z.int().min(0).max(999).optional(),
  state: z.enum(['running', 'stopped']).optional(),
})

function namesOf(schema: z.ZodLiteral<string> | z.ZodEnum): readonly string[] {
  return schema instanceof z.ZodEnum ? Object.values(schema.enum).map(String) : [...schema.values]
}

interface ShownPerson {
  key: string
  name: string
  number: string
  summary: string
  phone: string
  signal: string
}

interface ShownModem {
  key: string
  label: string
  number: string
  plugged: boolean
  coverage: string
  faults: readonly unknown[]
}

interface Inbox {
  texts: readonly { from: string; text: string; atMs: number }[]
  devices: readonly { texts: readonly { text: string; timestampMs: number; groupId?: string }[] }[]
}

function worldOf({ world }: ApiPorts): WorldPort {
  if (world === undefined) throw notFound('address outside of the sandbox')
  return world
}

/** Throws Problem with the world's own words for what it refuses. */
async function perform(ports: ApiPorts, name: string, given: Readonly<Record<string, unknown>> = {}): Promise<unknown> {
  const { status, result, message } = await worldOf(ports).perform(name, given)
  if (status < 300) return result
  throw new Problem({
    status: status < 500 ? status : 503,
    code: 'sandbox-refused',
    title: 'The simulated world refused it',
    ...(message === undefined ? {} : { detail: message }),
  })
}

export const sandboxRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/api/v1/simulator',
    scope: 'admin',
    summary: 'Of the sandbox alone: its people and modems, and how they are. 404 elsewhere.',
    handle: async ({ ports }) => {
      const people = (await perform(ports, 'people')) as readonly ShownPerson[]
      const modems = (await perform(ports, 'modems')) as readonly ShownModem[]
      return ok({
        people: people.map(({ key, name, number, summary, phone, signal }) => ({
          key,
          name,
          number,
          summary,
          phone,
          signal,
        })),
        modems: modems.map(({ key, label, number, plugged, coverage, faults }) => ({
          key,
          label,
          number,
          plugged,
          coverage,
          faults: faults.length,
        })),
      })
    },
  }),
  route({
    method: 'GET',
    path: '/api/v1/simulator/people/:key/messages',
    scope: 'admin',
    summary: 'Of the sandbox alone: what somebody’s phone has received, oldest first.',
    handle: async ({ ports, params }) => {
      const { texts, devices } = (await perform(ports, 'inbox', { person: params['key'] ?? '' })) as Inbox
      const overSignal = devices[0]?.texts ?? []
      const all = [
        ...texts.map((one) => ({ over: 'sms', text: one.text, atMs: one.atMs })),
        ...overSignal.map((one) => ({ over: 'signal', text: one.text, atMs: one.timestampMs })),
      ]
      return ok({
        data: all
          .sort((left, right) => left.atMs - right.atMs)
          .slice(-MESSAGES_MAX)
          .map(({ over, text, atMs }) => ({ over, text, at: time(atMs) })),
      })
    },
  }),
  route({
    method: 'POST',
    path: '/api/v1/simulator/actions',
    scope: 'admin',
    summary: 'Of the sandbox alone: somebody writes, a phone goes off, a modem loses the network, and such.',
    body: named,
    handle: async ({ ports, body }) => {
      const wanted = action.safeParse(body)
      if (!wanted.success) throw invalid(fieldProblems(wanted.error, 'body'))
      const { action: name, ...given } = wanted.data
      await perform(ports, name, given)
      return ok({})
    },
  }),
]
