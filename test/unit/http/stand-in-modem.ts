/** What stands in for modems behind the API: one that is ready, and what it was asked to do. */
import { CausewayError } from '../../../src/domain/errors.ts'
import type { MmsTestView, ModemView } from '../../../src/http/modem-port.ts'
import type { ApiPorts } from '../../../src/http/ports.ts'

export function readyModem(): ModemView {
  return {
    id: 'mdm_490154203237518',
    port: 'tcp://127.0.0.1:7000',
    label: 'kitchen',
    state: 'ready',
    reason: undefined,
    manufacturer: 'Causeway',
    model: 'Sim',
    revision: undefined,
    profile: undefined,
    imei: '490154203237518',
    imsi: undefined,
    iccid: undefined,
    number: '+15550000101',
    operator: 'Simnet',
    registration: 'home',
    signalDbm: -67,
    smsc: '+15550000001',
    storage: [{ memory: 'SM', used: 1, total: 20 }],
    recovery: {
      counts: { reopen: 0, restart: 2 },
      last: { step: 'restart', code: 'silent', reason: 'nothing is answered', atMs: 0 },
      history: [{ step: 'restart', code: 'silent', reason: 'nothing is answered', atMs: 0 }],
      hardAtMs: [0],
    },
    sinceMs: 1_700_000_000_000,
    texts: {
      available: false,
      code: 'quota-exceeded',
      reason: 'the quota of 200 texts a day is used up',
      today: 200,
      thisMonth: 340,
      dailyQuota: 200,
      monthlyQuota: 5_000,
      perMinute: undefined,
      costPerPart: 0.05,
      prefixes: ['+44'],
    },
  }
}

/** Notes in `calls` what it is asked to do. */
export function modemsOf(modem: ModemView, calls: string[]): ApiPorts['modems'] {
  return {
    list: () => [modem],
    probe: async () => [
      {
        port: '/dev/ttyUSB0',
        usbId: '2c7c:0125',
        interfaceNumber: 0,
        product: undefined,
        result: 'skipped',
        reason: 'interface 0 is not for AT',
        imei: undefined,
        manufacturer: undefined,
        model: undefined,
        profile: undefined,
      },
    ],
    signalHistory: () => [{ atMs: 0, dbm: -67 }],
    enterPin: async (id, given) => {
      calls.push(`pin ${id} ${JSON.stringify(given)}`)
      if (given.pin === '1111')
        throw new CausewayError({ code: 'sim-pin-refused', message: 'The SIM refused it.', retry: 'after-human' })
      if (given.pin === '2222' && !given.lastTry)
        throw new CausewayError({ code: 'sim-pin-last-try', message: 'One try is left.', retry: 'after-human' })
      return { remembered: given.remember }
    },
    forgetPin: async (id) => {
      calls.push(`forget pin ${id}`)
    },
    reset: async (id) => {
      calls.push(`reset ${id}`)
    },
    transcript: (id, masked) => {
      calls.push(`transcript ${id} ${masked ? 'masked' : 'whole'}`)
      return '0.000 > AT\\r\n'
    },
    command: async (id, text) => {
      calls.push(`command ${id} ${text}`)
      return ['Causeway', 'Sim']
    },
    ussd: async (id, text) => {
      calls.push(`ussd ${id} ${text}`)
      if (text === '*9#') throw new CausewayError({ code: 'ussd-busy', message: 'A session.', retry: 'never' })
      return text === '*100#' ? { status: 'done', text: 'Balance 5' } : { status: 'reply-wanted', text: '1 More' }
    },
    replyUssd: async (id, text) => {
      calls.push(`reply ${id} ${text}`)
      return text === '0'
        ? { status: 'ended-by-network', text: undefined }
        : { status: 'done', text: `You said ${text}` }
    },
    cancelUssd: async (id) => {
      calls.push(`cancel ${id}`)
    },
  }
}

const mmsTest: MmsTestView = {
  modem: 'mdm_1',
  number: '+15550000001',
  carrier: 'somebody',
  state: 'failed',
  steps: [
    { step: 'bearer', ok: false, code: 'unreachable-bearer', detail: 'there is no interface wwan0 with an address' },
  ],
  startedAtMs: 1_790_000_000_000,
}

/** Every try has failed already. */
export function mmsTestsOf(calls: string[]): ApiPorts['mmsTests'] {
  return {
    start: (modem) => {
      calls.push(`mms test ${modem}`)
      return mmsTest
    },
    of: () => mmsTest,
  }
}
