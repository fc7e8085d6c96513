/**
 * The port of a module that a dialled connection may take, beside the one that texts use: what the family's profile names
 * for data, else its second AT port. Nothing is opened here.
 */
import type { ModemProfile } from './profile.ts'
import { listSerialPorts } from './serial/listing.ts'
import { usbDeviceOf } from './serial/usb.ts'

/**
 * A path, the stable one where there is one; undefined where the module has no second port that is known to serve. `root`
 * is `/` except in tests. Never rejects.
 */
export async function dataPortOf(
  atPort: string,
  profile: Pick<ModemProfile, 'ports'>,
  root = '/',
): Promise<string | undefined> {
  const device = await usbDeviceOf(atPort, root)
  if (device === undefined || profile.ports === undefined) return undefined
  const siblings = []
  for (const port of await listSerialPorts(root)) {
    const isOwn = port.path === atPort || port.stablePath === atPort
    if (!isOwn && (await usbDeviceOf(port.path, root)) === device) siblings.push(port)
  }
  const { data, at } = profile.ports
  for (const number of [...data, ...at]) {
    const found = siblings.find(({ interfaceNumber }) => interfaceNumber === number)
    if (found !== undefined) return found.stablePath ?? found.path
  }
  return undefined
}
