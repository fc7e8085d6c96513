/** The memories of a modem after its profile, and one that is full of what was there before us. */
import { addressOf } from '../pdu/address.ts'
import { encodeDeliver, pduHex } from '../pdu/encode.ts'
import { split } from '../pdu/segments.ts'
import { timestampOf } from '../pdu/timestamp.ts'
import { JoinedStorage } from './joinedstorage.ts'
import type { ModemProfile } from './profile.ts'
import { MessageStorage } from './storage.ts'

/** Reports and broadcasts: only the network writes there. */
export const READ_ONLY_MEMORIES: ReadonlySet<string> = new Set(['SR', 'BM'])

const OLD_SENDER = '+4915559999'

/** All empty, by name; `MT` is all but reports and broadcasts seen as one, where the profile offers it. */
export function storagesOf({ memories, firstSlot, joinedMemory }: ModemProfile): ReadonlyMap<string, MessageStorage> {
  const storages = Object.entries(memories).map(([name, size]) => new MessageStorage(name, size, firstSlot))
  if (joinedMemory)
    storages.push(
      new JoinedStorage(
        'MT',
        storages.filter(({ name }) => !READ_ONLY_MEMORIES.has(name)),
      ),
    )
  return new Map(storages.map((storage) => [storage.name, storage]))
}

/** Fills up what is free with texts that were read long ago. */
export function fillWithOldTexts(storage: MessageStorage, smsc: string, nowMs: number): void {
  for (let n = 1; !storage.isFull; n++) {
    const [part] = split(`old text ${n}`, { reference: 0 })
    if (part === undefined) return
    const deliver = encodeDeliver({ ...part, address: addressOf(OLD_SENDER), scts: timestampOf(nowMs, 0) })
    storage.add(pduHex(deliver, addressOf(smsc)), 1)
  }
}
