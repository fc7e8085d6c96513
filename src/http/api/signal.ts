/** The Signal account: how it is, and the steps of registering it or linking it to a phone. */
import { z } from 'zod'
import type { ApiPorts } from '../ports.ts'
import { ok, type Route, route } from '../route.ts'
import { signalView } from '../views.ts'

const captcha = z.string().min(1).max(10_000)

function account(ports: ApiPorts) {
  return signalView(ports.signal.status())
}

export const signalRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/api/v1/signal/account',
    scope: 'signal:read',
    summary: 'The account, its connection, and where a registration or a linking stands.',
    handle: async ({ ports }) => ok(account(ports)),
  }),
  route({
    method: 'POST',
    path: '/api/v1/signal/register',
    scope: 'admin',
    summary:
      'Begins to register a number. It logs out whatever phone uses Signal with it. 202; then see `registration` of the account.',
    body: z.strictObject({
      number: z.string().regex(/^\+[1-9]\d{5,14}$/, { message: 'In international form, as +447700900123.' }),
      captcha: captcha.optional(),
      transport: z.enum(['sms', 'voice']).default('sms'),
    }),
    handle: async ({ ports, body }) => {
      await ports.signal.register({ e164: body.number, captcha: body.captcha, transport: body.transport })
      return { status: 202, body: account(ports) }
    },
  }),
  route({
    method: 'POST',
    path: '/api/v1/signal/link',
    scope: 'admin',
    summary:
      'Begins to become a linked device of an account that is on a phone. 202; `link.uri` of the account, as a QR code, is what the phone scans. It expires and is renewed by itself for a quarter of an hour.',
    body: z.strictObject({
      device_name: z
        .string()
        .trim()
        .min(1)
        .max(50)
        .default('Causeway')
        .describe('What the phone shows in its list of linked devices.'),
    }),
    handle: async ({ ports, body }) => {
      await ports.signal.link({ deviceName: body.device_name })
      return { status: 202, body: account(ports) }
    },
  }),
  route({
    method: 'POST',
    path: '/api/v1/signal/captcha',
    scope: 'admin',
    summary: 'Hands over a solved captcha, for a registration or for a challenge while sending.',
    body: z.strictObject({ token: captcha }),
    handle: async ({ ports, body }) => {
      await ports.signal.submitCaptcha(body.token)
      return { status: 202, body: account(ports) }
    },
  }),
  route({
    method: 'POST',
    path: '/api/v1/signal/code',
    scope: 'admin',
    summary: 'Hands over a verification code that did not come to one of our modems.',
    body: z.strictObject({ code: z.string().regex(/^\d{3}-?\d{3}$/, { message: 'Six digits.' }) }),
    handle: async ({ ports, body }) => {
      await ports.signal.submitCode(body.code.replace('-', ''))
      return { status: 202, body: account(ports) }
    },
  }),
]
