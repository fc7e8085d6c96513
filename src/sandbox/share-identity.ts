/** What makes a second device of the mock's making one of the same account. */
import { type PrimaryDevice, ServiceIdKind } from './mock.ts'

/** Puts the account's identity and profile keys into a device that has not been initialised yet. */
export async function shareIdentity(account: PrimaryDevice, phone: PrimaryDevice): Promise<void> {
  // The mock has no door for a second device of its own making; these are the fields that `init` reads.
  for (const field of ['privateKey', 'publicKey', 'pniPrivateKey', 'privPniPublicKey', 'profileKey']) {
    Reflect.set(phone, field, Reflect.get(account, field))
  }
  const stores: Map<ServiceIdKind, { updateIdentityKey(key: unknown): Promise<void> }> = Reflect.get(phone, 'identity')
  for (const kind of [ServiceIdKind.ACI, ServiceIdKind.PNI]) {
    await stores.get(kind)?.updateIdentityKey(await account.getIdentityKey(kind))
  }
}
