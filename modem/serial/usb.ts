/**
 * The USB device behind a serial port, through sysfs: taking its authorisation away and giving it back makes the kernel
 * drop it and find it again, as unplugging does. Needs the right to write `authorized` (root, or a udev rule).
 */
import { readdir, readFile, realpath, stat, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { type Clock, pause } from './surroundings.ts'

const LEVELS_MAX = 6

/** The device's directory in sysfs; undefined where the port is no USB device. `root` is `/` except in tests. */
export async function usbDeviceOf(port: string, root = '/'): Promise<string | undefined> {
  const name = basename(await realpath(port).catch(() => port))
  let directory = await realpath(join(root, 'sys/class/tty', name, 'device')).catch(() => undefined)
  for (let level = 0; directory !== undefined && level < LEVELS_MAX; level += 1) {
    if (await isThere(join(directory, 'idVendor'))) return directory
    directory = dirname(directory)
  }
  return undefined
}

/** Drops the device and takes it back after `offMs`. Gives why it could not be done, or undefined when it was. */
export async function replugUsb(device: string, offMs: number, clock: Clock): Promise<string | undefined> {
  const file = join(device, 'authorized')
  try {
    await writeFile(file, '0')
  } catch (error) {
    return `no right to switch its USB port (${error instanceof Error ? error.message : String(error)})`
  }
  await pause(clock, offMs)
  return writeFile(file, '1').then(
    () => undefined,
    (error: Error) => `its USB port could not be switched on again: ${error.message}`,
  )
}

/** Whether the board says that its own supply is too low (Raspberry Pi, driver rpi_volt). Never rejects. */
export async function boardUnderVoltage(root = '/'): Promise<boolean> {
  const folder = join(root, 'sys/class/hwmon')
  for (const entry of await readdir(folder).catch(() => [])) {
    const read = (file: string) => readFile(join(folder, entry, file), 'utf8').catch(() => '')
    if ((await read('name')).trim() === 'rpi_volt') return (await read('in0_lcrit_alarm')).trim() === '1'
  }
  return false
}

function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}
