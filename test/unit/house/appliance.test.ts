/**
 * The service unit, the udev rules and the hardware page say the same things, and the unit stays hardened.
 */
import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'

const run = promisify(execFile)
const hasSystemdAnalyze = existsSync('/usr/bin/systemd-analyze')
/** `systemd-analyze security` rates from 0 (good) to 10, times ten on the command line. */
const exposureMax = 20

const unit = readFileSync('systemd/causeway.service', 'utf8')
const rules = readFileSync('systemd/99-causeway-modem.rules', 'utf8')
const hardware = readFileSync('hardware.md', 'utf8')

/** `vendor:product` of every device that a rule with this jump is for. */
function ruleIds(jump: string): readonly string[] {
  return rules
    .split('\n')
    .filter((line) => line.includes(`GOTO="${jump}"`) && line.includes('idVendor'))
    .flatMap((line) => {
      const vendor = /idVendor\}=="(\w+)"/.exec(line)?.[1]
      const products = /idProduct\}=="([\w|]+)"/.exec(line)?.[1] ?? '*'
      return products.split('|').map((product) => `${vendor}:${product}`)
    })
    .sort()
}

describe('the udev rules', () => {
  it('hold the ids of the hardware page, for the device and for its ports', () => {
    const table = hardware.split('\n').filter((line) => line.startsWith('| '))
    const ids = new Set(table.flatMap((line) => line.match(/[\da-f]{4}:(?:[\da-f]{4}|\*)/g) ?? []))
    expect(ids.size).toBeGreaterThan(15)
    expect(ruleIds('causeway_modem_keep')).toEqual([...ids].sort())
    expect(ruleIds('causeway_modem_open')).toEqual([...ids].sort())
  })

  it('jump only to labels that stand further down', () => {
    const lines = rules.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
    for (const [place, line] of lines.entries()) {
      const target = /GOTO="(\w+)"/.exec(line)?.[1]
      if (target !== undefined) expect(lines.slice(place).some((later) => later === `LABEL="${target}"`)).toBe(true)
      expect(line).toMatch(/^(?:[A-Z]+(?:\{[\w/]+\})?(?:==|!=|=)"[^"]+"(?:, (?=\S)|$))+$/)
    }
  })
})

describe('the service unit', () => {
  it('starts, is watched and is stopped as the program expects', () => {
    for (const line of [
      'Type=notify',
      'NotifyAccess=all',
      'WatchdogSec=60',
      'RestartPreventExitStatus=64 78',
      'LoadCredential=db.key:/etc/causeway/db.key',
      'SupplementaryGroups=dialout',
    ]) {
      expect(unit.split('\n')).toContain(line)
    }
    expect(unit).toMatch(/^ExecStart=\S+ \/opt\/causeway\/dist\/program\/main\.js serve --config \/etc\/causeway\//m)
  })

  it.skipIf(!hasSystemdAnalyze)('is valid, and rated at most 2.0', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'causeway-unit-'))
    try {
      const path = join(folder, 'causeway.service')
      // Wherever this machine keeps its Node.
      writeFileSync(path, unit.replace('/usr/bin/node', process.execPath))
      await expect(run('systemd-analyze', ['verify', '--man=no', path])).resolves.toMatchObject({ stderr: '' })
      await run('systemd-analyze', ['security', '--offline=true', `--threshold=${exposureMax}`, path])
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })
})
