/**
 * A carrier's network in a namespace of its own: a resolver that knows one name, and an MMSC that serves one message at
 * `/m`, takes everything at `/`, and reads nothing of what comes to `/stall`.
 */
import { createSocket } from 'node:dgram'
import { createServer } from 'node:net'

const [, , resolver = '', mmsc = ''] = process.argv
const pdu = Buffer.from(
  '8c84985431008d92850465000000891980022b3439313535353530303032002f545950453d504c4d4e0084830068690a',
  'hex',
)

const dns = createSocket('udp4')
dns.on('message', (question, from) => {
  const answer = Buffer.from(question)
  answer.writeUInt16BE(0x8180, 2)
  answer.writeUInt16BE(1, 6)
  answer.writeUInt16BE(0, 8)
  answer.writeUInt16BE(0, 10)
  let end = 12
  while (answer[end] !== 0) end += (answer[end] ?? 0) + 1
  const record = Buffer.concat([
    Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4]),
    Buffer.from(mmsc.split('.').map(Number)),
  ])
  dns.send(Buffer.concat([answer.subarray(0, end + 5), record]), from.port, from.address)
})

const http = createServer((socket) => {
  socket.on('error', () => {})
  socket.once('data', (head) => {
    if (head.toString('latin1').includes(' /stall')) {
      socket.pause()
      return
    }
    const body = head.toString('latin1').startsWith('GET') ? pdu : Buffer.alloc(0)
    socket.write(
      `HTTP/1.1 200 OK\r\nContent-Type: application/vnd.wap.mms-message\r\nContent-Length: ${body.length}\r\n\r\n`,
    )
    socket.end(body)
  })
})

dns.bind(53, resolver, () => http.listen(80, mmsc, () => process.stdout.write('ready\n')))
