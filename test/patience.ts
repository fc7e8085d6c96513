/** Nothing is judged by how fast a busy machine is: where a test does not say how long it waits, it waits long. */
import { vi } from 'vitest'

const PATIENCE_MS = 60_000
const { waitFor, waitUntil } = vi

vi.waitFor = (callback, options) => waitFor(callback, options ?? PATIENCE_MS)
vi.waitUntil = (callback, options) => waitUntil(callback, options ?? PATIENCE_MS)
