/** The registration lock of the Signal account: a PIN that whoever registers its number elsewhere is asked for. */
import { z } from 'zod'
import type { ApiPorts } from '../ports.ts'
import { ok, type Route, route } from '../route.ts'

const path = '/api/v1/signal/registration-lock'

async function view(ports: ApiPorts) {
  const { locked, editable } = await ports.signal.lock().read()
  return { locked: locked ?? null, editable }
}

export const registrationLockRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path,
    scope: 'signal:read',
    summary: 'Whether the number of the account is protected by a PIN (`locked`; null where only the phone knows).',
    handle: async ({ ports }) => ok(await view(ports)),
  }),
  route({
    method: 'PUT',
    path,
    scope: 'admin',
    summary:
      'Protects the number by a PIN, or by another one. Whoever registers the number on another device is asked for it, also somebody who has got hold of the SIM. Nobody can tell a forgotten PIN: Causeway does not keep it, and Signal erases what it protects after ten wrong tries. Then the number can be registered elsewhere only when this account has not been used for seven days. This gateway itself needs no PIN as long as it has its database. 409 (`signal-not-primary`) on a linked device.',
    body: z.strictObject({
      pin: z.string().min(4).max(200).describe('At least four digits or letters. It is kept nowhere.'),
    }),
    handle: async ({ ports, body }) => {
      await ports.signal.lock().set(body.pin)
      return ok(await view(ports))
    },
  }),
  route({
    method: 'DELETE',
    path,
    scope: 'admin',
    summary: 'The number is no longer protected by a PIN: a code by text or call is enough to register it. 204.',
    handle: async ({ ports }) => {
      await ports.signal.lock().remove()
      return { status: 204 }
    },
  }),
]
