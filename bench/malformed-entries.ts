/**
 * Entries of a message memory gone bad, one kind a row: octets that are no hex, cut at every field, lies of every length,
 * headers that contradict themselves, heads that say nonsense, lines that are missing, doubled or strayed in. Shared by the
 * benchmark and by the driver's test.
 */
import { addressOf } from '../modem/pdu/address.ts'
import { encodeDeliver, encodeStatusReport, pduHex } from '../modem/pdu/encode.ts'
import { split } from '../modem/pdu/segments.ts'
import { timestampOf } from '../modem/pdu/timestamp.ts'

export interface MalformedEntry {
  name: string
  /** What the SIM holds, as the modem's line. */
  line: string
  /** What the modem says in place of an honest head and the line; see `Slot.told` of the simulated modem. */
  told?: string
  /** Of `line` nothing can reach us: the modem does not say it. */
  isUnsaid?: true
  /** Reading it is refused as often as it is tried: it stays in its slot. */
  isUnreadable?: true
}

const SENDER = addressOf('+4915559999')
const SMSC = addressOf('+4915550000')
const SCTS = timestampOf(Date.UTC(2026, 10, 22, 9, 26, 53), 60)

/** A message like any other. Each text gives other octets. */
export function goodEntry(text: string): string {
  const [part] = split(text, { reference: 0 })
  if (part === undefined) throw new RangeError('an empty text')
  return pduHex(encodeDeliver({ ...part, address: SENDER, scts: SCTS }), SMSC)
}

/** Where the fields of `goodEntry` begin, in octets: SCA, first octet, TP-OA, TP-PID, TP-DCS, TP-SCTS, TP-UDL, TP-UD. */
const AT = { sca: 0, first: 7, address: 8, pid: 15, dcs: 16, scts: 17, length: 24, data: 25 }

const cut = (hex: string, octets: number) => hex.slice(0, 2 * octets)
const replaced = (hex: string, at: number, octets: string) =>
  hex.slice(0, 2 * at) + octets + hex.slice(2 * at + octets.length)

/** The whole table. `mark` makes the octets of one table differ from those of another. */
export function malformedEntries(mark: string): readonly MalformedEntry[] {
  return [...damagedOctets(mark), ...lyingFields(mark), ...lyingHeads(mark), ...strayLines(mark)]
}

function damagedOctets(mark: string): MalformedEntry[] {
  const text = (name: string) => goodEntry(`${mark} ${name}`)
  const cuts: [name: string, octets: number][] = [
    ['inside the service centre', 3],
    ['behind the service centre', AT.first],
    ['behind the first octet', AT.address],
    ['behind the length of the sender', AT.address + 1],
    ['behind the type of the sender', AT.address + 2],
    ['inside the sender', AT.address + 4],
    ['before the protocol', AT.pid],
    ['before the alphabet', AT.dcs],
    ['before the time', AT.scts],
    ['inside the time', AT.scts + 3],
    ['before the length of the text', AT.length],
    ['before the text', AT.data],
    ['inside the text', AT.data + 4],
  ]
  const damages: [name: string, damage: (hex: string) => string][] = [
    ['a digit missing at its end', (hex) => hex.slice(0, -1)],
    ['a digit missing at its beginning', (hex) => hex.slice(1)],
    ['a digit too many', (hex) => `${hex}7`],
    ['a letter in the service centre', (hex) => replaced(hex, 1, 'XY')],
    ['a letter in the sender', (hex) => replaced(hex, AT.address + 3, 'G0')],
    ['a letter in the text', (hex) => replaced(hex, AT.data + 2, '0O')],
    ['question marks', (hex) => replaced(hex, AT.data, '????')],
    ['a blank inside', (hex) => `${cut(hex, 9)} ${hex.slice(18)}`],
    ['quotes around it', (hex) => `"${hex}"`],
    ['0x in front', (hex) => `0x${hex}`],
    ['a comma inside', (hex) => replaced(hex, AT.scts, ',,')],
    ['bytes above ASCII', (hex) => replaced(hex, AT.data, 'þé\u0080')],
    ['half UTF-8', (hex) => `${hex}Ã`],
    ['text in place of octets', () => `hello there, ${mark}`],
    ['XML in place of octets', () => `<html>${mark}</html>`],
    ['only zeros', () => '00'.repeat(9)],
    ['only FF, an erased record', () => 'FF'.repeat(176)],
    ['one octet', () => '07'],
    ['six hundred octets of it', (hex) => replaced(hex, AT.length, 'FF') + 'A5'.repeat(600)],
    ['repeated twenty times', (hex) => hex.slice(0, -2).repeat(20).slice(2)],
  ]
  return [
    ...cuts.map(([name, octets]) => ({ name: `cut ${name}`, line: cut(text(name), octets) })),
    ...damages.map(([name, damage]) => ({ name: `octets: ${name}`, line: damage(text(name)) })),
  ]
}

