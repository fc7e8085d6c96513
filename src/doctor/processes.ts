/** What /proc tells of other programs on this machine, as far as this user may look. */
import { readdirSync, readFileSync, readlinkSync, realpathSync } from 'node:fs'

/** A program that has a file open. */
export interface Holder {
  /** As it calls itself: `minicom`. */
  program: string
  pid: number
}

/** Whether a program of this name runs. */
export function processRuns(name: string): boolean {
  return pids().some((pid) => nameOf(pid) === name)
}

/** Another process that has this device open; undefined: none, or one of somebody else's, which only root may see. */
export function holderOf(device: string): Holder | undefined {
  const file = told(() => realpathSync(device))
  if (file === undefined) return undefined
  const pid = pids().find((each) => Number(each) !== process.pid && hasOpen(each, file))
  return pid === undefined ? undefined : { pid: Number(pid), program: nameOf(pid) ?? '?' }
}

function pids(): string[] {
  return readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))
}

/** A program may call itself anything: what a terminal would obey is left out. */
function nameOf(pid: string): string | undefined {
  return told(() =>
    readFileSync(`/proc/${pid}/comm`, 'utf8')
      .trim()
      .replaceAll(/[^ -~]/g, '?'),
  )
}

function hasOpen(pid: string, file: string): boolean {
  const open = told(() => readdirSync(`/proc/${pid}/fd`)) ?? []
  return open.some((fd) => told(() => readlinkSync(`/proc/${pid}/fd/${fd}`)) === file)
}

/** Undefined where it has gone meanwhile, or is not for us to see. */
function told<T>(look: () => T): T | undefined {
  try {
    return look()
  } catch {
    return undefined
  }
}
