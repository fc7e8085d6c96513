/**
 * What single error codes say, as clauses for the owner: +CMS ERROR (27.005 §3.2.5; below 128 the RP causes of 24.011
 * §8.2.5.4, from 128 the TP-FCS of 23.040 §9.2.3.22) and +CME ERROR (27.007 §9.2). Codes whose class says it all, and
 * those that modems use for anything, are left out.
 */

const NO_SUCH_NUMBER = 'the number is not in use'
const SIM_WORDS = {
  absent: 'there is none',
  pin: 'it wants its PIN',
  failure: 'it has failed',
  busy: 'the SIM is busy',
  wrong: 'it is not the right one',
  puk: 'it wants its PUK, after too many wrong PINs',
} as const
const NO_NETWORK = 'no network is in reach'
const NO_ANSWER = 'it did not answer in time'

/** By code as ModemSubmitError carries it, `cms-38`. */
export const CODE_WORDS: Readonly<Record<string, string>> = {
  'cms-1': NO_SUCH_NUMBER,
  'cms-8': 'the operator bars this SIM from it',
  'cms-10': 'it is barred for this SIM',
  'cms-27': 'the recipient’s phone is not reached',
  'cms-28': 'it does not know the subscriber',
  'cms-30': 'it does not know the subscriber',
  'cms-38': 'it is out of order',
  'cms-41': 'it has a passing failure',
  'cms-42': 'it is congested',
  'cms-47': 'it has no room for it',
  'cms-50': 'the plan of this SIM does not include it',
  'cms-69': 'it does not offer this',
  'cms-192': 'the message centre is busy',
  'cms-193': 'the message centre does not serve this SIM',
  'cms-194': 'the message centre has a failure',
  'cms-195': NO_SUCH_NUMBER,
  'cms-196': 'the recipient’s phone is barred from texts',
  'cms-310': SIM_WORDS.absent,
  'cms-311': SIM_WORDS.pin,
  'cms-312': 'it wants the PIN for this phone',
  'cms-313': SIM_WORDS.failure,
  'cms-314': SIM_WORDS.busy,
  'cms-315': SIM_WORDS.wrong,
  'cms-316': SIM_WORDS.puk,
  'cms-317': 'it wants its second PIN',
  'cms-318': 'it wants its second PUK',
  'cms-330': 'the number of the message centre is not known',
  'cms-331': NO_NETWORK,
  'cms-332': NO_ANSWER,
  'cme-10': SIM_WORDS.absent,
  'cme-11': SIM_WORDS.pin,
  'cme-12': SIM_WORDS.puk,
  'cme-13': SIM_WORDS.failure,
  'cme-14': SIM_WORDS.busy,
  'cme-15': SIM_WORDS.wrong,
  'cme-30': NO_NETWORK,
  'cme-31': NO_ANSWER,
  'cme-32': 'it lets this SIM make emergency calls only',
}
