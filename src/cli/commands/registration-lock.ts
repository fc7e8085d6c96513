/** `causeway signal lock`: the PIN that protects the account's number from being registered elsewhere. */
import { createInterface } from 'node:readline/promises'
import { EXIT, ExitError } from '../exit.ts'
import { call, findGateway, type GatewayOptions } from '../gateway.ts'
import { json, line } from '../print.ts'

const path = '/api/v1/signal/registration-lock'

interface LockJson {
  locked: boolean | null
  editable: boolean
}

type Options = GatewayOptions & { json?: boolean }

/** Shows it; `set` asks for the PIN at the terminal, so that it stays out of the shell's history; `remove` takes it away. */
export async function lock(action: string | undefined, given: string | undefined, options: Options): Promise<void> {
  const gateway = await findGateway(options)
  if (action === 'remove') await call(gateway, 'DELETE', path)
  else if (action === 'set') await call(gateway, 'PUT', path, { pin: given ?? (await askTwice()) })
  else if (action !== undefined)
    throw new ExitError(EXIT.usage, 'Say: signal lock, signal lock set, signal lock remove.')
  const view = await call<LockJson>(gateway, 'GET', path)
  if (options.json === true) json(view)
  else for (const words of described(view)) line(words)
}

function described({ locked, editable }: LockJson): string[] {
  if (!editable) return ['This is a linked device: the PIN is set on the phone (Signal, Settings, Account).']
  if (locked !== true) {
    return [
      'No PIN protects the number: whoever can read a code that comes to it can register it elsewhere.',
      'To set one: causeway signal lock set',
    ]
  }
  return [
    'A PIN protects the number: whoever registers it on another device is asked for it.',
    'Nobody can tell a forgotten one. After ten wrong tries, or without it, the number can be registered elsewhere only',
    'when this account has not been used for seven days. Another PIN: causeway signal lock set',
  ]
}

async function askTwice(): Promise<string> {
  if (!process.stdin.isTTY) throw new ExitError(EXIT.usage, 'Say: signal lock set PIN.')
  const terminal = createInterface({ input: process.stdin, output: process.stdout })
  try {
    line(
      'Whoever registers this number on another device will be asked for the PIN. It is kept nowhere: write it down.',
    )
    const first = await terminal.question('The PIN, at least four digits or letters: ')
    if ((await terminal.question('The same again: ')) !== first) throw new ExitError(EXIT.usage, 'These are two PINs.')
    return first
  } finally {
    terminal.close()
  }
}
