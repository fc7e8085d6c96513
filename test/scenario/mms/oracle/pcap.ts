/**
 * A capture file made by hand, that a network analyser takes for an MMSC's answers: each PDU is the body of an HTTP
 * response in a TCP connection of its own, over raw IP.
 */

const CLIENT = [10, 0, 0, 1]
const SERVER = [10, 0, 0, 2]
const HTTP_PORT = 80
const FIRST_CLIENT_PORT = 20_000
const SEGMENT_OCTETS = 1400
/** LINKTYPE_RAW: packets begin with their IP header. */
const RAW_IP = 101
const SYN = 0x02
const FIN_ACK = 0x11
const SYN_ACK = 0x12
const PUSH_ACK = 0x18
const TCP = 6
const SNAPSHOT_OCTETS = 262_144
const CAPTURED_AT_S = 1_700_000_000

/** The capture of these PDUs, one connection each, in their order. */
export function captureOf(pdus: readonly Uint8Array[]): Buffer {
  const records: Buffer[] = [words(0xa1b2c3d4, 0x0004_0002, 0, 0, SNAPSHOT_OCTETS, RAW_IP)]
  const record = (packet: Buffer) => {
    const at = records.length
    records.push(words(CAPTURED_AT_S + Math.floor(at / 1000), (at % 1000) * 1000, packet.length, packet.length), packet)
  }
  for (const [index, pdu] of pdus.entries())
    for (const packet of connection(FIRST_CLIENT_PORT + index, pdu)) record(packet)
  return Buffer.concat(records)
}

function* connection(port: number, pdu: Uint8Array): Generator<Buffer> {
  const request = Buffer.from(`GET /m${port} HTTP/1.1\r\nHost: mmsc\r\n\r\n`)
  const head = `HTTP/1.1 200 OK\r\nContent-Type: application/vnd.wap.mms-message\r\nContent-Length: ${pdu.length}\r\n\r\n`
  const response = Buffer.concat([Buffer.from(head), pdu])
  let [asked, answered] = [1000, 5000]
  const up = (flags: number, data = Buffer.alloc(0)) =>
    segment(CLIENT, SERVER, [port, HTTP_PORT], [asked, answered], flags, data)
  const down = (flags: number, data = Buffer.alloc(0)) =>
    segment(SERVER, CLIENT, [HTTP_PORT, port], [answered, asked], flags, data)
  yield up(SYN)
  asked += 1
  yield down(SYN_ACK)
  answered += 1
  yield up(PUSH_ACK, request)
  asked += request.length
  for (let at = 0; at < response.length; at += SEGMENT_OCTETS) {
    const piece = response.subarray(at, at + SEGMENT_OCTETS)
    yield down(PUSH_ACK, piece)
    answered += piece.length
  }
  yield down(FIN_ACK)
  answered += 1
  yield up(FIN_ACK)
}

/** An IP packet with one TCP segment; `numbers` are sequence and acknowledgement. */
function segment(
  from: readonly number[],
  to: readonly number[],
  ports: readonly [number, number],
  numbers: readonly [number, number],
  flags: number,
  data: Buffer,
): Buffer {
  const tcp = Buffer.alloc(20 + data.length)
  tcp.writeUInt16BE(ports[0], 0)
  tcp.writeUInt16BE(ports[1], 2)
  tcp.writeUInt32BE(numbers[0], 4)
  tcp.writeUInt32BE(flags === SYN ? 0 : numbers[1], 8)
  tcp.writeUInt16BE((5 << 12) | flags, 12)
  tcp.writeUInt16BE(0xffff, 14)
  data.copy(tcp, 20)
  const pseudo = Buffer.from([...from, ...to, 0, TCP, tcp.length >> 8, tcp.length & 0xff])
  tcp.writeUInt16BE(checksum(Buffer.concat([pseudo, tcp])), 16)
  const ip = Buffer.from([0x45, 0, 0, 0, 0, 1, 0, 0, 64, TCP, 0, 0, ...from, ...to])
  ip.writeUInt16BE(ip.length + tcp.length, 2)
  ip.writeUInt16BE(checksum(ip), 10)
  return Buffer.concat([ip, tcp])
}

/** RFC 1071. */
function checksum(octets: Buffer): number {
  let sum = 0
  for (let at = 0; at < octets.length; at += 2) sum += ((octets[at] ?? 0) << 8) + (octets[at + 1] ?? 0)
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000)
  return ~sum & 0xffff
}

/** 32-bit numbers, the least octet first. */
function words(...values: number[]): Buffer {
  const octets = Buffer.alloc(4 * values.length)
  for (const [index, value] of values.entries()) octets.writeUInt32LE(value, 4 * index)
  return octets
}
