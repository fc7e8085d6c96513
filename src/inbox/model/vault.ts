/**
 * What must survive a reload and has not reached the gateway: drafts and unsent messages, in this browser's IndexedDB.
 * Without it (private windows of some browsers) the inbox works and forgets.
 */

const DATABASE = 'causeway-inbox'
const VERSION = 1
const STORES = ['drafts', 'outbox'] as const
export type StoreName = (typeof STORES)[number]

const OWNER = 'causeway-owner'

let opening: Promise<IDBDatabase | undefined> | undefined

function open(): Promise<IDBDatabase | undefined> {
  opening ??= new Promise((resolve) => {
    try {
      const request = indexedDB.open(DATABASE, VERSION)
      request.onupgradeneeded = () => {
        for (const store of STORES) request.result.createObjectStore(store)
      }
      request.onsuccess = () => resolve(request.result)
      request.onerror = () => resolve(undefined)
      request.onblocked = () => resolve(undefined)
    } catch {
      resolve(undefined)
    }
  })
  return opening
}

/** Everything in a store, by key. */
export async function readAll<T>(store: StoreName): Promise<Map<string, T>> {
  const database = await open()
  if (database === undefined) return new Map()
  const found = new Map<string, T>()
  await new Promise<void>((resolve) => {
    const request = database.transaction(store).objectStore(store).openCursor()
    request.onsuccess = () => {
      const cursor = request.result
      if (cursor === null) return resolve()
      found.set(String(cursor.key), cursor.value as T)
      cursor.continue()
    }
    request.onerror = () => resolve()
  })
  return found
}

/** Resolves when it is on disk, as far as the browser promises. */
export function put(store: StoreName, key: string, value: unknown): Promise<void> {
  return change(store, (objects) => objects.put(value, key))
}

export function remove(store: StoreName, key: string): Promise<void> {
  return change(store, (objects) => objects.delete(key))
}

/** Whether what is here is this person's; nobody's becomes theirs. */
export function isOwner(userId: string): boolean {
  try {
    const owner = localStorage.getItem(OWNER)
    if (owner === null) localStorage.setItem(OWNER, userId)
    return owner === null || owner === userId
  } catch {
    // This browser keeps nothing.
    return true
  }
}

/** Nothing of the person who signs out stays behind. */
export async function forgetEverything(): Promise<void> {
  for (const store of STORES) await change(store, (objects) => objects.clear())
  try {
    localStorage.removeItem(OWNER)
  } catch {
    // Nothing was kept.
  }
}

async function change(store: StoreName, run: (objects: IDBObjectStore) => unknown): Promise<void> {
  const database = await open()
  if (database === undefined) return
  await new Promise<void>((resolve) => {
    const transaction = database.transaction(store, 'readwrite')
    run(transaction.objectStore(store))
    transaction.oncomplete = () => resolve()
    transaction.onerror = () => resolve()
    transaction.onabort = () => resolve()
  })
}
