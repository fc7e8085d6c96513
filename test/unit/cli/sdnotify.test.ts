import { chmodSync, mkdtempSync, readFileSync, rmSync, watch, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createSystemdNotifier } from '../../../src/sdnotify.ts'

let directory: string
let heard: string
const warned: string[] = []
const log = { debug() {}, info() {}, error() {}, warn: (_fields: object, message: string) => warned.push(message) }

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'causeway-notify-'))
  heard = join(directory, 'heard')
  writeFileSync(heard, '')
  // Stands in for systemd: there is none in a container.
  const program = join(directory, 'systemd-notify')
  writeFileSync(program, `#!/bin/sh\nprintf '%s\\n' "$*" >> ${heard}\n`)
  chmodSync(program, 0o755)
  warned.length = 0
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

const said = () => readFileSync(heard, 'utf8').trimEnd().split('\n')
const environment = (more: Record<string, string> = {}) => ({
  PATH: `${directory}:/usr/bin:/bin`,
  NOTIFY_SOCKET: '/run/nobody',
  ...more,
})

describe('systemd is told', () => {
  test('ready, how it is, and that it stops, each in one line', async () => {
    const systemd = createSystemdNotifier(environment(), log)
    await systemd.ready('2 modems\nSignal ok')
    await systemd.status('busy')
    await systemd.stopping()
    expect(said()).toEqual(['READY=1 STATUS=2 modems Signal ok', 'STATUS=busy', 'STOPPING=1'])
  })

  test('nothing where there is no systemd', async () => {
    const systemd = createSystemdNotifier({ PATH: directory }, log)
    await systemd.ready('x')
    systemd.watchdog(async () => true)()
    expect(said()).toEqual([''])
  })

  test('that it is alive only while it is well', async () => {
    const systemd = createSystemdNotifier(environment({ WATCHDOG_USEC: '20000' }), log)
    const isFed = new Promise<void>((resolve) => {
      const watcher = watch(heard, () => {
        watcher.close()
        resolve()
      })
    })
    const end = systemd.watchdog(async () => true)
    await isFed
    end()
    expect(said()[0]).toBe('WATCHDOG=1')

    writeFileSync(heard, '')
    let asked = 0
    const stop = await new Promise<() => void>((resolve) => {
      const stopAsking = systemd.watchdog(async () => {
        if (++asked === 3) resolve(stopAsking)
        return false
      })
    })
    stop()
    expect(said().filter((words) => words !== 'WATCHDOG=1' && words !== '')).toEqual([])
    expect(warned.filter((words) => words.includes('unfed')).length).toBeGreaterThanOrEqual(2)
  })

  test('a failure to tell is a warning, not an end', async () => {
    const systemd = createSystemdNotifier({ NOTIFY_SOCKET: '/run/nobody', PATH: '/nonexistent' }, log)
    await systemd.ready('x')
    expect(warned).toEqual(['systemd was not told'])
  })
})
