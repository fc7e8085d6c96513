/** PINs of SIMs for the drivers, out of the database; and what the API says when one was not accepted. */
import { PinError } from '../../modem/contract.ts'
import type { KeptPins } from '../../modem/pin-desk.ts'
import { CausewayError } from '../domain/errors.ts'
import { told } from '../domain/told.ts'
import type { Database } from '../store/database.ts'
import { readSimPin, writeSimPin } from '../store/sim-pins.ts'

export function keptPins(db: Database): KeptPins {
  return {
    of: (iccid) => readSimPin(db, iccid),
    keep: (iccid, pin) => writeSimPin(db, iccid, pin),
    forget: (iccid) => writeSimPin(db, iccid, undefined),
  }
}

const ADVICE: Readonly<Partial<Record<PinError['code'], string>>> = {
  'last-try':
    'A wrong one blocks the SIM, which then wants its PUK. If the PIN is certainly right, say so (`last_try`); else enter it in a phone.',
  puk: 'Put it into a phone, enter the PUK there (it came with the SIM, or its operator tells it), and put it back.',
  'known-wrong': 'Hand in another one. If the PIN was changed in a phone meanwhile, switch it off there once.',
  unanswered: 'Look how the modem is before it is handed in again.',
}

/** CausewayError `sim-pin-…`, `sim-puk`, or `modem-unavailable`, in words for whoever typed the PIN. */
export function pinProblem(cause: unknown): unknown {
  if (!(cause instanceof PinError)) return cause
  const { code, message, triesLeft } = cause
  const left = triesLeft === undefined || code === 'puk' || code === 'last-try' ? '' : ` Tries left: ${triesLeft}.`
  const advice = ADVICE[code] === undefined ? '' : ` ${ADVICE[code]}`
  return new CausewayError({
    ...coded(code, triesLeft),
    message: `${message.charAt(0).toUpperCase()}${message.slice(1)}.${left}${advice}`,
    retry: 'after-human',
    cause,
  })
}

function coded(code: PinError['code'], left: number | undefined) {
  if (code === 'unavailable') return { code: 'modem-unavailable' }
  if (code === 'puk') return { code: 'sim-puk' }
  if (left !== undefined && code === 'refused') return told('sim-pin-refused', { left })
  if (left !== undefined && code === 'known-wrong') return told('sim-pin-known-wrong', { left })
  return { code: `sim-pin-${code}` }
}
