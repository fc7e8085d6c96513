/** A gateway that has dialled, for tests of what its end does: says `up`, and exits when its input says so. */
import { pppBearer } from '../../../modem/mms/bearer/ppp.ts'
import { systemClock } from '../../../modem/serial/surroundings.ts'

const log = { debug() {}, info() {}, warn() {}, error() {} }
const options = JSON.parse(process.argv[2] ?? '{}')
await pppBearer({ ...options, clock: systemClock, log }).open(new AbortController().signal)
process.stdout.write('up\n')
process.stdin.on('data', () => process.exit(3))
