/** A process of its own that sets another PIN again and again: `keep-in-vault.ts FILE USERNAME TIMES`. */
import { StandInVault } from '../../../src/sandbox/vault.ts'

const [path = '', username = '', times = '0'] = process.argv.slice(2)
const vault = new StandInVault(path)
const credentials = { username, password: '' }
for (let time = 1; time <= Number(times); time++) {
  const pin = `${username}${time}`
  await vault.keep(credentials, pin, Buffer.from(pin))
  const opened = Buffer.from(await vault.open(credentials, pin)).toString()
  if (opened !== pin) throw new Error(`${pin} opened ${opened}`)
}
