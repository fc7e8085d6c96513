/**
 * What the page leaves for the service worker, which has neither its storage nor its words: how much a notification may
 * say, in which words, and what was told already (ids only). In this browser's IndexedDB; gone with the person.
 */

const DATABASE = 'causeway-worker'
const STORE = 'notebook'
const KEY = 'notebook'

/** `none`: not even who; `name`: who; `text`: what they wrote, too. */
export type Preview = 'none' | 'name' | 'text'

export interface Notebook {
  preview: Preview
  /** With `{name}` in them. */
  words: { message: string; failed: string; something: string }
  /** Of conversations, the last message of which somebody was told. */
  told: Readonly<Record<string, string>>
}

export const BLANK: Notebook = {
  preview: 'name',
  words: { message: '{name}: new message', failed: '{name}: not delivered', something: 'Causeway: something is new' },
  told: {},
}

/** Blank where nothing was left, or nothing can be kept. */
export async function readNotebook(): Promise<Notebook> {
  const database = await open()
  if (database === undefined) return BLANK
  try {
    const found = await done(database.transaction(STORE).objectStore(STORE).get(KEY))
    return { ...BLANK, ...(found as Partial<Notebook> | undefined) }
  } catch {
    return BLANK
  } finally {
    database.close()
  }
}

/** What is not named stays. */
export async function writeNotebook(change: Partial<Notebook>): Promise<void> {
  const database = await open()
  if (database === undefined) return
  try {
    // Read and written in one transaction: page and worker write at the same time, and neither may take back the other's.
    const store = database.transaction(STORE, 'readwrite').objectStore(STORE)
    const found = await done(store.get(KEY))
    await done(store.put({ ...BLANK, ...(found as Partial<Notebook> | undefined), ...change }, KEY))
  } catch {
    // It is kept no longer than this browser likes.
  } finally {
    database.close()
  }
}

function open(): Promise<IDBDatabase | undefined> {
  return new Promise((resolve) => {
    try {
      const request = indexedDB.open(DATABASE, 1)
      request.onupgradeneeded = () => request.result.createObjectStore(STORE)
      request.onsuccess = () => resolve(request.result)
      request.onerror = () => resolve(undefined)
      request.onblocked = () => resolve(undefined)
    } catch {
      resolve(undefined)
    }
  })
}

function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })
}
