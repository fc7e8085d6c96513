/**
 * Whose settings a modem's picture messages go by: those that were written by hand, those of the carrier that was named,
 * or those of the one that the SIM belongs to: by its IMSI, and where several share that network by the provider's name and
 * mark on the SIM. Nobody is guessed: where several fit as well, that is a problem with their names in it, for a person to
 * choose.
 */
import type { CarrierRecord } from '../../modem/mms/carrier.ts'
import {
  type CarriersFile,
  carrierRecords,
  carriersOf,
  type OverridesFile,
  type SimFacts,
} from '../../modem/mms/carriers.ts'
import { readCarrierFiles } from '../config/carriers-file.ts'
import type { ManualCarrier, ModemMmsConfig } from '../config.ts'

export type CarrierChoice =
  | { kind: 'chosen'; record: CarrierRecord }
  /** `candidates`: whom a person may choose from, best first. */
  | { kind: 'open'; code: OpenCode; problem: string; candidates: readonly CarrierCandidate[] }

/** Why nobody is chosen. */
type OpenCode = 'carrier-asked' | 'carrier-misnamed' | 'carrier-untold' | 'carrier-unknown' | 'carrier-several'

export type CarrierCandidate = Pick<CarrierRecord, 'id' | 'name'>

/** What carriers are known to take of settings that say nothing (OMA "image rich"). */
const BYTES_MAX_DEFAULT = 307_200
const RECIPIENTS_MAX_DEFAULT = 10
const SUBJECT_CHARS_MAX = 40
const USER_AGENT = 'Android MmsLib/1.0'
/** More names than that nobody reads in a line. */
const NAMED_MAX = 9
/** The worst network of our data has nine. */
const CANDIDATES_MAX = 30

export class CarrierChoices {
  #records: readonly CarrierRecord[] | undefined

  /** `sim` undefined: it has not told (yet) whose it is. */
  of(config: ModemMmsConfig, sim: SimFacts | undefined): CarrierChoice {
    const choice = config.manual === undefined ? this.#known(config.carrier, sim) : byHand(config.manual)
    return choice.kind === 'open'
      ? choice
      : { kind: 'chosen', record: { ...choice.record, ...ownWords(config, choice.record) } }
  }

  /** Whether more than its IMSI would tell whose this SIM is. */
  isShared({ manual, carrier }: ModemMmsConfig, imsi: string): boolean {
    if (manual !== undefined || carrier !== 'auto') return false
    const { candidates } = carriersOf(this.#all(), { imsi })
    return candidates.length > 1 && !areOne(candidates)
  }

  #known(id: string, sim: SimFacts | undefined): CarrierChoice {
    const records = this.#all()
    if (id !== 'auto') {
      const record = records.find((one) => one.id === id)
      if (record !== undefined) return { kind: 'chosen', record }
      return open('carrier-misnamed', `there is no carrier ${id} (see causeway mms carriers --search WORDS)`)
    }
    if (sim === undefined) return open('carrier-untold', 'its SIM has not told whose it is')
    const { candidates, chosen } = carriersOf(records, sim)
    const [first] = candidates
    if (first === undefined) {
      return open(
        'carrier-unknown',
        'no carrier is known for its SIM: write apn and mmsc of your carrier under modems[].mms',
      )
    }
    if (chosen !== undefined || areOne(candidates)) return { kind: 'chosen', record: chosen ?? first }
    const ids = candidates.map((record) => record.id)
    const more = ids.length > NAMED_MAX ? ', …' : ''
    return open(
      'carrier-several',
      `several carriers fit its SIM: write one of them under modems[].mms.carrier (${ids.slice(0, NAMED_MAX).join(', ')}${more})`,
      candidates.slice(0, CANDIDATES_MAX).map(({ id: of, name }) => ({ id: of, name })),
    )
  }

  #all(): readonly CarrierRecord[] {
    if (this.#records === undefined) {
      const { carriers, overrides } = readCarrierFiles<CarriersFile, OverridesFile>()
      this.#records = carrierRecords(carriers, overrides)
    }
    return this.#records
  }
}

function open(code: OpenCode, problem: string, candidates: readonly CarrierCandidate[] = []): CarrierChoice {
  return { kind: 'open', code, problem, candidates }
}

/** Brands of one carrier have the same settings under several names. */
function areOne([first, ...others]: readonly CarrierRecord[]): boolean {
  return first === undefined || others.every((record) => settingsOf(record) === settingsOf(first))
}

function settingsOf({ apn, user, password, mmsc, proxy }: CarrierRecord): string {
  return JSON.stringify([apn, user, password, mmsc, proxy])
}

function byHand({ apn, auth, user, password, mmsc, proxy }: ManualCarrier): CarrierChoice {
  const record: CarrierRecord = {
    id: `${mmsc} ${apn}`,
    name: 'by hand',
    match: [],
    spn: [],
    apn,
    auth,
    ...(user === undefined ? {} : { user }),
    ...(password === undefined ? {} : { password }),
    mmsc,
    proxy: proxy ?? null,
    maxMessageSize: BYTES_MAX_DEFAULT,
    recipientLimit: RECIPIENTS_MAX_DEFAULT,
    maxSubject: SUBJECT_CHARS_MAX,
    appendTransactionId: false,
    answerAtContentLocation: false,
    uaProfHeader: 'x-wap-profile',
    uaProfUrl: '',
    userAgent: USER_AGENT,
    headers: {},
    groupMms: true,
    source: 'configuration',
  }
  return { kind: 'chosen', record }
}

/** What the owner says beside, or in the place of the record. */
function ownWords(config: ModemMmsConfig, record: CarrierRecord): Partial<CarrierRecord> {
  const { dns, bytesMax, recipientsMax, appendTransactionId, answerAtLocation, profileHeader } = config
  return {
    ...(dns === undefined ? {} : { dns }),
    ...(bytesMax === undefined ? {} : { maxMessageSize: bytesMax }),
    ...(recipientsMax === undefined ? {} : { recipientLimit: recipientsMax }),
    ...(appendTransactionId === undefined ? {} : { appendTransactionId }),
    ...(answerAtLocation === undefined ? {} : { answerAtContentLocation: answerAtLocation }),
    ...(config.userAgent === undefined ? {} : { userAgent: config.userAgent }),
    ...(config.profileUrl === undefined ? {} : { uaProfUrl: config.profileUrl }),
    ...(profileHeader === undefined ? {} : { uaProfHeader: profileHeader }),
    headers: { ...record.headers, ...config.headers },
  }
}
