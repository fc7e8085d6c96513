/**
 * The devices of our own account: which there are, under which names, naming one anew, and removing one. The names are encrypted for the
 * account's own devices; the server knows ids and days only.
 */
import { CausewayError } from '../domain/errors.ts'
import type { LinkedDevice } from './contract.ts'
import type { Credentials } from './credentials.ts'
import { decryptDeviceName, encryptDeviceName } from './provisioning.ts'
import { type Fetcher, refusal, request } from './rest.ts'

/** The account's first device: a phone, or us when we registered. */
const primaryId = 1
const path = '/v1/devices'
const namePath = '/v1/accounts/name'
/** Of an encrypted name, as the server takes it. */
const nameOctetsMax = 225

interface Listing {
  id?: unknown
  name?: unknown
  lastSeen?: unknown
  created?: unknown
}

/** All devices, ours among them. Throws CausewayError when the server cannot be asked. */
export async function listDevices(connection: Fetcher, own: Credentials): Promise<LinkedDevice[]> {
  const answer = await request(connection, 'GET', path)
  if (answer.status !== 200) throw refusal(path, answer)
  const { devices } = (answer.json ?? {}) as { devices?: unknown }
  if (!Array.isArray(devices)) throw refusal(path, answer)
  return (devices as Listing[]).flatMap(({ id, name, lastSeen, created }): LinkedDevice[] => {
    if (typeof id !== 'number') return []
    return [
      {
        id,
        name: typeof name === 'string' ? decryptDeviceName(name, own.identities.aci.keyPair.privateKey) : undefined,
        isThis: id === own.deviceId,
        isPrimary: id === primaryId,
        lastSeenAtMs: time(lastSeen),
        linkedAtMs: time(created),
      },
    ]
  })
}

/** The name of this device as it lies at the server; undefined where it has none. Throws CausewayError. */
export async function sealedDeviceName(connection: Fetcher, own: Credentials): Promise<string | undefined> {
  const answer = await request(connection, 'GET', path)
  if (answer.status !== 200) throw refusal(path, answer)
  const { devices } = (answer.json ?? {}) as { devices?: unknown }
  const found = Array.isArray(devices) ? (devices as Listing[]).find(({ id }) => id === own.deviceId) : undefined
  return typeof found?.name === 'string' ? found.name : undefined
}

/**
 * Signs a linked device out. Errors: CausewayError `signal-not-primary` on a linked device (the phone decides),
 * `signal-device-unknown`, and what the server refused with.
 */
export async function removeDevice(connection: Fetcher, own: Credentials, id: number): Promise<void> {
  demandPrimary(own, 'Devices are removed on the phone: Signal, Settings, Linked devices.')
  if (id === primaryId) {
    throw new CausewayError({
      code: 'signal-device-unknown',
      message: 'Device 1 is this gateway itself. Only its linked devices can be removed.',
      retry: 'never',
    })
  }
  await demandDevice(connection, own, id)
  const answer = await request(connection, 'DELETE', `${path}/${id}`)
  if (answer.status < 200 || answer.status > 299) throw refusal(path, answer)
}

/**
 * Calls a device by another name: a primary any of them, a linked device itself. Errors: CausewayError `signal-not-primary`,
 * `signal-device-unknown`, `signal-device-name`, and what the server refused with.
 */
export async function renameDevice(connection: Fetcher, own: Credentials, id: number, name: string): Promise<void> {
  if (id !== own.deviceId) demandPrimary(own, 'The names of the others are changed on the phone, or by themselves.')
  const deviceName = encryptDeviceName(name, own.identities.aci.keyPair.publicKey)
  if (name.trim() === '' || Buffer.from(deviceName, 'base64').length > nameOctetsMax) {
    const message = 'A name of a device is neither empty nor longer than some hundred characters.'
    throw new CausewayError({ code: 'signal-device-name', message, retry: 'never' })
  }
  await demandDevice(connection, own, id)
  const answer = await request(connection, 'PUT', `${namePath}?deviceId=${id}`, { deviceName })
  if (answer.status < 200 || answer.status > 299) throw refusal(namePath, answer)
}

/** What belongs to the account as a whole is the primary's. Throws CausewayError `signal-not-primary` on a linked device. */
export function demandPrimary(own: Credentials, instead: string): void {
  if (own.deviceId === primaryId) return
  throw new CausewayError({
    code: 'signal-not-primary',
    message: `This is a linked device. ${instead}`,
    retry: 'never',
  })
}

/** What a linked device alone does. Throws CausewayError `signal-not-linked` on the primary. */
export function demandLinked(own: Credentials): void {
  if (own.deviceId !== primaryId) return
  throw new CausewayError({
    code: 'signal-not-linked',
    message: 'The number is registered here; there is no phone to unlink from. Leaving Signal is deleting the account.',
    retry: 'never',
  })
}

async function demandDevice(connection: Fetcher, own: Credentials, id: number): Promise<void> {
  if ((await listDevices(connection, own)).some((device) => device.id === id)) return
  throw new CausewayError({
    code: 'signal-device-unknown',
    message: `This account has no device ${id}. See causeway signal devices.`,
    retry: 'never',
  })
}

/** The server leaves out what it does not tell, or says 0. */
function time(value: unknown): number | undefined {
  return typeof value === 'number' && value > 0 ? value : undefined
}
