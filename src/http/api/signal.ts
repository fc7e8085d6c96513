/** The Signal account: how it is, and the steps of registering it or linking it to a phone. */
import { z } from 'zod'
import { qrSvg } from '../../domain/qr.ts'
import { signalDeviceView, signalView } from '../driver-views.ts'
import type { ApiPorts } from '../ports.ts'
import { notFound, Problem } from '../problem.ts'
import { ok, type Route, route, STREAMING } from '../route.ts'

const captcha = z.string().min(1).max(10_000)

function account(ports: ApiPorts) {
  return signalView(ports.signal.status())
}

/** The code to scan. Throws Problem 409 while none is shown. */
function offered(ports: ApiPorts): { uri: string; expires_at: string | null } {
  const { link } = account(ports)
  if (link?.step === 'scan') return { uri: link.uri, expires_at: link.expires_at }
  throw new Problem({
    status: 409,
    code: 'signal-link-none',
    title: 'There is nothing to scan',
    detail: 'Begin with POST /api/v1/signal/link. A code is shown until a phone has scanned it.',
  })
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
      'Begins to register a number. Signal signs out whatever phone uses it with this number, and all its linked devices: `sign_out_phone: true` says that this is known. 202; then see `registration` of the account.',
    body: z.strictObject({
      number: z.string().regex(/^\+[1-9]\d{5,14}$/, { message: 'In international form, as +447700900123.' }),
      sign_out_phone: z.literal(true, {
        message: 'Signal signs out the phone that uses this number, and its linked devices. Say true if that is meant.',
      }),
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
    method: 'GET',
    path: '/api/v1/signal/link',
    scope: 'admin',
    summary: 'What the phone is to scan at present: `uri`, until `expires_at`. 409 (`signal-link-none`) without one.',
    handle: async ({ ports }) => ok(offered(ports)),
  }),
  route({
    method: 'GET',
    path: '/api/v1/signal/link.svg',
    scope: 'admin',
    summary: 'The same as a picture of the QR code (`image/svg+xml`).',
    handle: async ({ ports, raw: { response } }) => {
      const { uri } = offered(ports)
      response.writeHead(200, { 'content-type': 'image/svg+xml' })
      response.end(qrSvg(uri))
      return STREAMING
    },
  }),
  route({
    method: 'DELETE',
    path: '/api/v1/signal/link',
    scope: 'admin',
    summary:
      'A linked device removes itself from the account: the phone keeps it, with all that was said there; here its keys and sessions are forgotten, conversations stay, and what waits for Signal goes as a text, after the fallback’s wait, or fails. `state` is `none` when that is done; else `reason` says what it waits for, and it goes on by itself, over restarts. 409 (`signal-not-linked`) where the number was registered here.',
    handle: async ({ ports }) => {
      await ports.signal.unlink()
      return ok(account(ports))
    },
  }),
  route({
    method: 'GET',
    path: '/api/v1/signal/devices',
    scope: 'signal:read',
    summary: 'The devices of the account, with their names.',
    handle: async ({ ports }) => ok({ data: (await ports.signal.devices()).map(signalDeviceView) }),
  }),
  route({
    method: 'DELETE',
    path: '/api/v1/signal/devices/:id',
    scope: 'admin',
    summary:
      'Signs a linked device out. 204; 409 (`signal-not-primary`) where this is itself a linked device (which removes only itself: `DELETE /api/v1/signal/link`).',
    handle: async ({ ports, params }) => {
      const id = Number(params['id'])
      if (!Number.isInteger(id)) throw notFound('device')
      await ports.signal.removeDevice(id)
      return { status: 204 }
    },
  }),
  route({
    method: 'PUT',
    path: '/api/v1/signal/devices/:id/name',
    scope: 'admin',
    summary:
      'Calls a device by another name, which the account’s devices alone can read; any of them, or on a linked device this one. 409 (`signal-not-primary`).',
    body: z.strictObject({ name: z.string().trim().min(1).max(50) }),
    handle: async ({ ports, params, body }) => {
      const id = Number(params['id'])
      if (!Number.isInteger(id)) throw notFound('device')
      await ports.signal.renameDevice(id, body.name)
      return ok({ data: (await ports.signal.devices()).map(signalDeviceView) })
    },
  }),
  route({
    method: 'POST',
    path: '/api/v1/signal/challenge',
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
    path: '/api/v1/signal/verify',
    scope: 'admin',
    summary: 'Hands over a verification code that did not come to one of our modems.',
    body: z.strictObject({ code: z.string().regex(/^\d{3}-?\d{3}$/, { message: 'Six digits.' }) }),
    handle: async ({ ports, body }) => {
      await ports.signal.submitCode(body.code.replace('-', ''))
      return { status: 202, body: account(ports) }
    },
  }),
  route({
    method: 'POST',
    path: '/api/v1/signal/pin',
    scope: 'admin',
    summary:
      'Hands over the Signal PIN that a number is protected by (registration step `pin`). Signal erases what it protects after too many wrong ones.',
    body: z.strictObject({ pin: z.string().min(1).max(200) }),
    handle: async ({ ports, body }) => {
      await ports.signal.submitPin(body.pin)
      return { status: 202, body: account(ports) }
    },
  }),
  route({
    method: 'POST',
    path: '/api/v1/signal/skip-transfer',
    scope: 'admin',
    summary:
      'Goes on with a registration (step `transfer`) although Signal offers to move the phone’s messages to a new phone: they cannot come here.',
    handle: async ({ ports }) => {
      await ports.signal.skipTransfer()
      return { status: 202, body: account(ports) }
    },
  }),
]
