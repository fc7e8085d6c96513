/** The storage service of the mock, looked into with the gateway's own key. */
import { manifestRecordCodec } from '../../../src/signal/proto/storage.ts'
import { itemKey, manifestKey, openStored, storageKeyOf } from '../../../src/signal/storage-cipher.ts'
import type { Gateway, World } from './kit.ts'

/** What lies at the service, opened with the gateway's own key. */
export async function storedRecords(world: World, gateway: Gateway, e164: string) {
  const { entropy_pool } = await gateway.db
    .selectFrom('signal_account')
    .select('entropy_pool')
    .executeTakeFirstOrThrow()
  const device = await world.server.host.findByNumber(e164)
  if (device === undefined) throw new Error('no device')
  const manifest = world.server.host.getStorageManifest(device)
  if (manifest?.value == null) return undefined
  const key = storageKeyOf(entropy_pool)
  const version = Number(manifest.version)
  const record = manifestRecordCodec.decode(openStored(manifestKey(key, version), manifest.value))
  const items = (record.identifiers ?? []).map(({ raw = new Uint8Array() }) => {
    const value = world.server.host.getStorageItem(device, Buffer.from(raw))
    return value === undefined ? undefined : openStored(itemKey(key, record.recordIkm, raw), value)
  })
  return { key, version, record, items, device }
}
