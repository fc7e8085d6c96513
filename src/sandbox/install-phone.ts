/**
 * Phones of the mock's making: an account's device that lives in this process, over the server's own methods.
 */
import type { Device, MockServer } from './mock.ts'
import { PrimaryDevice, ServiceIdKind } from './mock.ts'

type PhoneParts = ConstructorParameters<typeof PrimaryDevice>[1]

interface Server extends Pick<PhoneParts, 'trustRoot' | 'serverPublicParams' | 'contacts'> {
  host: MockServer
}

let numberSource = 9_000

/** The app installed anew on a device: fresh keys and sessions; the identity of `account`, where it is one of its devices. */
export async function installPhone(
  { host, ...given }: Server,
  device: Device,
  profileName: string,
  account?: PrimaryDevice,
): Promise<PrimaryDevice> {
  const phone = new PrimaryDevice(device, {
    profileName,
    ...given,
    generateNumber: async () => `+1555000${numberSource++}`,
    generatePni: () => host.generatePni(),
    changeDeviceNumber: (of, options) => host.changeDeviceNumber(of, options),
    send: (to, envelope) => host.send(to, envelope),
    getSenderCertificate: () => host.getSenderCertificate(device),
    getDeviceByServiceId: (id, deviceId) => host.getDeviceByServiceId(id, deviceId),
    issueExpiringProfileKeyCredential: (of, request) => host.issueExpiringProfileKeyCredential(of, request),
    getGroup: (params) => host.getGroup(params),
    createGroup: (group) => host.createGroup(group),
    modifyGroup: (options) => host.modifyGroup(options),
    waitForGroupUpdate: (group) => host.waitForGroupUpdate(group),
    getStorageManifest: () => host.getStorageManifest(device),
    getStorageItem: (key) => host.getStorageItem(device, key),
    getAllStorageKeys: () => host.getAllStorageKeys(device),
    waitForStorageManifest: () => Promise.reject(new Error('the sandbox keeps no storage manifests')),
    applyStorageWrite: (operation, notify) => host.applyStorageWrite(device, operation, notify),
  })
  if (account !== undefined) await shareIdentity(account, phone)
  await phone.init()
  return phone
}

/** Puts the account's identity and profile keys into a device that has not been initialised yet. */
async function shareIdentity(account: PrimaryDevice, phone: PrimaryDevice): Promise<void> {
  // The mock has no door for a second device of its own making; these are the fields that `init` reads.
  for (const field of ['privateKey', 'publicKey', 'pniPrivateKey', 'privPniPublicKey', 'profileKey']) {
    Reflect.set(phone, field, Reflect.get(account, field))
  }
  const stores: Map<ServiceIdKind, { updateIdentityKey(key: unknown): Promise<void> }> = Reflect.get(phone, 'identity')
  for (const kind of [ServiceIdKind.ACI, ServiceIdKind.PNI]) {
    await stores.get(kind)?.updateIdentityKey(await account.getIdentityKey(kind))
  }
}
