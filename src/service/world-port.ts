/** The way from the gateway of the sandbox to the world around it: the socket beside its own, and nothing else. */
import { existsSync } from 'node:fs'
import type { WorldPort } from '../http/ports.ts'
import { GatewayApi } from '../sandbox/gateway-api.ts'

interface WorldReply {
  result?: unknown
  error?: { message?: string }
}

/** `socketPath`: where `ControlServer` listens. Undefined where nobody does, as for a gateway that was started alone. */
export function worldPort(socketPath: string): WorldPort | undefined {
  if (!existsSync(socketPath)) return undefined
  const world = new GatewayApi(socketPath)
  return {
    async perform(action, given) {
      const { status, body } = await world
        .ask('POST', '/', { action, ...given })
        .catch(() => ({ status: 503, body: undefined }))
      const { result, error } = (body ?? {}) as WorldReply
      return { status, result, message: error?.message ?? (status === 503 ? 'It does not answer.' : undefined) }
    },
  }
}
