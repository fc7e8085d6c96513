/**
 * Which serial ports there are, read from the file system: /dev/serial/by-id for names that survive a replug, and
 * /sys/class/tty for the rest. Needs no udev tools and opens nothing.
 */
import { readdir, readFile, realpath } from 'node:fs/promises'
import { join } from 'node:path'

const PORTS_MAX = 256

export interface SerialPortListing {
  /** `/dev/ttyUSB2`. */
  path: string
  /** `/dev/serial/by-id/…`, the name to put into the configuration, where the system has one. */
  stablePath: string | undefined
  /** `vendor:product` in hex, where it is a USB device. */
  usbId: string | undefined
  /** `bInterfaceNumber`: the stable way to tell a modem's several ports apart. */
  interfaceNumber: number | undefined
  /** What the device calls itself. */
  product: string | undefined
}

/** Lists ports that hang on real hardware, by path. `root` is `/` except in tests. Never rejects. */
export async function listSerialPorts(root = '/'): Promise<readonly SerialPortListing[]> {
  const stablePaths = await stablePathsByDevice(root)
  const classDirectory = join(root, 'sys/class/tty')
  const names = (await entries(classDirectory)).filter((name) => /^tty(?:USB|ACM|AMA|XR|S)\d+$|^rfcomm\d+$/.test(name))
  const listings: SerialPortListing[] = []
  for (const name of names.sort(byNumber).slice(0, PORTS_MAX)) {
    const device = await realpath(join(classDirectory, name, 'device')).catch(() => undefined)
    if (device === undefined) continue
    // The platform's unused UART placeholders look like ports but have no hardware behind them.
    if (/\/serial8250\b/.test(device)) continue
    const usb = await usbFacts(device)
    listings.push({ path: `/dev/${name}`, stablePath: stablePaths.get(name), ...usb })
  }
  return listings
}

async function stablePathsByDevice(root: string): Promise<ReadonlyMap<string, string>> {
  const directory = join(root, 'dev/serial/by-id')
  const found = new Map<string, string>()
  for (const name of (await entries(directory)).sort().slice(0, PORTS_MAX)) {
    const target = await realpath(join(directory, name)).catch(() => undefined)
    const device = target?.split('/').at(-1)
    if (device !== undefined) found.set(device, `/dev/serial/by-id/${name}`)
  }
  return found
}

/** Walks up from the tty's device directory to the USB interface and the USB device that carry the facts. */
async function usbFacts(device: string): Promise<Omit<SerialPortListing, 'path' | 'stablePath'>> {
  const levelsMax = 4
  let directory = device
  let interfaceNumber: number | undefined
  for (let level = 0; level < levelsMax; level += 1) {
    const number = await text(join(directory, 'bInterfaceNumber'))
    if (number !== undefined) interfaceNumber = Number.parseInt(number, 16)
    const vendor = await text(join(directory, 'idVendor'))
    const product = await text(join(directory, 'idProduct'))
    if (vendor !== undefined && product !== undefined) {
      return { usbId: `${vendor}:${product}`, interfaceNumber, product: await text(join(directory, 'product')) }
    }
    directory = join(directory, '..')
  }
  return { usbId: undefined, interfaceNumber, product: undefined }
}

async function entries(directory: string): Promise<string[]> {
  return readdir(directory).catch(() => [])
}

async function text(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').then(
    (content) => content.trim(),
    () => undefined,
  )
}

function byNumber(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true })
}