function lyingFields(mark: string): MalformedEntry[] {
  const lies: [name: string, at: number, octets: string][] = [
    ['a service centre of 255 octets', AT.sca, 'FF'],
    ['a service centre that ends inside the sender', AT.sca, '0B'],
    ['a service centre of no octets', AT.sca, '00'],
    ['a message that was submitted', AT.first, '01'],
    ['a submission with an absolute validity', AT.first, '19'],
    ['a sender of 255 digits', AT.address, 'FF'],
    ['a sender of 21 digits', AT.address, '15'],
    ['a length of text of 255', AT.length, 'FF'],
    ['a length of text of 161', AT.length, 'A1'],
    ['a text that is longer than what there is', AT.length, '40'],
    ['an alphabet of two octets and a length that is odd', AT.dcs, '08'],
    ['a header that the text is not', AT.first, '44'],
  ]
  const headers: [name: string, dcs: number, udh: string, data: string][] = [
    ['a header longer than the data', 4, '7F', '0102'],
    ['a header of 255 octets', 4, 'FF', ''],
    ['a header that is all there should be and is not', 4, '05', '00'],
    ['UCS-2 of an odd number of octets', 8, '00', '04'],
    ['UCS-2 of an odd number behind a header', 8, '0500030C0201', '043F04'],
  ]
  const report = pduHex(
    encodeStatusReport({ messageReference: 7, address: SENDER, scts: SCTS, dischargeTime: SCTS, status: 0 }),
    SMSC,
  )
  const reportCuts: [name: string, octets: number][] = [
    ['before its reference', 8],
    ['inside its recipient', 12],
    ['inside its first time', 20],
    ['inside its second time', 27],
    ['before its status', report.length / 2 - 1],
  ]
  return [
    ...lies.map(([name, at, octets]) => ({
      name: `field: ${name}`,
      line: replaced(goodEntry(`${mark} ${name}`), at, octets),
    })),
    ...headers.map(([name, dcs, udh, data]) => {
      const userData = udh + data
      const head = replaced(cut(goodEntry(mark), AT.length), AT.first, '44')
      const length = hexOctet(userData.length / 2)
      return { name: `header: ${name}`, line: replaced(head, AT.dcs, hexOctet(dcs)) + length + userData }
    }),
    ...reportCuts.map(([name, octets]) => ({ name: `report cut ${name}`, line: cut(report, octets) })),
  ]
}

