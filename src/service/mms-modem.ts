/** A modem as picture messages want it: beside texts, its own sockets and commands, and its port to dial on. */
import type { SmsModem } from '../../modem/contract.ts'
import type { RunCommand } from '../../modem/mms/bearer/at-stream.ts'

export type MmsModem = SmsModem & {
  run: RunCommand
  /** Resolves when the port is free, with what takes it back. Rejects where the modem does not run. */
  lend(): Promise<() => Promise<void>>
}
