/**
 * Tells systemd how the service is: READY, STATUS, STOPPING, and WATCHDOG as long as it is well. Node has no datagram
 * sockets of the Unix kind, so `systemd-notify` says it (the unit needs `NotifyAccess=all`). Silent without systemd.
 */
import { execFile } from 'node:child_process'
import type { Log } from './log.ts'

const NOTIFY_TIMEOUT_MS = 5_000

export interface SystemdNotifier {
  ready(status: string): Promise<void>
  status(text: string): Promise<void>
  stopping(): Promise<void>
  /**
   * Feeds the watchdog at half its span as long as `isWell` resolves to true; returns the function that ends it. Does
   * nothing when systemd wants no watchdog.
   */
  watchdog(isWell: () => Promise<boolean>): () => void
}

/** `env` is where systemd leaves `NOTIFY_SOCKET` and `WATCHDOG_USEC`. */
export function createSystemdNotifier(env: Readonly<Record<string, string | undefined>>, log: Log): SystemdNotifier {
  const enabled = env['NOTIFY_SOCKET'] !== undefined && env['NOTIFY_SOCKET'] !== ''
  const notify = (...words: string[]): Promise<void> =>
    !enabled
      ? Promise.resolve()
      : new Promise((resolve) => {
          execFile('systemd-notify', words, { timeout: NOTIFY_TIMEOUT_MS, env: { ...env } }, (error) => {
            if (error !== null) log.warn({ err: error.message }, 'systemd was not told')
            resolve()
          })
        })
  return {
    ready: (status) => notify('READY=1', `STATUS=${oneLine(status)}`),
    status: (text) => notify(`STATUS=${oneLine(text)}`),
    stopping: () => notify('STOPPING=1'),
    watchdog: (isWell) => {
      const spanMs = Number(env['WATCHDOG_USEC'] ?? 0) / 1000
      if (!enabled || !(spanMs > 0)) return () => undefined
      const timer = setInterval(() => {
        isWell().then(
          (well) => (well ? notify('WATCHDOG=1') : log.warn({}, 'not well; the watchdog goes unfed')),
          (error: unknown) => log.warn({ err: String(error) }, 'health could not be told; the watchdog goes unfed'),
        )
      }, spanMs / 2)
      timer.unref()
      return () => clearInterval(timer)
    },
  }
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ')
}
