/** The PDU by which an MMSC learns what became of a message that it had announced (OMA-TS-MMS_ENC §6.2, §6.4). */
import { encodePdu } from '../../modem/mms/encode.ts'
import { MmsError } from '../../modem/mms/error.ts'
import type { IncomingAnswer } from '../domain/mms-incoming.ts'
import type { Announced } from '../domain/mms-record.ts'

/** What all MMSCs understand. */
export const MMS_VERSION = '1.2'

/** X-Mms-Status. */
const STATUS: Readonly<Record<Exclude<IncomingAnswer, 'acknowledged'>, number>> = {
  retrieved: 0x81,
  deferred: 0x83,
  unrecognised: 0x84,
}

/** Undefined where there is no transaction that can be answered. `reportAllowed`: the sender may hear that it has arrived. */
export function answerPdu(record: Announced, reportAllowed: boolean): Uint8Array | undefined {
  try {
    return encoded(record, reportAllowed)
  } catch (error) {
    // A name that no PDU can hold: nobody but a forger gives one.
    if (error instanceof MmsError) return undefined
    throw error
  }
}

function encoded(record: Announced, reportAllowed: boolean): Uint8Array | undefined {
  const { answer, transactionId, retrieveTransactionId } = record
  if (answer === null) return undefined
  if (answer === 'acknowledged') {
    if (retrieveTransactionId === undefined) return undefined
    const type = 'm-acknowledge-ind'
    return encodePdu({ type, transactionId: retrieveTransactionId, version: MMS_VERSION, reportAllowed })
  }
  if (transactionId === '') return undefined
  const status = STATUS[answer]
  return encodePdu({ type: 'm-notifyresp-ind', transactionId, version: MMS_VERSION, status, reportAllowed })
}
