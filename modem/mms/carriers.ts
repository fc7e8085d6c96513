/**
 * The carriers that we ship, and which of them a SIM may belong to. Pure over the data: `carriers.json`, made of Debian's
 * provider database, and `carrier-overrides.json` with what some carriers want otherwise, each with its reason. Nobody is
 * guessed: where several fit as well, all of them are the answer, and a person chooses.
 */
import type { CarrierRecord } from './carrier.ts'

/** Of a row that says nothing else: what every carrier takes (OMA "image rich"). */
const DEFAULTS = {
  maxMessageSize: 307_200,
  recipientLimit: 20,
  maxSubject: 80,
  appendTransactionId: false,
  answerAtContentLocation: false,
  uaProfHeader: 'x-wap-profile',
  uaProfUrl: '',
  // Some carriers refuse what they do not know; this one all of them do.
  userAgent: 'Android MmsLib/1.0',
  headers: {},
  groupMms: true,
} as const satisfies Partial<CarrierRecord>

interface CarrierRow {
  id: string
  name: string
  spn?: readonly string[]
  /** `262-01`, `310-260`. */
  networks: readonly string[]
  apn: string
  auth?: 'pap' | 'chap'
  user?: string
  password?: string
  mmsc: string
  /** `host:port` */
  proxy?: string
  dns?: readonly string[]
}

export interface CarriersFile {
  source: string
  carriers: readonly CarrierRow[]
}

type Override = Partial<
  Pick<CarrierRecord, keyof typeof DEFAULTS | 'gid1' | 'apn' | 'mmsc' | 'proxy' | 'dns' | 'user' | 'password' | 'auth'>
>

export interface OverridesFile {
  overrides: readonly {
    mmscHosts?: readonly string[]
    networks?: readonly string[]
    set: Override
    why: string
    evidence: string
  }[]
}

/** All carriers with what is known of each. The files are ours, and a test reads them. */
export function carrierRecords(file: CarriersFile, { overrides }: OverridesFile): readonly CarrierRecord[] {
  return file.carriers.map((row) => {
    const { host } = new URL(row.mmsc)
    const fitting = overrides.filter(
      ({ mmscHosts = [], networks = [] }) =>
        mmscHosts.includes(host) || row.networks.some((network) => networks.includes(network)),
    )
    const set: Override = Object.assign({}, ...fitting.map((override) => override.set))
    const source =
      fitting.length === 0 ? file.source : `${file.source}; and ours: ${fitting.map(({ why }) => why).join('; ')}`
    return { ...plain(row, source), ...set }
  })
}

function plain(row: CarrierRow, source: string): CarrierRecord {
  const { id, name, spn = [name], networks, apn, user, password, mmsc, dns } = row
  return {
    id,
    name,
    match: networks.map((network) => {
      const [mcc = '', mnc = ''] = network.split('-')
      return { mcc, mnc }
    }),
    spn,
    apn,
    auth: row.auth ?? (user === undefined ? 'none' : 'pap'),
    ...(user === undefined ? {} : { user }),
    ...(password === undefined ? {} : { password }),
    mmsc,
    proxy: proxyOf(row.proxy),
    ...(dns === undefined ? {} : { dns }),
    ...DEFAULTS,
    source,
  }
}

function proxyOf(proxy: string | undefined): CarrierRecord['proxy'] {
  const [host = '', port = ''] = proxy?.split(':') ?? []
  return host === '' ? null : { host, port: Number(port) }
}

/** What a SIM says of itself. */
export interface SimFacts {
  /** At least its first six digits. */
  imsi: string
  /** EF_SPN, the name that the SIM gives its provider. */
  spn?: string
  /** EF_GID1 in hex. */
  gid1?: string
}

export interface CarrierCandidates {
  /** Best first; none where nobody is known for the network. */
  candidates: readonly CarrierRecord[]
  /** The one to take without asking; undefined where several fit as well, or none. */
  chosen: CarrierRecord | undefined
}

/** Which carriers a SIM may belong to: by its network, then by what it says of its provider. */
export function carriersOf(records: readonly CarrierRecord[], sim: SimFacts): CarrierCandidates {
  const ranked = records
    .map((record) => ({ record, rank: rankOf(record, sim) }))
    .filter(({ rank }) => rank > 0)
    .sort((left, right) => right.rank - left.rank)
  const best = ranked.filter(({ rank }) => rank === ranked[0]?.rank)
  const [first] = best
  return { candidates: ranked.map(({ record }) => record), chosen: best.length === 1 ? first?.record : undefined }
}

const RANK_NETWORK = 1
/** Three digits say more than two: where both are in the data, the longer one is meant. */
const RANK_LONG_NETWORK = 2
const RANK_SPN_ALIKE = 4
const RANK_SPN = 8
const RANK_GID1 = 16

/** 0: not this one. */
function rankOf({ match, spn, gid1 }: CarrierRecord, sim: SimFacts): number {
  const networks = match.filter(({ mcc, mnc }) => sim.imsi.startsWith(mcc + mnc))
  if (networks.length === 0) return 0
  let rank: number = networks.some(({ mnc }) => mnc.length === 3) ? RANK_LONG_NETWORK : RANK_NETWORK
  if (gid1 !== undefined && sim.gid1 !== undefined) {
    // A SIM's identifier may be padded behind what counts.
    if (!gid1.some((own) => sim.gid1?.toLowerCase().startsWith(own.toLowerCase()))) return 0
    rank += RANK_GID1
  }
  const name = comparable(sim.spn ?? '')
  const own = spn.map(comparable)
  if (name === '') return rank
  if (own.includes(name)) return rank + RANK_SPN
  return own.some((each) => each !== '' && (each.includes(name) || name.includes(each))) ? rank + RANK_SPN_ALIKE : rank
}

/** Carriers in whose names, APN, MMSC or networks all words occur. */
export function searchCarriers(records: readonly CarrierRecord[], words: string): readonly CarrierRecord[] {
  const wanted = words.split(/\s+/).map(comparable)
  return records.filter(({ id, name, spn, apn, mmsc, match }) => {
    const all = [id, name, ...spn, apn, mmsc, ...match.map(({ mcc, mnc }) => mcc + mnc)].map(comparable).join(' ')
    return wanted.every((word) => all.includes(word))
  })
}

function comparable(text: string): string {
  return text
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, '')
}