/** The octets are those of a good message, cut by one: what lies is what stands before them. */
function lyingHeads(mark: string): MalformedEntry[] {
  const heads: [name: string, head: string][] = [
    ['a length of one too few', '0,,{less}'],
    ['a length of one too many', '0,,{more}'],
    ['a length of zero', '0,,0'],
    ['a length below zero', '0,,-5'],
    ['no length', '0,,'],
    ['a length that is no number', '0,,many'],
    ['a length beyond all numbers', '0,,99999999999999999999'],
    ['no state', ',,{length}'],
    ['a state that there is not', '9,,{length}'],
    ['a state below zero', '-1,,{length}'],
    ['a state in words', '"REC UNREAD",,{length}'],
    ['a name with a comma', '0,"Mustermann, Max",{length}'],
    ['a name whose quote is never closed', '0,"Max,{length}'],
    ['a name with a bracket', '0,(Max,{length}'],
    ['too many fields', '0,,{length},"26/11/22,10:00:00+04",145,4'],
    ['one field only', '0'],
    ['no field at all', ''],
    ['a blank in front of its fields', '   0 , , {length}   '],
  ]
  return heads.map(([name, head]) => {
    const line = broken(`${mark} ${name}`)
    const length = line.length / 2 - 7
    const fields = head
      .replace('{length}', String(length))
      .replace('{less}', String(length - 1))
      .replace('{more}', String(length + 1))
    return { name: `head: ${name}`, line, told: `{head}${fields}\r\n${line}` }
  })
}

function strayLines(mark: string): MalformedEntry[] {
  const lines: [name: string, told: (head: string, line: string) => string, fate?: 'unsaid' | 'unreadable'][] = [
    ['a blank line in between', (head, line) => `${head}\r\n\r\n\r\n${line}`],
    ['an indication in between', (head, line) => `${head}\r\n+CSQ: 20,99\r\n${line}`],
    ['a ring in between', (head, line) => `${head}\r\nRING\r\n${line}`],
    ['noise in between', (head, line) => `${head}\r\n\x00\xff\x01\r\n${line}`],
    ['noise behind it', (head, line) => `${head}\r\n${line}\r\n\x00\xff\x7f`],
    ['a second line of octets', (head, line) => `${head}\r\n${line}\r\nDEADBEEF`],
    ['a line of words behind it', (head, line) => `${head}\r\n${line}\r\nhello there`],
    ['no line of octets', (head) => head, 'unsaid'],
    ['a blank line for octets', (head) => `${head}\r\n`, 'unsaid'],
    ['a line beyond all bounds for octets', (head) => `${head}\r\n${'A5'.repeat(5_000)}`, 'unsaid'],
    ['a line that ends in \\n only', (head, line) => `${head}\n${line}\n`],
    ['a line that ends in \\r\\r\\n', (head, line) => `${head}\r\r\n${line}\r\r\n`],
    ['octets that begin with the prompt', (head, line) => `${head}\r\n> ${line}`],
    ['OK for octets', (head) => `${head}\r\nOK`, 'unsaid'],
    ['ERROR for octets', (head) => `${head}\r\nERROR`, 'unreadable'],
    ['an error code for octets', (head) => `${head}\r\n+CMS ERROR: 500`, 'unreadable'],
    ['an indication for octets', (head) => `${head}\r\n+CMTI: "SM",1`, 'unsaid'],
    ['a head of a direct message for octets', (head) => `${head}\r\n+CMT: ,20`, 'unsaid'],
    ['the answer to another command for octets', (head) => `${head}\r\n+CPMS: 1,2,3,4,5,6`, 'unsaid'],
    ['a ring for octets', (head) => `${head}\r\nRING`, 'unsaid'],
  ]
  return lines.map(([name, told, fate]) => {
    const line = broken(`${mark} ${name}`)
    const entry = { name: `lines: ${name}`, line, told: told(`{head}0,,${line.length / 2 - 7}`, line) }
    if (fate === undefined) return entry
    return { ...entry, isUnsaid: true, ...(fate === 'unreadable' ? { isUnreadable: true } : {}) }
  })
}

/** A message whose text is one octet short, so that nobody can take it for a good one. */
function broken(text: string): string {
  return goodEntry(text).slice(0, -2)
}

function hexOctet(value: number): string {
  return value.toString(16).padStart(2, '0').toUpperCase()
}
