/** What can go wrong with the Signal service, on command. */
import type { Action, Parameter } from './action.ts'
import type { SandboxWorld } from './world.ts'

const times: Parameter = { name: 'times', summary: 'how often; for ever when left out', kind: 'integer' }
const retryAfter: Parameter = { name: 'retry_after', summary: 'seconds that the server asks to wait', kind: 'integer' }

export const signalActions: readonly Action<SandboxWorld>[] = [
  {
    name: 'server',
    summary: 'Stops the Signal server, or starts it again with the same accounts and messages.',
    parameters: [
      { name: 'state', summary: 'what it shall be', kind: 'text', required: true, oneOf: ['running', 'stopped'] },
    ],
    run: async ({ server }, given) => {
      if (given.text('state') === 'running') await server.start()
      else await server.stop()
    },
  },
  {
    name: 'rate-limit',
    summary: 'Sending over Signal is refused with 429.',
    parameters: [times, { ...retryAfter, fallback: 30 }],
    run: async ({ server }, given) => {
      server.faults.refuseSends({
        status: 429,
        ...limits(given.optionalInteger('times'), given.integer('retry_after')),
      })
    },
  },
  {
    name: 'challenge',
    summary: 'Sending over Signal waits until somebody solves a captcha.',
    parameters: [
      { name: 'token', summary: 'the token of the challenge', kind: 'text', fallback: 'sandbox-challenge' },
      { name: 'solvable', summary: 'whether a solution is taken', kind: 'flag', fallback: true },
    ],
    run: async ({ server }, given) => {
      server.faults.demandCaptcha(given.text('token'), given.flag('solvable'))
    },
  },
  {
    name: 'refuse-connect',
    summary: 'Connections are refused: 403 signed out, 499 too old, 429 throttled, 503 out of order.',
    parameters: [{ name: 'status', summary: 'HTTP status', kind: 'integer', required: true }, times, retryAfter],
    run: async ({ server }, given) => {
      const limit = limits(given.optionalInteger('times'), given.optionalInteger('retry_after'))
      server.faults.refuseConnections({ status: given.integer('status'), ...limit })
    },
  },
  {
    name: 'lock-number',
    summary: 'The gateway’s number has had an account with a PIN: whoever registers it is asked for that.',
    parameters: [
      { name: 'pin', summary: 'the PIN; left out, nobody keeps it any more', kind: 'text' },
      { name: 'hours', summary: 'how long the lock holds', kind: 'integer', fallback: 160 },
    ],
    run: async ({ server, gatewayNumber }, given) => {
      await server.lockNumber(gatewayNumber, given.optionalText('pin'), given.integer('hours') * 3_600_000)
    },
  },
  {
    name: 'unlock-number',
    summary: 'No PIN is asked for when the gateway’s number is registered.',
    parameters: [],
    run: async ({ server, gatewayNumber }) => server.host.registrations.unlock(gatewayNumber),
  },
  {
    name: 'drop',
    summary: 'Breaks every connection to the Signal server at once.',
    parameters: [],
    run: async ({ server }) => server.host.dropConnections(),
  },
  {
    name: 'lose-answers',
    summary: 'The Signal server takes the next messages, but its answers are lost with the connection.',
    parameters: [{ name: 'times', summary: 'how many', kind: 'integer', fallback: 1 }],
    run: async ({ server }, given) => server.faults.loseSendAnswers(given.integer('times')),
  },
  {
    name: 'heal',
    summary: 'Ends everything that was told to go wrong, at the Signal server and the modems.',
    parameters: [],
    run: async (world) => {
      await world.server.start()
      world.server.faults.heal()
      await world.healModems()
    },
  },
]

function limits(times: number | undefined, retryAfterSeconds: number | undefined) {
  return {
    ...(times === undefined ? {} : { times }),
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  }
}
