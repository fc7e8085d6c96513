/** The carrier's record that goes with a simulated MMSC: what somebody with that SIM would set. */
import type { CarrierRecord } from '../mms/carrier.ts'
import type { SimulatedMmsc } from './mmsc.ts'

/** For the SIM with this number, over an interface that reaches 127.0.0.1 (`lo`). */
export async function simulatedCarrier(mmsc: SimulatedMmsc, number: string): Promise<CarrierRecord> {
  return {
    id: 'simulated',
    name: 'Simulated network',
    match: [{ mcc: '262', mnc: '42' }],
    spn: [],
    apn: 'mms.sim',
    auth: 'none',
    mmsc: mmsc.url,
    proxy: await mmsc.proxyFor(number),
    maxMessageSize: mmsc.settings.maxMessageSize,
    recipientLimit: 20,
    maxSubject: 40,
    appendTransactionId: mmsc.settings.appendsTransactionId,
    answerAtContentLocation: false,
    uaProfHeader: 'x-wap-profile',
    uaProfUrl: '',
    userAgent: 'Android MmsLib/1.0',
    headers: {},
    groupMms: true,
    source: 'simulator',
  }
}
