/**
 * The steps of the recovery ladder that are more than reopening the port (reference B.12): restarting the module, cycling
 * its radio, taking its USB device off and on. Each does its work as far as it goes; what follows from it is the
 * life-cycle's to decide.
 */
import type { AtChannel } from './at/channel.ts'
import { restartModule, silenceRadio, wakeRadio } from './at/general.ts'
import { Priority } from './at/priority.ts'
import type { LifeEvent } from './lifecycle.ts'
import { unlessRefused } from './refusal.ts'
import { type Clock, pause } from './serial/surroundings.ts'
import { boardUnderVoltage, replugUsb, usbDeviceOf } from './serial/usb.ts'
import type { ModemTimings } from './timings.ts'

/** Asks the module to restart, by the family's own `command` where it has one. Never rejects. */
export async function restart(channel: AtChannel, command: string | undefined, timings: ModemTimings): Promise<void> {
  // No answer is as good as any: the module may be gone before it has said OK.
  await channel
    .run(restartModule(timings.slowCommandTimeoutMs, command), Priority.acknowledge)
    .then(() => {})
    .catch(() => {})
}

/** Radio off and on again, without the module leaving its port. Rejects with AtError when the line breaks. */
export function cycleRadio(channel: AtChannel, clock: Clock, timings: ModemTimings): Promise<void> {
  const { slowCommandTimeoutMs, radioOffMs } = timings
  return channel.hold(Priority.acknowledge, async (run) => {
    await unlessRefused(run(silenceRadio(slowCommandTimeoutMs)))
    await pause(clock, radioOffMs)
    await unlessRefused(run(wakeRadio(slowCommandTimeoutMs)))
  })
}

/** Takes the USB device of a port off and on, and tells what stood against it. */
export async function replug(
  port: string,
  clock: Clock,
  timings: ModemTimings,
  tell: (event: LifeEvent) => void,
): Promise<void> {
  const device = await usbDeviceOf(port)
  const problem =
    device === undefined
      ? 'its port is no USB device of this machine'
      : await replugUsb(device, timings.usbOffMs, clock)
  tell({ kind: 'replugged', problem })
}

/** Tells when the board says that its own supply is too weak. */
export async function lookAtPower(tell: (event: LifeEvent) => void): Promise<void> {
  if (await boardUnderVoltage()) {
    tell({ kind: 'under-voltage', words: 'the board says that its own supply voltage is too low' })
  }
}
