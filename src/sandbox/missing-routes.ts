/**
 * Endpoints that Signal's server has, the mock lacks, and the gateway calls. Answers as the server would, as far as
 * the gateway looks.
 */
import { createHash } from 'node:crypto'
import type { AciString, Device } from './mock.ts'
import { ServiceIdKind } from './mock.ts'
import { type Registrations, vaultCredentials } from './registrations.ts'
import type { ChatRequest, Reply } from './signal-connection.ts'

interface Accounts {
  getAllDevicesByServiceId(aci: AciString): Promise<readonly Device[]>
  /** As the device gave it, encrypted; base64. */
  deviceName(device: Device): string | undefined
  nameDevice(device: Device, encryptedName: string): void
  unlink(device: Device): Promise<void>
  /** Whether contact discovery finds it. */
  setListed(device: Device, isListed: boolean): void
  /** The account is gone, and its number with it. */
  forget(device: Device): Promise<void>
  readonly registrations: Pick<Registrations, 'lockBy' | 'unlock'>
}

type Route = (device: Device, request: ChatRequest, accounts: Accounts) => Promise<Reply>

const ok: Reply = { status: 200, headers: {}, body: {} }

const routes: Readonly<Record<string, Route>> = {
  'PUT /v1/accounts/attributes/': async (device, { body }) => {
    storeAccessKey(device, body)
    return ok
  },
  'GET /v2/svr/auth': async ({ number = '' }) => ({ ...ok, body: vaultCredentials(number) }),
  'PUT /v1/accounts/registration_lock': async ({ deviceId, number = '' }, { body }, { registrations }) => {
    if (deviceId !== 1) return { ...ok, status: 401 }
    const { registrationLock } = (body ?? {}) as { registrationLock?: unknown }
    return { ...ok, status: registrations.lockBy(number, registrationLock) ? 204 : 422 }
  },
  'DELETE /v1/accounts/registration_lock': async ({ deviceId, number = '' }, _request, { registrations }) => {
    if (deviceId !== 1) return { ...ok, status: 401 }
    registrations.unlock(number)
    return { ...ok, status: 204 }
  },
  'GET /v1/devices': async (device, _request, accounts) => {
    const devices = await accounts.getAllDevicesByServiceId(device.aci)
    return {
      ...ok,
      body: {
        devices: devices.map((other) => ({
          id: other.deviceId,
          name: accounts.deviceName(other) ?? null,
          lastSeen: Date.UTC(2026, 0, 1),
          created: 0,
        })),
      },
    }
  },
  'DELETE /v1/devices/:id': async (device, { path }, accounts) => {
    const id = Number(path.split('/').at(-1))
    // The primary removes others, a linked device itself only; nobody removes the primary.
    if (id === 1) return { ...ok, status: 403 }
    if (device.deviceId !== 1 && id !== device.deviceId) return { ...ok, status: 401 }
    const others = await accounts.getAllDevicesByServiceId(device.aci)
    const found = others.find(({ deviceId }) => deviceId === id)
    if (found === undefined) return { ...ok, status: 404 }
    // Whoever removes itself hears the answer, then its connection is closed.
    if (found === device) setImmediate(() => void accounts.unlink(found))
    else await accounts.unlink(found)
    return { ...ok, status: 204 }
  },
  'PUT /v1/accounts/name': async (device, { query, body }, accounts) => {
    const id = Number(query.get('deviceId') ?? device.deviceId)
    if (device.deviceId !== 1 && id !== device.deviceId) return { ...ok, status: 403 }
    const { deviceName } = (body ?? {}) as { deviceName?: unknown }
    if (typeof deviceName !== 'string' || Buffer.from(deviceName, 'base64').length > 225) return { ...ok, status: 422 }
    const found = (await accounts.getAllDevicesByServiceId(device.aci)).find(({ deviceId }) => deviceId === id)
    if (found === undefined) return { ...ok, status: 404 }
    accounts.nameDevice(found, deviceName)
    return { ...ok, status: 204 }
  },
  'PUT /v2/accounts/phone_number_discoverability': async (device, { body }, accounts) => {
    const { discoverableByPhoneNumber: isListed } = (body ?? {}) as { discoverableByPhoneNumber?: unknown }
    if (device.deviceId !== 1) return { ...ok, status: 401 }
    if (typeof isListed !== 'boolean') return { ...ok, status: 422 }
    accounts.setListed(device, isListed)
    return { ...ok, status: 204 }
  },
  'DELETE /v1/accounts/me': async (device, _request, accounts) => {
    if (device.deviceId !== 1) return { ...ok, status: 401 }
    // Its connections are closed after they have heard the answer.
    setImmediate(() => void accounts.forget(device))
    return { ...ok, status: 204 }
  },
  'POST /v2/keys/check': async (device, { body }) => {
    const { identityType, digest } = (body ?? {}) as { identityType?: unknown; digest?: unknown }
    const kind = identityType === 'pni' ? ServiceIdKind.PNI : ServiceIdKind.ACI
    return digest === repeatedUseDigest(device, kind) ? ok : { ...ok, status: 409 }
  },
}

interface PublicHalf {
  keyId: number
  publicKey: { serialize(): Uint8Array }
}

/** Over the keys that the server hands out for this device. */
function repeatedUseDigest(device: Device, kind: ServiceIdKind): string | undefined {
  const keys: Map<
    ServiceIdKind,
    { identityKey: PublicHalf['publicKey']; signedPreKey: PublicHalf; lastResortKey: PublicHalf }
  > = Reflect.get(device, 'keys')
  const found = keys.get(kind)
  if (found === undefined) return undefined
  const hash = createHash('sha256').update(found.identityKey.serialize())
  for (const { keyId, publicKey } of [found.signedPreKey, found.lastResortKey]) {
    const id = Buffer.alloc(8)
    id.writeBigUInt64BE(BigInt(keyId))
    hash.update(id).update(publicKey.serialize())
  }
  return hash.digest('base64')
}

/** The answer to a request that the mock has no route for; undefined when it is none of ours. */
export async function missingRoute(request: ChatRequest, accounts: Accounts): Promise<Reply | undefined> {
  const plain = request.path.replace(/^\/v1\/devices\/\d+$/, '/v1/devices/:id')
  const path = plain === '/v1/accounts/attributes' ? `${plain}/` : plain
  const route = routes[`${request.verb} ${path}`]
  if (route === undefined) return undefined
  if (request.device === undefined) return { status: 401, headers: {}, body: { error: 'Not authorized' } }
  return await route(request.device, request, accounts)
}

/** Takes the sealed-sender access key out of account attributes (octets as numbers or as base64). */
export function storeAccessKey(device: Device, attributes: unknown): void {
  const key = (attributes as { unidentifiedAccessKey?: unknown } | undefined)?.unidentifiedAccessKey
  if (typeof key === 'string') device.accessKey = Buffer.from(key, 'base64')
  else if (Array.isArray(key)) device.accessKey = Buffer.from(key.map(Number))
}
