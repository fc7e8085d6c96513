/**
 * Listens to the gateway's events and goes on where it left off, however often the connection breaks:
 *
 *   connect (Last-Event-ID) → `opened` → events … → broken → wait, longer each time → connect
 *
 * The gateway takes its place in the history before it answers, so whatever is fetched after `opened` and whatever
 * streams in afterwards leave no gap between them.
 */

import { EventStreamReader } from './sse.ts'
import type { GatewayEvent } from './types.ts'

const RECONNECT_MS = [500, 1_000, 2_000, 4_000, 8_000, 15_000] as const
/** The gateway pings every 15 s; after three silent ones the line is dead. */
const SILENCE_MS_MAX = 45_000

export interface StreamListener {
  /** `resumed`: nothing was missed. */
  opened(resumed: boolean): void
  event(event: GatewayEvent): void
  broken(status: number): void
}

/** Listens until the returned function is called. */
export function listen(listener: StreamListener): () => void {
  let stopped = false
  let lastId = ''
  let failures = 0
  let abort = new AbortController()
  let retry: ReturnType<typeof setTimeout> | undefined

  const connect = async () => {
    retry = undefined
    abort = new AbortController()
    const silence = watchdog(() => abort.abort())
    let status = 0
    try {
      const headers: Record<string, string> = { Accept: 'text/event-stream' }
      if (lastId !== '') headers['Last-Event-ID'] = lastId
      const response = await fetch('/api/v1/events', { headers, credentials: 'same-origin', signal: abort.signal })
      status = response.status
      if (response.ok && response.body !== null) {
        failures = 0
        listener.opened(lastId !== '')
        await read(response.body, silence)
      }
    } catch {
      // The connection broke; said below.
    }
    silence.stop()
    if (stopped) return
    listener.broken(status)
    retry = setTimeout(connect, RECONNECT_MS[Math.min(failures, RECONNECT_MS.length - 1)])
    failures += 1
  }

  const read = async (body: ReadableStream<Uint8Array>, silence: Watchdog) => {
    const reader = new EventStreamReader()
    const decoder = new TextDecoder()
    const source = body.getReader()
    for (let piece = await source.read(); !piece.done; piece = await source.read()) {
      silence.heard()
      for (const { id, data } of reader.push(decoder.decode(piece.value, { stream: true }))) {
        if (stopped) return
        listener.event(JSON.parse(data) as GatewayEvent)
        lastId = id
      }
    }
  }

  const hurry = () => {
    if (retry === undefined || stopped) return
    clearTimeout(retry)
    retry = undefined
    void connect()
  }
  globalThis.addEventListener('online', hurry)
  void connect()
  return () => {
    stopped = true
    clearTimeout(retry)
    globalThis.removeEventListener('online', hurry)
    abort.abort()
  }
}

interface Watchdog {
  heard(): void
  stop(): void
}

function watchdog(silent: () => void): Watchdog {
  let timer = setTimeout(silent, SILENCE_MS_MAX)
  return {
    heard() {
      clearTimeout(timer)
      timer = setTimeout(silent, SILENCE_MS_MAX)
    },
    stop: () => clearTimeout(timer),
  }
}
