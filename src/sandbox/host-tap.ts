/**
 * What the sandbox's Signal server sees of requests and answers on chat connections: answers those that the mock cannot, goes
 * wrong on command, and takes note of what the mock forgets (access keys, profiles, device names).
 */
import type { SignalFaults } from './faults.ts'
import { missingRoute, storeAccessKey } from './missing-routes.ts'
import type { AciString, Device, ServiceIdString } from './mock.ts'
import type { ProfileShelf } from './profile-routes.ts'
import type { Registrations } from './registrations.ts'
import type { ChatRequest, ConnectionTap, Reply } from './signal-connection.ts'

/** How many past requests are remembered. */
const requestsMax = 5_000

/** One request of a client, as answered. */
export interface RequestRecord {
  verb: string
  path: string
  status: number
  authenticated: boolean
}

type Host = Parameters<typeof missingRoute>[1] &
  Parameters<Registrations['answer']>[1] & {
    readonly registrations: Registrations
    readonly profiles: ProfileShelf
    isUnregistered(serviceId: ServiceIdString): boolean
    getDeviceByServiceId(aci: AciString): Promise<Device | undefined>
  }

export class HostTap implements ConnectionTap {
  readonly requests: RequestRecord[] = []
  /** As devices gave them, encrypted; by `<aci>.<device>`. */
  readonly deviceNames = new Map<string, string>()
  readonly #host: Host
  readonly #faults: SignalFaults
  readonly #list: (device: Device) => void

  /** `list`: puts somebody into the directory. */
  constructor(host: Host, faults: SignalFaults, list: (device: Device) => void) {
    this.#host = host
    this.#faults = faults
    this.#list = list
  }

  async before(request: ChatRequest): Promise<Reply | undefined> {
    const faults = this.#faults
    await faults.onHold(request.path)
    const refusal = faults.onRequest(request.path)
    if (refusal !== undefined) return refusal
    if (isSend(request)) return faults.onSend(request.device === undefined)
    if (request.verb === 'PUT' && request.path === '/v1/challenge') {
      const body = asRecord(request.body)
      return { status: faults.onChallengeSolution(body['token'], body['captcha']), headers: {}, body: {} }
    }
    if (isRegistration(request)) return await this.#host.registrations.answer(request, this.#host)
    const keysOf = request.verb === 'GET' ? /^\/v2\/keys\/([^/]+)\//.exec(request.path)?.[1] : undefined
    if (keysOf !== undefined && this.#host.isUnregistered(decodeURIComponent(keysOf) as ServiceIdString)) {
      return { status: 404, headers: {}, body: { error: 'Unregistered' } }
    }
    if (request.verb === 'PUT' && request.path === '/v1/profile') {
      if (request.device === undefined) return { status: 401, headers: {}, body: {} }
      return this.#host.profiles.put(request.device, request.body)
    }
    return await missingRoute(request, this.#host)
  }

  beside({ verb, path }: ChatRequest): Readonly<Record<string, unknown>> | undefined {
    const [, aci, version] = /^\/v1\/profile\/([^/]+)\/([0-9a-f]{64})(?:\/|$)/.exec(path) ?? []
    if (verb !== 'GET' || aci === undefined || version === undefined) return undefined
    return { ...this.#host.profiles.get(aci, version) }
  }

  async after(request: ChatRequest, reply: { status: number; body: unknown }): Promise<'answer' | 'lose'> {
    if (this.requests.length >= requestsMax) this.requests.shift()
    this.requests.push({
      verb: request.verb,
      path: request.path,
      status: reply.status,
      authenticated: request.device !== undefined,
    })
    if (reply.status !== 200) return 'answer'
    if (isSend(request)) return this.#faults.onSendAnswer()
    if (isRegistration(request)) await this.#registered(request.body, reply.body)
    if (request.verb === 'PUT' && request.path === '/v1/devices/link') this.#linked(request.body, reply.body)
    return this.#faults.onAnswer(request.path)
  }

  async #registered(requestBody: unknown, replyBody: unknown): Promise<void> {
    const device = await this.#host.getDeviceByServiceId(String(asRecord(replyBody)['uuid']) as AciString)
    if (device === undefined) return
    const attributes = asRecord(requestBody)['accountAttributes']
    storeAccessKey(device, attributes)
    if (device.number !== undefined) this.#host.registrations.note(device.number, device, attributes)
    this.#list(device)
  }

  #linked(requestBody: unknown, replyBody: unknown): void {
    const name = asRecord(asRecord(requestBody)['accountAttributes'])['name']
    const { uuid, deviceId } = asRecord(replyBody)
    if (typeof name === 'string') this.deviceNames.set(`${uuid}.${deviceId}`, name)
  }
}

function isRegistration({ verb, path }: ChatRequest): boolean {
  return verb === 'POST' && path === '/v1/registration'
}

function isSend({ verb, path }: ChatRequest): boolean {
  return verb === 'PUT' && path.startsWith('/v1/messages/')
}

function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}
