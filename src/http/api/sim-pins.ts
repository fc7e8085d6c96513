/** The PIN of a SIM that a modem waits for: handed in by its owner, kept if they wish, forgotten again. */
import { z } from 'zod'
import { modemView } from '../driver-views.ts'
import type { ApiPorts } from '../ports.ts'
import { notFound } from '../problem.ts'
import { ok, type Route, route } from '../route.ts'

function find(ports: ApiPorts, id: string | undefined) {
  const modem = ports.modems.list().find((candidate) => candidate.id === id)
  if (modem === undefined) throw notFound('modem')
  return modem
}

export const pinRoutes: readonly Route[] = [
  route({
    method: 'POST',
    path: '/api/v1/modems/:id/pin',
    scope: 'admin',
    summary:
      'Enters the PIN of the SIM while the modem waits for it (`sim_lock`), and goes on from there without a restart. A PIN that this SIM has refused is never entered again, and the last try is spent on `last_try: true` only. 409: `sim-pin-last-try`, `sim-puk` (blocked: a phone and the PUK), `sim-pin-not-wanted`; 422: `sim-pin-refused`, `sim-pin-known-wrong`.',
    body: z.strictObject({
      pin: z.string().regex(/^\d{4,8}$/, { message: 'Four to eight digits.' }),
      last_try: z
        .boolean()
        .default(false)
        .describe('It is certainly right: a wrong one blocks the SIM. Without effect while more tries are left.'),
      remember: z
        .boolean()
        .default(false)
        .describe('Keeps it in the encrypted database, for this SIM (ICCID) alone, once the SIM has accepted it.'),
    }),
    // Whoever repeats it finds the SIM open, or the PIN known to be wrong.
    repeats: 'itself',
    handle: async ({ ports, params, body }) => {
      const { id } = find(ports, params['id'])
      const { pin, last_try: lastTry, remember } = body
      const { remembered } = await ports.modems.enterPin(id, { pin, lastTry, remember })
      return ok({ remembered, modem: modemView(find(ports, id)) })
    },
  }),
  route({
    method: 'DELETE',
    path: '/api/v1/modems/:id/pin',
    scope: 'admin',
    summary: 'Forgets the PIN that is kept for the SIM in this modem; one in the configuration stays.',
    handle: async ({ ports, params }) => {
      await ports.modems.forgetPin(find(ports, params['id']).id)
      return ok({})
    },
  }),
]
